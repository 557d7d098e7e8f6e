package model

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// VLAN is an IEEE 802.1Q VLAN id, 0..4094. 0 stands for untagged frames
// (hardware_vtep, vlan_bindings); 4095 is reserved by 802.1Q.
type VLAN uint16

// MaxVLAN is the highest usable VLAN id.
const MaxVLAN VLAN = 4094

// NewVLAN checks the range.
func NewVLAN(n int64) (VLAN, error) {
	if n < 0 || n > int64(MaxVLAN) {
		return 0, fmt.Errorf("VLAN %d is not in 0..%d", n, MaxVLAN)
	}
	return VLAN(n), nil
}

func (v VLAN) String() string { return strconv.Itoa(int(v)) }

// VNI is a VXLAN network identifier (RFC 7348 section 5), 1..16777215. The zero
// value stands for "none": VNI 0 is legal on the wire but other controllers use
// it as unset, so it is never assigned.
type VNI uint32

// Compare orders VNIs by their number.
func (v VNI) Compare(o VNI) int { return cmp.Compare(v, o) }

// MaxVNI is the highest VNI.
const MaxVNI VNI = 1<<24 - 1

// NewVNI checks the range.
func NewVNI(n int64) (VNI, error) {
	if n < 1 || n > int64(MaxVNI) {
		return 0, fmt.Errorf("VNI %d is not in 1..%d", n, MaxVNI)
	}
	return VNI(n), nil
}

func (v VNI) String() string { return strconv.FormatUint(uint64(v), 10) }

// VNIRange is an inclusive range of VNIs that are given out.
type VNIRange struct{ First, Last VNI }

// DefaultVNIRange leaves the low numbers to operators.
var DefaultVNIRange = VNIRange{First: 10000, Last: MaxVNI}

// ParseVNIRange reads "FIRST-LAST".
func ParseVNIRange(s string) (VNIRange, error) {
	first, last, _ := strings.Cut(s, "-")
	var r VNIRange
	for _, end := range []struct {
		text string
		vni  *VNI
	}{{first, &r.First}, {last, &r.Last}} {
		n, err := strconv.ParseUint(end.text, 10, 32)
		if err != nil {
			return VNIRange{}, fmt.Errorf("VNI range %q is not FIRST-LAST", s)
		}
		if *end.vni, err = NewVNI(int64(n)); err != nil {
			return VNIRange{}, fmt.Errorf("VNI range %q: %w", s, err)
		}
	}
	if r.First > r.Last {
		return VNIRange{}, fmt.Errorf("VNI range %q is empty", s)
	}
	return r, nil
}

func (r VNIRange) String() string { return fmt.Sprintf("%d-%d", r.First, r.Last) }

// SegmentationKind says what a Neutron segmentation_id counts.
type SegmentationKind string

const (
	// NoSegmentation is the zero SegmentationID: none was given.
	NoSegmentation SegmentationKind = ""
	// VLANSegmentation is an 802.1Q VLAN id on a port.
	VLANSegmentation SegmentationKind = "vlan"
	// VXLANSegmentation is a VNI between sites.
	VXLANSegmentation SegmentationKind = "vxlan"
)

// SegmentationID is Neutron's segmentation_id with its kind made explicit: the
// same attribute is a VLAN on an L2 gateway and a VNI on a border gateway.
type SegmentationID struct {
	Kind  SegmentationKind `json:"kind,omitempty"`
	Value uint32           `json:"value,omitempty"`
}

// VLANID is the segmentation id of a VLAN.
func VLANID(v VLAN) SegmentationID {
	return SegmentationID{Kind: VLANSegmentation, Value: uint32(v)}
}

// VXLANID is the segmentation id of a VNI; VNI 0 gives none.
func VXLANID(v VNI) SegmentationID {
	if v == 0 {
		return SegmentationID{}
	}
	return SegmentationID{Kind: VXLANSegmentation, Value: uint32(v)}
}

// IsSet reports whether an id was given. VLAN 0 is an id.
func (s SegmentationID) IsSet() bool { return s.Kind != NoSegmentation }

// VLAN returns the VLAN and whether the id is one.
func (s SegmentationID) VLAN() (VLAN, bool) {
	return VLAN(s.Value), s.Kind == VLANSegmentation
}

// VNI returns the VNI and whether the id is one.
func (s SegmentationID) VNI() (VNI, bool) {
	return VNI(s.Value), s.Kind == VXLANSegmentation
}

// String is the number, or "" when none was given.
func (s SegmentationID) String() string {
	if !s.IsSet() {
		return ""
	}
	return strconv.FormatUint(uint64(s.Value), 10)
}
