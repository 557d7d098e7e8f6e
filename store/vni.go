package store

import (
	"cmp"

	"bordergw/model"
)

// vniRules say which network has which VNI: a network's own is nobody else's, and what
// carries one number between sites is one stretch, on purpose.
type vniRules struct {
	tx         *txn
	quarantine *quarantine
	// from is where networks get their VNI from.
	from model.VNIRange
	// seen is what switches use, whoever wrote it.
	seen *sightings
}

// checkNew: a VNI that an operator gives belongs to no network and to no
// stretch.
func (r *vniRules) checkNew(n *model.Network) error {
	if err := r.checkFree(n); err != nil {
		return err
	}
	if c := r.tx.next.joinedTo(n.VNI); c != nil {
		return errVNIOfStretch(n, c)
	}
	return nil
}

// checkFree: a VNI belongs to one network.
func (r *vniRules) checkFree(n *model.Network) error {
	owner := r.tx.next.vniOwner(n.VNI)
	if owner == "" {
		return nil
	}
	by, err := r.tx.next.network(owner)
	return cmp.Or(err, error(model.ErrVNIInUse(n.VNI, by)))
}

// errVNIOfStretch refuses a network whose VNI others have between sites.
func errVNIOfStretch(n *model.Network, c *model.L2GatewayConnection) error {
	return model.ErrStretchConflict("VNI %s of network %s is the segmentation_id of network %s.", n.VNI, n.ID, c.NetworkID)
}

// fix gives a network its VNI at its first connection: that between sites if
// there is one that no other network has, else the lowest free one.
func (r *vniRules) fix(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	old, err := r.tx.next.network(c.NetworkID)
	if err != nil || old.VNI != 0 {
		return err
	}
	n := *old
	for _, v := range r.tx.next.attach(c, g).border {
		if n.VNI == 0 && r.tx.next.vniOwner(v) == "" {
			n.VNI = v
		}
	}
	if n.VNI == 0 {
		if n.VNI, err = r.lowestFree(n.ID); err != nil {
			return err
		}
	}
	networks.put(r.tx, &n)
	return nil
}

// lowestFree keeps clear of gateways that have no connection yet too: theirs
// would clash later. It also keeps clear of what was given up and may still be in
// use on a switch, and of what a switch is seen to use for anything else.
func (r *vniRules) lowestFree(networkID string) (model.VNI, error) {
	r.quarantine.expire()
	last := uint32(r.from.Last)
	for v := uint32(r.from.First); ; v++ {
		free, ok := r.tx.next.numbers.free("", v)
		if !ok || free > last {
			return 0, model.ErrNoVNILeft(r.from, r.tx.next.quarantinedIn(r.from))
		}
		if v = free; !r.seen.other(model.VNI(v), networkID) {
			return model.VNI(v), nil
		}
	}
}
