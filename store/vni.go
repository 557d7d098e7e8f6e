package store

import (
	"cmp"
	"slices"

	"bordergw/model"
)

// checkNewVNI: a VNI that an operator gives belongs to no network and to no
// stretch.
func (t *txn) checkNewVNI(n *model.Network) error {
	v := n.VNI
	if owner := t.vniOwner(v); owner != "" {
		by, err := t.network(owner)
		return cmp.Or(err, error(model.ErrVNIInUse(v, by)))
	}
	if !t.isBorderVNI(v) {
		return nil
	}
	for _, j := range t.joins() {
		if j.has(v) {
			return model.ErrStretchConflict("VNI %s of network %s is the segmentation_id of network %s.", v, n.ID, j.NetworkID)
		}
	}
	return nil
}

// isBorderVNI reports whether a gateway or a connection has the VNI.
func (t *txn) isBorderVNI(v model.VNI) bool {
	return slices.ContainsFunc(t.numbers.vnis.users(uint32(v)), func(u user) bool {
		return u.table == gateways.bucket || u.table == connections.bucket
	})
}

// fixVNI gives a network its VNI at its first connection: that between sites if
// there is one that no other network has, else the lowest free one.
func (t *txn) fixVNI(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	old, err := t.network(c.NetworkID)
	if err != nil || old.VNI != 0 {
		return err
	}
	n := *old
	for _, v := range t.join(c, g).border {
		if n.VNI == 0 && t.vniOwner(v) == "" {
			n.VNI = v
		}
	}
	if n.VNI == 0 {
		if n.VNI, err = t.lowestFreeVNI(n.ID); err != nil {
			return err
		}
	}
	networks.put(t, &n)
	return nil
}

// lowestFreeVNI keeps clear of gateways that have no connection yet too: theirs
// would clash later. It also keeps clear of what was given up and may still be in
// use on a switch, and of what a switch is seen to use for anything else.
func (t *txn) lowestFreeVNI(networkID string) (model.VNI, error) {
	t.expire()
	last := uint32(t.opts.VNIRange.Last)
	for v := uint32(t.opts.VNIRange.First); ; v++ {
		free, ok := t.numbers.vnis.free(v)
		if !ok || free > last {
			return 0, model.ErrNoVNILeft(t.opts.VNIRange, t.quarantinedIn(t.opts.VNIRange))
		}
		if v = free; !t.seen.other(model.VNI(v), networkID) {
			return model.VNI(v), nil
		}
	}
}

// quarantinedIn counts the VNIs of a range that are in quarantine.
func (t *txn) quarantinedIn(r model.VNIRange) (n int) {
	for rel := range t.next.Released.All() {
		if rel.VNI >= r.First && rel.VNI <= r.Last {
			n++
		}
	}
	return n
}
