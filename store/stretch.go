package store

import (
	"fmt"

	"bordergw/model"
)

// checkVNIs compares the VNIs of a connection, which is in the snapshot
// already, with those of all others.
func (t *txn) checkVNIs(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	j := t.join(c, g)
	if err := t.checkStretch(&j); err != nil {
		return err
	}
	return t.checkDeviceVNIs(&j)
}

// isJoined reports whether a border connection of the network has that VNI.
func (t *txn) isJoined(networkID string, v model.VNI) bool {
	for _, j := range t.joins() {
		if j.NetworkID == networkID && j.has(v) {
			return true
		}
	}
	return false
}

// checkStretch: what carries one number on the wire is one stretch. A network
// whose own VNI is that number must have been joined to it on purpose, so
// neither may the connection use another network's number, nor may it bring to
// life a network whose number others use.
func (t *txn) checkStretch(c *join) error {
	refuse := func(v model.VNI, user, owner string) error {
		return model.ErrStretchConflict(
			"segmentation_id %s of network %s is the VNI of network %s, which is not connected with that segmentation_id.",
			v, t.called(user), t.called(owner))
	}
	for _, v := range c.border {
		owner := t.vniOwner(v)
		if owner != "" && owner != c.NetworkID && !t.isJoined(owner, v) {
			return refuse(v, c.NetworkID, owner)
		}
	}
	n, _ := t.next.Networks.Get(c.NetworkID)
	if !t.isBorderVNI(n.VNI) {
		return nil
	}
	for _, o := range t.joins() {
		if o.NetworkID != n.ID && o.has(n.VNI) && !t.isJoined(n.ID, n.VNI) {
			return refuse(n.VNI, o.NetworkID, n.ID)
		}
	}
	return nil
}

// called is a network in an error.
func (t *txn) called(networkID string) fmt.Stringer {
	n, _ := t.next.Networks.Get(networkID)
	return n.Called()
}

// vniOwner is the network that has the VNI, "" when none has, or none is asked
// for.
func (t *txn) vniOwner(v model.VNI) string {
	if v == 0 {
		return ""
	}
	for _, u := range t.numbers.vnis.users(uint32(v)) {
		if u.table == networks.bucket {
			return u.id
		}
	}
	return ""
}

// checkDeviceVNIs: on one device a VNI, be it a network's own or one between
// sites, belongs to one network.
func (t *txn) checkDeviceVNIs(c *join) error {
	type use struct {
		device string
		vni    model.VNI
	}
	where := newPlaces(&t.next)
	ours := map[use]bool{}
	for dev, v := range t.vnis(c) {
		if at, ok := where.Find(dev); ok {
			ours[use{at.Device.ID, v}] = true
		}
	}
	for _, o := range t.joins() {
		// Networks' own VNIs differ, so that one must be between sites.
		if o.NetworkID == c.NetworkID || o.border == nil && c.border == nil {
			continue
		}
		for dev, v := range t.vnis(&o) {
			if at, ok := where.Find(dev); ok && ours[use{at.Device.ID, v}] {
				return model.ErrStretchConflict("VNI %s is in use on gateway device %s by networks %s and %s.", v,
					at.Device.Called(), t.called(o.NetworkID), t.called(c.NetworkID))
			}
		}
	}
	return nil
}

// vnis yields the VNIs that a connection puts on each device.
func (t *txn) vnis(j *join) func(yield func(*model.Device, model.VNI) bool) {
	n, _ := t.next.Networks.Get(j.NetworkID)
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
