package store

import "bordergw/model"

func (t *txn) slotsOf(g *model.L2Gateway) model.Slots { return t.next.SlotsOf(g) }

// checkOneKind: a connection has one segmentation id, which can not be a VLAN
// for one device and a VNI for another.
func (t *txn) checkOneKind(g *model.L2Gateway) error {
	if s := t.slotsOf(g); s.Bare && s.VNI {
		return model.ErrSegmentationRequired()
	}
	return nil
}

// checkGiven: a segmentation id is given exactly once, by the gateway or by the
// connection. g is nil when there is no such gateway.
func (t *txn) checkGiven(g *model.L2Gateway, id model.SegmentationID) error {
	s := t.slotsOf(g)
	if id.IsSet() {
		if g != nil && !s.VLAN && !s.VNI {
			return model.ErrSegmentationGivenTwice()
		}
		return checkRange(id)
	}
	if g == nil || s.VNI || s.VLAN && s.Bare {
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
	if id.IsSet() && isVLAN == s.VNI {
		return errSegmentationRange()
	}
	return nil
}

func errSegmentationRange() *model.Error {
	return model.ErrInvalidInput("Segmentation id is out of range")
}
