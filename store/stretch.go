package store

import (
	"bordergw/model"
)

// check compares the VNIs of a connection, which is in the snapshot
// already, with those of all others.
func (r *vniRules) check(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	j := r.tx.next.attach(c, g)
	if err := r.checkStretch(&j); err != nil {
		return err
	}
	return r.checkDevices(&j)
}

// checkStretch: what carries one number on the wire is one stretch. A network
// whose own VNI is that number must have been joined to it on purpose, so
// neither may the connection use another network's number, nor may it bring to
// life a network whose number others use.
func (r *vniRules) checkStretch(c *attachment) error {
	refuse := func(v model.VNI, user, owner string) error {
		return model.ErrStretchConflict(
			"segmentation_id %s of network %s is the VNI of network %s, which is not connected with that segmentation_id.",
			v, r.tx.next.called(user), r.tx.next.called(owner))
	}
	for _, v := range c.border {
		owner := r.tx.next.vniOwner(v)
		if owner != "" && owner != c.NetworkID && !r.tx.isJoined(owner, v) {
			return refuse(v, c.NetworkID, owner)
		}
	}
	n, _ := r.tx.next.Networks.Get(c.NetworkID)
	if !r.tx.next.isBorderVNI(n.VNI) {
		return nil
	}
	for _, o := range r.tx.attachments() {
		if o.NetworkID != n.ID && o.has(n.VNI) && !r.tx.isJoined(n.ID, n.VNI) {
			return refuse(n.VNI, o.NetworkID, n.ID)
		}
	}
	return nil
}

// checkDevices: on one device a VNI, be it a network's own or one between
// sites, belongs to one network.
func (r *vniRules) checkDevices(c *attachment) error {
	type use struct {
		device string
		vni    model.VNI
	}
	where := newPlaces(&r.tx.next.Definitions)
	ours := map[use]bool{}
	for dev, v := range r.used(c) {
		if at, ok := where.Find(dev); ok {
			ours[use{at.Device.ID, v}] = true
		}
	}
	for _, o := range r.tx.attachments() {
		// Networks' own VNIs differ, so that one must be between sites.
		if o.NetworkID == c.NetworkID || o.border == nil && c.border == nil {
			continue
		}
		for dev, v := range r.used(&o) {
			if at, ok := where.Find(dev); ok && ours[use{at.Device.ID, v}] {
				return model.ErrStretchConflict("VNI %s is in use on gateway device %s by networks %s and %s.", v,
					at.Device.Called(), r.tx.next.called(o.NetworkID), r.tx.next.called(c.NetworkID))
			}
		}
	}
	return nil
}

// used yields the VNIs that a connection puts on each device.
func (r *vniRules) used(j *attachment) func(yield func(*model.Device, model.VNI) bool) {
	n, _ := r.tx.next.Networks.Get(j.NetworkID)
	return func(yield func(*model.Device, model.VNI) bool) {
		for i := range j.gateway.Devices {
			dev := &j.gateway.Devices[i]
			if n.VNI != 0 && !yield(dev, n.VNI) {
				return
			}
			if j.border != nil && j.border[i] != 0 && !yield(dev, j.border[i]) {
				return
			}
		}
	}
}
