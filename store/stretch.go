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
		if owner != "" && owner != c.NetworkID && !r.tx.next.isJoined(owner, v) {
			return refuse(v, c.NetworkID, owner)
		}
	}
	n, _ := r.tx.next.Networks.Get(c.NetworkID)
	if r.tx.next.isJoined(n.ID, n.VNI) {
		return nil
	}
	if o := r.tx.next.joinedTo(n.VNI); o != nil {
		return refuse(n.VNI, o.NetworkID, n.ID)
	}
	return nil
}

// checkDevices: on one device a VNI, be it a network's own or one between
// sites, belongs to one network.
func (r *vniRules) checkDevices(c *attachment) error {
	other := r.rival(c)
	if other == nil {
		return nil
	}
	where := newPlaces(&r.tx.next)
	ours := map[vniUse]bool{}
	for dev, v := range r.used(c) {
		if at, ok := where.Find(dev); ok {
			ours[vniUse{at.Device.ID, v}] = true
		}
	}
	o := r.tx.next.attached(other)
	for dev, v := range r.used(&o) {
		if at, ok := where.Find(dev); ok && ours[vniUse{at.Device.ID, v}] {
			return model.ErrStretchConflict("VNI %s is in use on gateway device %s by networks %s and %s.", v,
				at.Device.Called(), r.tx.next.called(o.NetworkID), r.tx.next.called(c.NetworkID))
		}
	}
	return nil
}

// vniUse is a VNI on a device.
type vniUse struct {
	device string
	vni    model.VNI
}

// rival is the first connection of another network that has a VNI of this one on one of its
// devices, nil for none. Networks' own VNIs differ, so that one of the two must be between sites.
func (r *vniRules) rival(c *attachment) (found *model.L2GatewayConnection) {
	where, n := newPlaces(&r.tx.next), &r.tx.next
	for dev, v := range r.used(c) {
		at, ok := where.Find(dev)
		if !ok {
			continue
		}
		for _, ref := range where.references(at.Device) {
			if o, ok := where.find(ref); !ok || o.Device != at.Device {
				continue
			}
			found = earlier(found, n.ofOthers(claim{kind: isBorderAt, a: string(ref), n: uint32(v)}, c.NetworkID))
			if owner := n.vniOwner(v); owner != "" && owner != c.NetworkID {
				found = earlier(found, n.ofOthers(claim{kind: joins, a: string(ref), b: owner}, c.NetworkID))
			}
		}
	}
	return found
}

// earlier is the one of two connections that was created first; nil is none.
func earlier(a, b *model.L2GatewayConnection) *model.L2GatewayConnection {
	if a == nil || b != nil && b.Order().Compare(a.Order()) < 0 {
		return b
	}
	return a
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
