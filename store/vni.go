package store

import "bordergw/model"

// checkNewVNI: a VNI that an operator gives belongs to no network and to no
// stretch.
func (t *txn) checkNewVNI(networkID string, v model.VNI) error {
	if owner := t.vniOwner(v); owner != "" {
		return model.ErrVNIInUse(v, owner)
	}
	for _, j := range t.joins() {
		if j.has(v) {
			return model.ErrStretchConflict("VNI %s of network %s is the segmentation_id of network %s.", v, networkID, j.NetworkID)
		}
	}
	return nil
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
		if n.VNI, err = t.lowestFreeVNI(); err != nil {
			return err
		}
	}
	networks.put(t, &n)
	return nil
}

// lowestFreeVNI keeps clear of gateways that have no connection yet too: theirs
// would clash later.
func (t *txn) lowestFreeVNI() (model.VNI, error) {
	taken := map[model.VNI]bool{}
	for n := range t.next.Networks.All() {
		taken[n.VNI] = true
	}
	for _, j := range t.joins() {
		for _, v := range j.border {
			taken[v] = true
		}
	}
	for g := range t.next.Gateways.All() {
		for i := range g.Devices {
			taken[g.Devices[i].SegmentationID] = true
		}
	}
	for v := t.opts.VNIRange.First; v <= t.opts.VNIRange.Last; v++ {
		if !taken[v] {
			return v, nil
		}
	}
	return 0, model.ErrNoVNILeft(t.opts.VNIRange)
}
