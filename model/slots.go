package model

// Slots says which segmentation ids a gateway leaves to its connections.
type Slots struct {
	// VLAN: a VLAN may be given, because no interface carries one above 0.
	VLAN bool
	// Bare: an interface carries no VLAN at all, not even 0.
	Bare bool
	// VNI: a border device carries no VNI.
	VNI bool
}

// SlotsOf finds them. Nil, a gateway that does not exist, leaves none.
func (d *Definitions) SlotsOf(g *L2Gateway) (s Slots) {
	if g == nil {
		return s
	}
	tagged := g.HasVLANs()
	for i := range g.Devices {
		dev := &g.Devices[i]
		for _, p := range dev.Interfaces {
			s.VLAN = true
			s.Bare = s.Bare || len(p.VLANs) == 0
		}
		switch {
		case !dev.IsBorder():
		case d.IsNetworkVLAN(dev):
			s.VLAN, s.Bare = true, s.Bare || dev.SegmentationID == 0
			tagged = tagged || dev.SegmentationID != 0
		default:
			s.VNI = s.VNI || dev.SegmentationID == 0
		}
	}
	s.VLAN = s.VLAN && !tagged
	return s
}

// IsNetworkVLAN reports whether a gateway names a device of type network_vlan. It is given like a border device, and its segmentation id is
// a VLAN.
func (d *Definitions) IsNetworkVLAN(dev *Device) bool {
	gd, ok := d.Devices.Get(dev.DeviceID)
	return ok && gd.Type == NetworkVLAN
}

// Kind is the kind of id that a connection may give: a VNI goes first, and there is none
// where the gateway carries all ids itself.
func (s Slots) Kind() SegmentationKind {
	switch {
	case s.VNI:
		return VXLANSegmentation
	case s.VLAN:
		return VLANSegmentation
	}
	return NoSegmentation
}
