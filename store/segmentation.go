package store

import "bordergw/model"

// checkOneKind: a connection has one segmentation id, which can not be a VLAN
// for one device and a VNI for another.
func checkOneKind(s model.Slots) error {
	if s.Bare && s.VNI {
		return model.ErrSegmentationRequired()
	}
	return nil
}

// checkGiven: a segmentation id is given exactly once, by the gateway or by the
// connection. Exists says whether there is such a gateway.
func checkGiven(s model.Slots, exists bool, id model.SegmentationID) error {
	if id.IsSet() {
		if exists && !s.VLAN && !s.VNI {
			return model.ErrSegmentationGivenTwice()
		}
		return checkRange(id)
	}
	if !exists || s.VNI || s.VLAN && s.Bare {
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
func checkKind(s model.Slots, id model.SegmentationID) error {
	_, isVLAN := id.VLAN()
	if id.IsSet() && isVLAN == s.VNI {
		return errSegmentationRange()
	}
	return nil
}

func errSegmentationRange() *model.Error {
	return model.ErrInvalidInput("Segmentation id is out of range")
}
