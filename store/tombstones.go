package store

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"bordergw/model"
)

// ClearTombstone records that a device was seen without the network's rows. It is
// not an error when nothing was pending.
func (s *Store) ClearTombstone(ctx context.Context, networkID, deviceID string) error {
	return s.do(ctx, func(t *txn) error {
		if old, ok := t.next.Tombstones.Get(networkID); ok {
			t.setPending(networkID, slices.DeleteFunc(slices.Clone(old.Pending), func(id string) bool { return id == deviceID }))
		}
		return nil
	})
}

// ForgetRetired gives up a deleted device: nothing will be cleaned on it any
// more. It is not an error when it is forgotten already.
func (s *Store) ForgetRetired(ctx context.Context, deviceID string) error {
	return s.do(ctx, func(t *txn) error {
		if _, ok := t.next.Retired.Get(deviceID); ok {
			retired.remove(t, deviceID)
			t.passOn(deviceID, "")
		}
		return nil
	})
}

// ExpireRetired gives up the devices that were deleted as long ago as retention, by
// the time that has passed: a clock that is set forward while the store is open does
// not count. It costs no write when there is none. It returns those that are gone, and
// how long the next one has left, 0 if there is none.
func (s *Store) ExpireRetired(ctx context.Context, retention time.Duration) (gone []*model.RetiredDevice, left time.Duration, err error) {
	var errs []error
	for r := range s.Definitions().Retired.All() {
		if has := retention - s.steady().Sub(s.retiredAt(r)); has > 0 {
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

// PurgeRetired is ForgetRetired as an operator asks for it: the rows that the switch
// may hold stay there.
func (s *Store) PurgeRetired(ctx context.Context, deviceID string) error {
	return s.do(ctx, func(t *txn) error {
		if _, ok := t.next.Retired.Get(deviceID); !ok {
			return model.ErrDeletedDeviceNotFound(deviceID)
		}
		retired.remove(t, deviceID)
		t.passOn(deviceID, "")
		return nil
	})
}

// passOn puts the device heir in the place of another wherever that is pending;
// no heir, nobody is.
func (t *txn) passOn(deviceID, heir string) {
	t.passOnReleased(deviceID, heir)
	for ts := range t.next.Tombstones.All() {
		i := slices.Index(ts.Pending, deviceID)
		if i < 0 {
			continue
		}
		pending := slices.Delete(slices.Clone(ts.Pending), i, i+1)
		if heir != "" {
			pending = append(pending, heir)
		}
		t.setPending(ts.ID, pending)
	}
}

// setPending writes a network's tombstone, with each device once; one without a device
// goes. It keeps pending.
func (t *txn) setPending(networkID string, pending []string) {
	slices.Sort(pending)
	pending = slices.Compact(pending)
	old, ok := t.next.Tombstones.Get(networkID)
	switch {
	case len(pending) == 0:
		tombstones.remove(t, networkID)
	case !ok:
		tombstones.put(t, t.tombstone(model.Tombstone{Record: model.Record{ID: networkID}}, pending))
	case !slices.Equal(old.Pending, pending):
		tombstones.put(t, t.tombstone(*old, pending))
	}
}

// tombstone is one that says what the network is now, if it still exists.
func (t *txn) tombstone(ts model.Tombstone, pending []string) *model.Tombstone {
	if n, ok := t.next.Networks.Get(ts.ID); ok {
		ts.ProjectID, ts.VNI = n.ProjectID, n.VNI
	}
	ts.Pending = pending
	return &ts
}

// carriers are the devices that a network's connections reach.
type carriers struct {
	devices map[string]bool
	// unknown are the switch names that were not found anywhere.
	unknown map[string]bool
	// uses are the numbers that the network has there, with the switches' names.
	uses map[use]string
}

// use is a number of a network on a device.
type use struct {
	model.WireID
	device string
}

func carriersOf(d *model.Definitions, networkIDs []string) map[string]carriers {
	out := make(map[string]carriers, len(networkIDs))
	for _, id := range networkIDs {
		out[id] = carriers{devices: map[string]bool{}, unknown: map[string]bool{}, uses: map[use]string{}}
	}
	at := newPlaces(d)
	for c := range d.Connections.All() {
		into, ok := out[c.NetworkID]
		if !ok {
			continue
		}
		n, _ := d.Networks.Get(c.NetworkID)
		g, _ := d.Gateways.Get(c.L2GatewayID)
		for i := range g.Devices {
			dev := &g.Devices[i]
			switch p, ok := at.Find(dev); {
			case !ok:
				into.unknown[dev.DeviceName] = true
			case p.Device.Driven():
				into.devices[p.Device.ID] = true
				into.use(p, n.VNI, dev.BorderVNI(c.SegmentationID), c.StitchVLANs[p.Device.ID])
			}
		}
	}
	return out
}

// use notes the numbers that a connection uses at a place; 0 is none.
func (c *carriers) use(p model.Place, own, border model.VNI, stitch model.VLAN) {
	name := cmp.Or(p.Switch, p.Device.Name, p.Device.ID)
	for _, w := range []model.WireID{{VNI: own}, {VNI: border}, {StitchVLAN: stitch}} {
		if w != (model.WireID{}) {
			c.uses[use{w, p.Device.ID}] = name
		}
	}
}

// settle compares the devices that carry the networks before and after, and
// keeps the tombstones: a device that lost the network is to be cleaned, one
// that carries it is not. A name that is not known may mean any device.
func (t *txn) settle(networkIDs ...string) {
	before, after := carriersOf(t.base, networkIDs), carriersOf(&t.next, networkIDs)
	for _, id := range networkIDs {
		was, is := before[id], after[id]
		pending := maps.Clone(was.devices)
		for name := range was.unknown {
			if !is.unknown[name] {
				t.everyDevice(pending)
			}
		}
		if old, ok := t.next.Tombstones.Get(id); ok {
			for _, p := range old.Pending {
				pending[p] = true
			}
		}
		for carrier := range is.devices {
			delete(pending, carrier)
		}
		t.setPending(id, slices.Collect(maps.Keys(pending)))
		t.release(id, was, is)
	}
}

func (t *txn) everyDevice(into map[string]bool) {
	for gd := range t.next.Devices.All() {
		if gd.Driven() {
			into[gd.ID] = true
		}
	}
	for r := range t.next.Retired.All() {
		into[r.ID] = true
	}
}

// settleAll settles every network that has a connection.
func (t *txn) settleAll() {
	ids := map[string]bool{}
	for c := range t.next.Connections.All() {
		ids[c.NetworkID] = true
	}
	t.settle(slices.Sorted(maps.Keys(ids))...)
}

// retiredAt is since when a deleted device is kept. A time in the future comes from
// a clock that was ahead: such a device is kept since the store was opened. It is not
// written, as which of the two clocks is wrong is not known.
func (s *Store) retiredAt(r *model.RetiredDevice) time.Time {
	if r.RetiredAt.After(s.steady()) {
		return wall(s.opened.wall)
	}
	return r.RetiredAt
}
