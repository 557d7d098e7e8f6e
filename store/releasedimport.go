package store

import (
	"slices"

	"bordergw/model"
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
