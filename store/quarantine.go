package store

import (
	"slices"
	"time"

	"bordergw/model"
)

// maxReleased bounds the devices that all Released records list, of about 100 bytes
// each. What would list more is refused: to forget a quarantine before its time would give
// a number to a tenant that a switch may still use for another.
const maxReleased = 1 << 17

// quarantine keeps numbers on the wire that a network has given up from other networks,
// until every switch that may use them was seen without them, or until time is over. The
// Released records are changed here only.
type quarantine struct {
	tx *txn
	at instant
	// period is how long it lasts.
	period time.Duration
	// seen is what switches show, whatever the records say.
	seen *sightings
}

// check refuses a VNI that a network asks for while a switch may still use
// it for another one that has given it up.
func (q *quarantine) check(n *model.Network, v model.VNI) error {
	for r := range having(&q.tx.next, released, releasedAs(model.WireID{VNI: v})) {
		former, exists := q.tx.next.Networks.Get(r.NetworkID)
		switch {
		case r.NetworkID == n.ID && r.ProjectID == n.ProjectID, q.isOver(r):
		case exists && (former.VNI == v || q.tx.next.isJoined(former.ID, v)):
			// It is that network's still; other rules say who may join it.
		default:
			return model.ErrVNIQuarantined(r, !exists, q.freeAt(r), q.tx.next.projectOf)
		}
	}
	return nil
}

// checkBorder does so for the VNIs between sites that a connection did not
// have before.
func (q *quarantine) checkBorder(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	n, err := q.tx.next.network(c.NetworkID)
	if err != nil {
		return err
	}
	var before attachment
	if old, ok := q.tx.base.Connections.Get(c.ID); ok {
		was, _ := q.tx.base.Gateways.Get(old.L2GatewayID)
		before = q.tx.next.attach(old, was)
	}
	j := q.tx.next.attach(c, g)
	for _, v := range j.border {
		if v == 0 || before.has(v) {
			continue
		}
		if err := q.check(n, v); err != nil {
			return err
		}
	}
	return nil
}

// freeAt is when a quarantine is over. A time of release in the future comes from a
// clock that was ahead: such a quarantine begins when the store is opened.
func (q *quarantine) freeAt(r *model.Released) time.Time {
	return q.at.since(r.ReleasedAt).Add(q.period)
}

// isOver reports whether time has freed a number. One that a switch is seen to use
// for that network is not free.
func (q *quarantine) isOver(r *model.Released) bool {
	return !q.at.steady.Before(q.freeAt(r)) && (r.VNI == 0 || !q.seen.of(r.VNI, r.NetworkID))
}

// expire forgets the records whose quarantine is over. One whose number is in use
// stays: its quarantine begins again when the number is given up.
func (q *quarantine) expire() {
	var over []string
	for r := range q.tx.next.Released.All() {
		if q.at.steady.Before(q.freeAt(r)) && !r.ReleasedAt.After(q.at.steady) {
			break // the others are younger
		}
		if q.isOver(r) && !q.inUse(r) {
			over = append(over, r.ID)
		}
	}
	for _, id := range over {
		released.remove(q.tx, id)
	}
}

// inUse reports whether the network of a record may still use its number elsewhere.
func (q *quarantine) inUse(r *model.Released) bool {
	if _, exists := q.tx.next.Networks.Get(r.NetworkID); !exists {
		return false
	}
	if r.StitchVLAN == 0 {
		return q.tx.next.usesVNI(r.VNI)
	}
	return slices.ContainsFunc(r.Pending, func(p model.ReleasedOn) bool {
		return q.tx.next.anyone(claim{kind: hasStitchVLAN, a: p.DeviceID, n: uint32(r.StitchVLAN)})
	})
}

// checkSize refuses a change that lists more devices in Released records than may be.
// What switches show is not refused: it moves what exists, and nobody can repeat it at will.
func (q *quarantine) checkSize() error {
	if q.tx.reports || q.tx.next.pending <= maxReleased || q.tx.next.pending <= q.tx.base.pending {
		return nil
	}
	return model.ErrQuarantineFull(maxReleased)
}

// importAll takes over what another store has in quarantine.
func (q *quarantine) importAll(list []*model.Released) error {
	for _, r := range list {
		if r == nil || (r.VNI == 0) == (r.StitchVLAN == 0) || r.VNI > model.MaxVNI || r.StitchVLAN > model.MaxVLAN ||
			r.ID != model.ReleasedID(r.WireID, r.NetworkID) || len(r.NetworkID) > maxID || len(r.Pending) == 0 || longNames(r) {
			return model.ErrBadRequest("Invalid input for %s. Reason: a record is none that a store exports.", released.bucket)
		}
		if q.tx.next.pending+len(r.Pending) > maxReleased {
			return model.ErrBadRequest("Invalid input for %s. Reason: more than %d devices are listed.", released.bucket, maxReleased)
		}
		c := *r
		c.Seq = 0
		if c.ReleasedAt.After(q.at.steady) {
			c.ReleasedAt = q.at.steady // by a clock that was ahead
		}
		released.put(q.tx, &c)
	}
	return nil
}

func longNames(r *model.Released) bool {
	return len(r.NetworkName) > 4*maxID || slices.ContainsFunc(r.Pending, func(p model.ReleasedOn) bool {
		return p.DeviceID == "" || len(p.DeviceID) > maxID || len(p.Switch) > 4*maxID
	})
}
