package store

import (
	"encoding/json"
	"fmt"
	"time"

	"bordergw/boltfile"
	"bordergw/model"

	bolt "go.etcd.io/bbolt"
)

// migration brings a file from one schema version to the next.
type migration func(*bolt.Tx) error

// migrations lists them by the version they start from; 0 is an empty file. The
// current version is their number.
// Version 2 added quotas and the audit, version 3 released numbers, version 4 records
// of remote MACs, version 5 what sources answer for. Version 6 has far ends in networks: a
// program that does not know them would lose them with the next change of a network. Version 7 has holdings.
var migrations = []migration{createBuckets, createBuckets, createReleased, createRemoteMACs, createBuckets, createBuckets, createHoldings}

func migrate(tx *bolt.Tx, steps []migration, newID func() string) error {
	meta, err := metaOf(tx, newID)
	if err != nil {
		return err
	}
	version := boltfile.Uint(meta, versionKey)
	if version > uint64(len(steps)) {
		return fmt.Errorf("it has schema version %d, this program knows up to %d", version, len(steps))
	}
	for i, step := range steps[version:] {
		if err := step(tx); err != nil {
			return fmt.Errorf("migrate from schema version %d: %w", version+uint64(i), err)
		}
	}
	if version == uint64(len(steps)) {
		return nil
	}
	return boltfile.PutUint(meta, versionKey, uint64(len(steps)))
}

// createBuckets makes those that are missing.
func createBuckets(tx *bolt.Tx) error {
	names := []string{auditTable}
	for _, t := range tables {
		names = append(names, t.name())
	}
	for _, name := range names {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	return nil
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

// createHoldings makes the table of holdings. Older versions knew by tombstones what switches may hold that is not
// wanted any more; of what is wanted the switches tell.
func createHoldings(tx *bolt.Tx) error {
	if err := createBuckets(tx); err != nil {
		return err
	}
	into := tx.Bucket([]byte(holdings.name()))
	return tx.Bucket([]byte(tombstones.bucket)).ForEach(func(_, value []byte) error {
		var ts model.Tombstone
		if err := json.Unmarshal(value, &ts); err != nil || ts.VNI == 0 {
			return err
		}
		for _, device := range ts.Pending {
			h := &model.Holding{DeviceID: device, Name: ts.ID, VNIs: []model.VNI{ts.VNI}}
			if err := apply(into, change{id: holdingID(h), record: h}); err != nil {
				return err
			}
		}
		return nil
	})
}

func has(tx *bolt.Tx, table, id string) bool { return tx.Bucket([]byte(table)).Get([]byte(id)) != nil }

// deviceOfVersion3 is what is read of a device that has its remote MACs in its record.
type deviceOfVersion3 struct {
	ID         string                 `json:"id"`
	RemoteMACs []model.RemoteMACEntry `json:"remote_mac_entries"`
}

// createRemoteMACs makes records of their own of the remote MACs in devices. Deleted devices lose
// theirs, which nothing reads.
func createRemoteMACs(tx *bolt.Tx) error {
	into, err := tx.CreateBucketIfNotExists([]byte(remoteMACs.name()))
	if err != nil {
		return err
	}
	if err := rewriteBucket(tx, retired.bucket, withoutRemoteMACs); err != nil {
		return err
	}
	return rewriteBucket(tx, devices.bucket, func(value []byte) ([]byte, error) {
		var gd deviceOfVersion3
		if err := json.Unmarshal(value, &gd); err != nil {
			return nil, err
		}
		for i, e := range gd.RemoteMACs {
			m := &model.RemoteMAC{DeviceID: gd.ID, RemoteMACEntry: e, Seq: uint64(i + 1)}
			if into.Get([]byte(remoteMACID(m))) != nil { // an id that an import gave twice
				m.ID = fmt.Sprint(e.ID, "-", m.Seq)
			}
			if err := apply(into, change{id: remoteMACID(m), record: m}); err != nil {
				return nil, err
			}
		}
		return withoutRemoteMACs(value)
	})
}

// rewriteBucket gives every record of a bucket another value.
func rewriteBucket(tx *bolt.Tx, name string, value func([]byte) ([]byte, error)) error {
	b := tx.Bucket([]byte(name))
	records, err := readBucket(b)
	if err != nil {
		return err
	}
	for id, old := range records {
		now, err := value(old)
		if err != nil {
			return fmt.Errorf("%s %s: %w", name, id, err)
		}
		if err := b.Put([]byte(id), now); err != nil {
			return err
		}
	}
	return nil
}

func withoutRemoteMACs(value []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(value, &fields); err != nil {
		return nil, err
	}
	delete(fields, "remote_mac_entries")
	return json.Marshal(fields)
}
