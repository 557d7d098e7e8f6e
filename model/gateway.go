package model

import "slices"

// HAMode says which devices of an L2Gateway carry traffic.
type HAMode string

const (
	// ActiveActive binds every device. Two devices on one outside segment are
	// then a loop.
	ActiveActive HAMode = "active-active"
	// ActivePassive binds the first listed reachable device only.
	ActivePassive HAMode = "active-passive"
)

// L2Gateway is a set of devices that networks are connected to.
type L2Gateway struct {
	Record
	Name    string `json:"name"`
	HAMode  HAMode `json:"ha_mode,omitempty"`
	Preempt bool   `json:"preempt,omitempty"`
	// Active is the id of the device that carries traffic (ActivePassive); ""
	// while none may.
	Active  string   `json:"active,omitempty"`
	Devices []Device `json:"devices"`
}

// Device is an L2Gateway's part on one switch. Exactly one of DeviceName
// (networking-l2gw: the name of a Physical_Switch or of a GatewayDevice) and
// DeviceID (border gateway: the id of a GatewayDevice) is set.
type Device struct {
	ID         string `json:"id"`
	DeviceName string `json:"device_name,omitempty"`
	DeviceID   string `json:"device_id,omitempty"`
	// SegmentationID is the VNI between sites of a border device; 0 when the
	// connection gives it or the device is none.
	SegmentationID VNI         `json:"segmentation_id,omitempty"`
	Interfaces     []Interface `json:"interfaces,omitempty"`
}

// IsBorder reports whether the device joins sites: it is given by id and has
// no interface, or it carries a VNI.
func (d *Device) IsBorder() bool {
	return d.DeviceID != "" && (len(d.Interfaces) == 0 || d.SegmentationID != 0)
}

// Interface is a port with the VLANs that belong to the gateway. No VLAN means
// that the connection gives one.
type Interface struct {
	Name  string `json:"name"`
	VLANs []VLAN `json:"vlans,omitempty"`
	// ProvisionAhead lets a connection be made although the switch is known and has
	// no such port yet; it is bound when the port appears.
	ProvisionAhead bool `json:"provision_ahead,omitempty"`
}

// VLANIDs gives the VLANs the interface is bound with for a connection that
// carries seg: its own, else the connection's. A lone VLAN 0 gives way to the
// connection's, as in networking-l2gw.
func (i *Interface) VLANIDs(seg SegmentationID) []VLAN {
	own := slices.Compact(slices.Sorted(slices.Values(i.VLANs)))
	if v, ok := seg.VLAN(); ok && (len(own) == 0 || own[len(own)-1] == 0) {
		return []VLAN{v}
	}
	return own
}

// ActiveDevice is the active one of an active-passive gateway, nil while there is none.
func (g *L2Gateway) ActiveDevice() *Device {
	for i := range g.Devices {
		if g.Devices[i].ID == g.Active {
			return &g.Devices[i]
		}
	}
	return nil
}

// HasVLANs reports whether an interface of the gateway carries a VLAN above 0,
// which upstream takes as "the gateway gives the VLANs".
func (g *L2Gateway) HasVLANs() bool {
	return slices.ContainsFunc(g.Devices, func(d Device) bool {
		return slices.ContainsFunc(d.Interfaces, func(i Interface) bool {
			return slices.ContainsFunc(i.VLANs, func(v VLAN) bool { return v > 0 })
		})
	})
}

// BorderVNI is the VNI a border device has for a connection that carries seg:
// the device's own, else the connection's, else 0.
func (d *Device) BorderVNI(seg SegmentationID) VNI {
	if !d.IsBorder() {
		return 0
	}
	if d.SegmentationID != 0 {
		return d.SegmentationID
	}
	v, ok := seg.VNI()
	if !ok {
		return 0
	}
	return v
}

// L2GatewayUpdate lists what may change after creation; nil leaves it alone.
type L2GatewayUpdate struct {
	Name    *string
	HAMode  *HAMode
	Preempt *bool
	// Devices replaces the interfaces (or the VNI) of the listed devices.
	// Devices that are not listed stay unless ReplaceDevices is set.
	Devices        []Device
	ReplaceDevices bool
	// ManagedBy is the program that keeps the gateway from now on, "" for none.
	ManagedBy *string
}

// L2GatewayConnection joins a network to a gateway.
type L2GatewayConnection struct {
	Record
	L2GatewayID string `json:"l2_gateway_id"`
	NetworkID   string `json:"network_id"`
	// SegmentationID is a VLAN for devices with interfaces and a VNI for border
	// devices; unset when the gateway carries it.
	SegmentationID SegmentationID `json:"segmentation_id,omitzero"`
	// StitchVLANs are the VLANs on the cables of stitched border devices, by
	// gateway device id. The store allocates them; they never change.
	StitchVLANs map[string]VLAN `json:"stitch_vlans,omitempty"`
}
