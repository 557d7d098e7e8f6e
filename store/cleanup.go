package store

import (
	"maps"
	"slices"

	"bordergw/model"
)

// cleanup keeps the tombstones: a device that lost a network, or was deleted with it, is
// remembered until its switch was seen without the network's rows. Whoever changes where
// networks are carried calls settle for them in the same change.
type cleanup struct {
	tx         *txn
	quarantine *quarantine
	holdings   *holdingRules
	// heirs are the devices that took over, in this change, what was to be cleaned on others.
	heirs map[string]string
}

// clear notes that a device was seen without a network's rows.
func (c *cleanup) clear(networkID, deviceID string) error {
	if old, ok := c.tx.next.Tombstones.Get(networkID); ok {
		c.setPending(networkID, slices.DeleteFunc(slices.Clone(old.Pending), func(id string) bool { return id == deviceID }))
	}
	return nil
}

// forget gives up a deleted device, if there still is one.
func (c *cleanup) forget(deviceID string) error {
	if _, ok := c.tx.next.Retired.Get(deviceID); ok {
		retired.remove(c.tx, deviceID)
		c.passOn(deviceID, "")
	}
	return nil
}

// purge is forget for one that must exist.
func (c *cleanup) purge(deviceID string) error {
	if _, ok := c.tx.next.Retired.Get(deviceID); !ok {
		return model.ErrDeletedDeviceNotFound(deviceID)
	}
	return c.forget(deviceID)
}

// inherit has a registered device clean what is left of a deleted one, which is forgotten. It
// may be the same device, registered again.
func (c *cleanup) inherit(old *model.RetiredDevice, heir string) {
	retired.remove(c.tx, old.ID)
	c.passOn(old.ID, heir)
}

// passOn puts the device heir in the place of another wherever that is pending;
// no heir, nobody is.
func (c *cleanup) passOn(deviceID, heir string) {
	if heir != "" {
		if c.heirs == nil {
			c.heirs = map[string]string{}
		}
		c.heirs[deviceID] = heir
	}
	c.quarantine.passOn(deviceID, heir)
	c.holdings.passOn(deviceID, heir)
	var ids []string
	for ts := range having(&c.tx.next, tombstones, claim{kind: isPendingOn, a: deviceID}) {
		i := slices.Index(ts.Pending, deviceID)
		pending := slices.Delete(slices.Clone(ts.Pending), i, i+1)
		if heir != "" {
			pending = append(pending, heir)
		}
		c.setPending(ts.ID, pending)
		ids = append(ids, ts.ID)
	}
	if heir != "" {
		c.settle(ids...) // it may carry some of them
	}
}

// heir is who has to clean in the place of a device that went in this change, "" for nobody. The heir
// may have gone too, and have an heir of its own.
func (c *cleanup) heir(deviceID string) string {
	for range c.heirs {
		deviceID = c.heirs[deviceID]
		if c.tx.next.mayHold(deviceID) {
			return deviceID
		}
	}
	return ""
}

// setPending writes a network's tombstone, with each device once; one without a device
// goes. It keeps pending.
func (c *cleanup) setPending(networkID string, pending []string) {
	slices.Sort(pending)
	pending = slices.Compact(pending)
	old, ok := c.tx.next.Tombstones.Get(networkID)
	switch {
	case len(pending) == 0:
		tombstones.remove(c.tx, networkID)
	case !ok:
		tombstones.put(c.tx, c.tombstone(model.Tombstone{Record: model.Record{ID: networkID}}, pending))
	case !slices.Equal(old.Pending, pending):
		tombstones.put(c.tx, c.tombstone(*old, pending))
	}
}

// tombstone is one that says what the network is now, if it still exists.
func (c *cleanup) tombstone(ts model.Tombstone, pending []string) *model.Tombstone {
	if n, ok := c.tx.next.Networks.Get(ts.ID); ok {
		ts.ProjectID, ts.VNI = n.ProjectID, n.VNI
	}
	ts.Pending = pending
	return &ts
}

// settle compares the devices that carry the networks before and after, and
// keeps the tombstones: a device that lost the network is to be cleaned, one
// that carries it is not. A name that is not known may mean any device.
func (c *cleanup) settle(networkIDs ...string) {
	before, after := newPlaces(c.tx.base), newPlaces(&c.tx.next)
	for _, id := range networkIDs {
		was, is := before.carriersOf(id), after.carriersOf(id)
		pending := maps.Clone(was.devices)
		for name := range was.unknown {
			if !is.unknown[name] {
				c.tx.next.everyDevice(func(id, _ string) { pending[id] = true })
			}
		}
		if old, ok := c.tx.next.Tombstones.Get(id); ok {
			for _, p := range old.Pending {
				pending[p] = true
			}
		}
		c.inherited(pending)
		for carrier := range is.devices {
			delete(pending, carrier)
		}
		c.setPending(id, slices.Collect(maps.Keys(pending)))
		c.quarantine.release(id, was, is)
	}
}

// inherited puts heirs in the place of devices that went in this change.
func (c *cleanup) inherited(pending map[string]bool) {
	for id := range c.heirs {
		if heir := c.heir(id); pending[id] && heir != "" && !c.tx.next.mayHold(id) {
			delete(pending, id)
			pending[heir] = true
		}
	}
}

// settleNaming settles the networks of the gateways that name a device in one of these ways.
func (c *cleanup) settleNaming(references []reference) {
	networkIDs := map[string]bool{}
	for _, ref := range references {
		for g := range c.tx.next.gatewaysNaming(ref) {
			for conn := range c.tx.next.connectionsOf(g.ID) {
				networkIDs[conn.NetworkID] = true
			}
		}
	}
	c.settle(slices.Sorted(maps.Keys(networkIDs))...)
}
