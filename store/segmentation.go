package store

import "bordergw/model"

// slots says which segmentation ids a gateway leaves to its connections.
type slots struct {
	// vlan: a VLAN may be given, because no interface carries one above 0.
	vlan bool
	// bare: an interface carries no VLAN at all, not even 0.
	bare bool
	// vni: a border device carries no VNI.
	vni bool
}

func (t *txn) slotsOf(g *model.L2Gateway) slots {
	var s slots
	tagged := g.HasVLANs()
	for i := range g.Devices {
		dev := &g.Devices[i]
		for _, p := range dev.Interfaces {
			s.vlan = true
			s.bare = s.bare || len(p.VLANs) == 0
		}
		switch {
		case !dev.IsBorder():
		case t.isNetworkVLAN(dev):
			s.vlan, s.bare = true, s.bare || dev.SegmentationID == 0
			tagged = tagged || dev.SegmentationID != 0
		default:
			s.vni = s.vni || dev.SegmentationID == 0
		}
	}
	s.vlan = s.vlan && !tagged
	return s
}

// isNetworkVLAN: such a device is given like a border device, and its
// segmentation id is a VLAN.
func (t *txn) isNetworkVLAN(dev *model.Device) bool {
	gd, ok := t.next.Devices.Get(dev.DeviceID)
	return ok && gd.Type == model.NetworkVLAN
}

// checkOneKind: a connection has one segmentation id, which can not be a VLAN
// for one device and a VNI for another.
func (t *txn) checkOneKind(g *model.L2Gateway) error {
	if s := t.slotsOf(g); s.bare && s.vni {
		return model.ErrSegmentationRequired()
	}
	return nil
}

// checkGiven: a segmentation id is given exactly once, by the gateway or by the
// connection. g is nil when there is no such gateway.
func (t *txn) checkGiven(g *model.L2Gateway, id model.SegmentationID) error {
	var s slots
	if g != nil {
		s = t.slotsOf(g)
	}
	if id.IsSet() {
		if g != nil && !s.vlan && !s.vni {
			return model.ErrInvalidInput("default segmentation_id should not be provided when segmentation_id is assigned during l2gateway creation")
		}
		return checkRange(id)
	}
	if g == nil || s.vni || s.vlan && s.bare {
		return model.ErrInvalidInput("Segmentation id must be specified in create l2gateway connections")
	}
	return nil
}

func checkRange(id model.SegmentationID) error {
	n := int64(id.Value)
	var err error
	if id.Kind == model.VLANSegmentation {
		_, err = model.NewVLAN(n)
	} else {
		_, err = model.NewVNI(n)
	}
	if err != nil {
		return errSegmentationRange()
	}
	return nil
}

// checkKind: the id must be of the kind that is wanted. VLAN 0 on the
// interfaces is an answer too, so that a VNI goes first.
func (t *txn) checkKind(g *model.L2Gateway, id model.SegmentationID) error {
	s := t.slotsOf(g)
	_, isVLAN := id.VLAN()
	if id.IsSet() && isVLAN == s.vni {
		return errSegmentationRange()
	}
	return nil
}

func errSegmentationRange() *model.Error {
	return model.ErrInvalidInput("Segmentation id is out of range")
}
