package reconcile

import (
	"context"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/vtep"
)

// retention is how long a deleted device is tried that never came back.
const retention = 7 * 24 * time.Hour

// cleanUp tells the store what has been removed from the device's switch for good, where a
// plan has been made of all that these definitions want of it. It must not be called with
// a plan that is older than they: what was buried since may be what it wrote.
func (d *device) cleanUp(ctx context.Context, s *vtep.Session, want *vtep.Want, plan *vtep.Plan, defs *model.Definitions, all *debts) error {
	ids := d.sharingIDs()
	for _, t := range all.buried(defs, ids) {
		if s.Owns(want, t.ID) || s.Owns(want, t.ID+vtep.BorderSuffix) {
			continue
		}
		for _, id := range ids {
			if err := d.store.ClearTombstone(ctx, t.ID, id); err != nil {
				return err
			}
		}
	}
	for _, id := range ids {
		if err := d.confirmReleased(ctx, s, all.released(defs, id), id); err != nil {
			return err
		}
	}
	if _, retired := defs.Retired.Get(d.id); retired && plan.Empty() && len(plan.Problems) == 0 {
		return d.store.ForgetRetired(ctx, d.id)
	}
	return nil
}

// confirmReleased tells the store which numbers on the wire the switch has no more.
// A database without any switch is being set up again: it says nothing of what the
// switch does.
func (d *device) confirmReleased(ctx context.Context, s *vtep.Session, released []*model.Released, id string) error {
	var ids []string
	var uses []vtep.Use
	for _, r := range released {
		ids, uses = append(ids, r.ID), append(uses, vtep.Use{Network: r.NetworkID, WireID: r.WireID})
	}
	if len(ids) == 0 || len(s.Facts().Switches) == 0 {
		return nil
	}
	var gone []string
	for i, lingers := range s.Lingering(uses) {
		if !lingers {
			gone = append(gone, ids[i])
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return d.store.ConfirmReleased(ctx, id, gone)
}

// forgetExpired has the store give up on deleted devices that have been away for too long.
// It returns when the next one will have been.
func forgetExpired(ctx context.Context, store Store, log logrus.FieldLogger) (next time.Time) {
	gone, left, err := store.ExpireRetired(ctx, retention)
	for _, r := range gone {
		log.WithField("device", (&r.GatewayDevice).DisplayName()).
			Warnf("a deleted device has not been clean for %s and is forgotten: the rows that it holds stay there", retention)
	}
	if err != nil {
		log.WithField("err", err).Warn("forgetting a deleted device")
		return time.Now().Add(storeRetry)
	}
	if left > 0 {
		next = time.Now().Add(left)
	}
	return next
}
