package store

import (
	"encoding/json"
	"slices"
	"time"

	"bordergw/model"

	bolt "go.etcd.io/bbolt"
)

// importReleased takes over what another store has in quarantine.
func (t *txn) importReleased(list []*model.Released) error {
	for _, r := range list {
		if r == nil || (r.VNI == 0) == (r.StitchVLAN == 0) || r.VNI > model.MaxVNI || r.StitchVLAN > model.MaxVLAN ||
			r.ID != model.ReleasedID(r.WireID, r.NetworkID) || len(r.NetworkID) > maxID || len(r.Pending) == 0 || longNames(r) {
			return model.ErrBadRequest("Invalid input for %s. Reason: a record is none that a store exports.", released.bucket)
		}
		if t.numbers.pending+len(r.Pending) > maxReleased {
			return model.ErrBadRequest("Invalid input for %s. Reason: more than %d devices are listed.", released.bucket, maxReleased)
		}
		c := *r
		c.Seq = 0
		if c.ReleasedAt.After(t.steady) {
			c.ReleasedAt = t.steady // by a clock that was ahead
		}
		released.put(t, &c)
	}
	return nil
}

func longNames(r *model.Released) bool {
	return len(r.NetworkName) > 4*maxID || slices.ContainsFunc(r.Pending, func(p model.ReleasedOn) bool {
		return p.DeviceID == "" || len(p.DeviceID) > maxID || len(p.Switch) > 4*maxID
	})
}

// createReleased makes the table of Released records, from the tombstones: older
// versions of the program had nothing else.
func createReleased(tx *bolt.Tx) error {
	if err := createBuckets(tx); err != nil {
		return err
	}
	return tx.Bucket([]byte(tombstones.bucket)).ForEach(func(_, value []byte) error {
		var ts model.Tombstone
		if err := json.Unmarshal(value, &ts); err != nil || ts.VNI == 0 {
			return err
		}
		r := model.Released{Record: ts.Record, WireID: model.WireID{VNI: ts.VNI}, NetworkID: ts.ID, ReleasedAt: wall(time.Now())}
		r.ID = model.ReleasedID(r.WireID, r.NetworkID)
		for _, device := range ts.Pending {
			if has(tx, inventories.bucket, device) || has(tx, retired.bucket, device) {
				r.Pending = append(r.Pending, model.ReleasedOn{DeviceID: device, Switch: device})
			}
		}
		if len(r.Pending) == 0 {
			return nil
		}
		text, err := json.Marshal(&r)
		if err != nil {
			return err
		}
		return tx.Bucket([]byte(released.bucket)).Put([]byte(r.ID), text)
	})
}

func has(tx *bolt.Tx, table, id string) bool { return tx.Bucket([]byte(table)).Get([]byte(id)) != nil }
