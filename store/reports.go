package store

import (
	"context"
	"errors"
	"time"

	"bordergw/model"
)

// What switches showed, and what the Loop decided from that.

// SetInventory remembers what was last seen of a device. Order does not matter,
// and when nothing but SeenAt differs nothing is written, unless another device that
// reaches the same database was seen since. The last report counts as seen last,
// whatever the clock says: SeenAt of a new look is after those of the other devices.
func (s *Store) SetInventory(ctx context.Context, deviceID string, inv model.Inventory) error {
	return s.do(ctx, func(r *rules) error { return r.inventories.set(deviceID, inv) })
}

// NoteVNIs takes note of the VNIs that logical switches in a device's database have,
// by name; 0 is for one without a VNI, or that is gone. All says that these are all
// that there are, else they are those that changed. A device that is not registered
// any more is forgotten by an empty list. It never waits for a writer.
func (s *Store) NoteVNIs(device string, all bool, vnis map[string]model.VNI) {
	s.sightings.note(device, all, vnis)
}

// RecordMoves stores the last moves of MACs; of one that is nowhere, which has no device, it
// forgets it. It forgets moves of networks that are gone, those that are older than a day unless
// a source says that the MAC is elsewhere, and the oldest where there are too many.
func (s *Store) RecordMoves(ctx context.Context, list []model.MACMove) error {
	return s.do(ctx, func(r *rules) error { return r.moves.record(list) })
}

// SetActiveDevice records which device of an active-passive gateway carries
// traffic; "" for none. It is reconcile's decision, made durable so that a
// restart does not change it.
func (s *Store) SetActiveDevice(ctx context.Context, gatewayID, deviceID string) error {
	return s.do(ctx, func(r *rules) error { return r.gateways.setActive(gatewayID, deviceID) })
}

// SetHoldings notes which logical switches, by name, are about to be written on a device with which VNIs, and which
// ones it was seen without.
func (s *Store) SetHoldings(ctx context.Context, deviceID string, held map[string]model.VNI, gone []string) error {
	return s.do(ctx, func(r *rules) error { return r.holdings.set(deviceID, held, gone) })
}

// ClearTombstone records that a device was seen without the network's rows. It is
// not an error when nothing was pending.
func (s *Store) ClearTombstone(ctx context.Context, networkID, deviceID string) error {
	return s.do(ctx, func(r *rules) error { return r.cleanup.clear(networkID, deviceID) })
}

// ConfirmReleased records that a device was seen without what some Released records
// say that it may still have. Records that have gone already are no error.
func (s *Store) ConfirmReleased(ctx context.Context, deviceID string, ids []string) error {
	return s.do(ctx, func(r *rules) error { return r.quarantine.confirm(deviceID, ids) })
}

// ForgetRetired gives up a deleted device: nothing will be cleaned on it any
// more. It is not an error when it is forgotten already.
func (s *Store) ForgetRetired(ctx context.Context, deviceID string) error {
	return s.do(ctx, func(r *rules) error { return r.cleanup.forget(deviceID) })
}

// ExpireRetired gives up the devices that were deleted as long ago as retention, by
// the time that has passed: a clock that is set forward while the store is open does
// not count. It costs no write when there is none. It returns those that are gone, and
// how long the next one has left, 0 if there is none.
func (s *Store) ExpireRetired(ctx context.Context, retention time.Duration) (gone []*model.RetiredDevice, left time.Duration, err error) {
	var errs []error
	for r := range s.Definitions().Retired.All() {
		now := s.opened.instant()
		if has := retention - now.steady.Sub(now.since(r.RetiredAt)); has > 0 {
			if left == 0 || has < left {
				left = has
			}
			continue
		}
		if err := s.ForgetRetired(ctx, r.ID); err != nil {
			errs = append(errs, err)
			continue
		}
		gone = append(gone, r)
	}
	return gone, left, errors.Join(errs...)
}

// PutEndpoints replaces what a source answers for in a network, if the condition is met. A set
// that is equal to the one that stands makes no revision.
func (s *Store) PutEndpoints(ctx context.Context, set *model.EndpointSet, condition model.IfMatch) (*model.EndpointSet, error) {
	return write(ctx, s, func(r *rules) (*model.EndpointSet, error) { return r.endpoints.put(ctx, set, condition) })
}

// DeleteEndpoints forgets what a source answers for in a network, if the condition is met. It
// may be gone already.
func (s *Store) DeleteEndpoints(ctx context.Context, network, source string, condition model.IfMatch) error {
	return s.do(ctx, func(r *rules) error { return r.endpoints.delete(network, source, condition) })
}
