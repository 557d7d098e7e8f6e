package pathtrace

import (
	"iter"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// Fabric is what frames go through.
type Fabric interface {
	// Switch is the switch database of a registered device, nil if there is no such device.
	Switch(device string) *Switch
	// Border reports whether a device is a border that passes on frames that come by a tunnel. Asking
	// costs little, unlike Switch.
	Border(device string) bool
	// Owners are the ids of the devices whose switches have a tunnel address, the first registered
	// first: several may share one.
	Owners(addr model.VTEPAddress) []string
	// Network names the network that a logical switch is of.
	Network(logicalSwitch string) string
	// Broken says what is wrong with the connections of the traced network, in words.
	Broken() []string
	// Parts are what the gateways name that a network is connected to.
	Parts(network string) []Part
	// Stopped reports whether nobody waits for the trace any more.
	Stopped() bool
}

// Part is what a gateway that a network is connected to names on one device.
type Part struct {
	Gateway string
	// Device is the id of the device that stands for the switch, "" while none is known; Switch is
	// the name of the Physical_Switch, "" where the gateway does not say.
	Device, Switch string
	Slots          []vtep.Slot
	// Status is what the connection says of itself.
	Status string
}

// Database is what a switch database holds.
type Database interface {
	// Rows is what stands of a logical switch, false if there is none of that name.
	Rows(logicalSwitch string, macs ...model.MAC) (vtep.Rows, bool)
	// Keyed are the names of the logical switches that have a VNI.
	Keyed(model.VNI) []string
}

// Switch is a switch database, and what is known of it. The switches of one database count as one.
type Switch struct {
	Device model.Named
	// Database is nil while it is not read; Away says why it is not.
	Database Database
	Away     string
	// Want is what it is to hold, nil if that is nothing.
	Want *vtep.Want
	// Addresses are where others send to.
	Addresses []model.VTEPAddress
	// Site is where it is. Borders join sites.
	Site string
	// Relays: it passes frames from tunnel to tunnel, between its site and the others.
	Relays bool
	// StitchPorts are the two ends of the cable of a border, nil for none.
	StitchPorts []string
	// Switches are as they were seen last, with their ports.
	Switches []model.SwitchInventory
	BFD      []vtep.BFD
	// Problems are what keeps it from holding Want, Blocked why nothing can be written at all.
	Problems []vtep.Problem
	Blocked  string
	// Report: the drift policy leaves what external writers change.
	Report bool
}

// segment is what the switch is to hold of a logical switch, nil for nothing.
func (s *Switch) segment(ls string) *vtep.Segment {
	if s.Want == nil {
		return nil
	}
	return s.Want.Segment(ls)
}

// entry is the row that it is to hold for a MAC, false for none. It needs none for a MAC of its own.
func (s *Switch) entry(ls string, mac model.MAC) (vtep.Locator, bool) {
	seg := s.segment(ls)
	if seg == nil {
		return vtep.Locator{}, false
	}
	e := seg.Entry(mac)
	own := e.Location == s.Want.Self || slices.Contains(s.Addresses, e.Locator.Addr)
	return e.Locator, e != (vtep.MACEntry{}) && !own
}

// port is what was seen of a port, nil if it was not there. seen reports whether its switch was seen at all.
func (s *Switch) port(slot vtep.Slot) (port *model.PortInventory, seen bool) {
	for i := range s.Switches {
		sw := &s.Switches[i]
		if sw.Name != slot.Switch || sw.Missing {
			continue
		}
		p := slices.IndexFunc(sw.Ports, func(p model.PortInventory) bool { return p.Name == slot.Port })
		if p < 0 {
			return nil, true
		}
		return &sw.Ports[p], true
	}
	return nil, false
}

// slot is where a host is to be by its name. The switch is "" where the name leaves it open.
func (s *Switch) slot(h *Host) vtep.Slot {
	at := vtep.Slot{Switch: h.Switch, Port: h.Port}
	if at.Switch == "" && len(s.Switches) == 1 {
		at.Switch = s.Switches[0].Name
	}
	if h.VLAN != nil {
		at.VLAN = *h.VLAN
	}
	return at
}

// slots are those of some bindings where a host may be. A MAC is at the switch of the database that has the tunnel address
// at which it was reported.
func (s *Switch) slots(h *Host, all []vtep.Slot) []vtep.Slot {
	out := h.slots(all)
	if h.Port != "" || h.Entry == nil {
		return out
	}
	at := slices.IndexFunc(s.Switches, func(sw model.SwitchInventory) bool { return slices.Contains(sw.TunnelIPs, h.Entry.Endpoint) })
	if at < 0 {
		return out
	}
	return slices.DeleteFunc(out, func(slot vtep.Slot) bool { return slot.Switch != s.Switches[at].Name })
}

// tunnelDown says that BFD does not reach an address, "" if it does or is not asked.
func (s *Switch) tunnelDown(to model.VTEPAddress) string {
	for i := range s.BFD {
		if b := &s.BFD[i]; b.Tunnel.Remote == to && b.State != "up" && b.State != "" {
			return b.State
		}
	}
	return ""
}

// Host is an end of a trace.
type Host struct {
	model.TraceEnd
	// Network is where it is: the id of the traced network, or of one that borders join to it.
	Network string
	// Entry is where its MAC is, nil for nowhere.
	Entry *model.MACEntry
	// Device is the id of the switch that its port is of, for a host without a MAC.
	Device string
	// Elsewhere is where its MAC is if that is in other networks only.
	Elsewhere []model.MACEntry
}

// device is the id of the device that the host is at, "" if that is not known.
func (h *Host) device() string {
	if h.Entry != nil && h.Entry.Device != nil {
		return h.Entry.Device.ID
	}
	return h.Device
}

// beyond reports whether the host is behind an end point that is not ours.
func (h *Host) beyond() bool { return h.Entry != nil && h.Entry.Source != model.MACLocal }

// known reports whether it is known where the host is.
func (h *Host) known() bool { return h.Entry != nil || h.Device != "" }

// slots are those of some bindings where the host may be: all of them where only its MAC is known.
func (h *Host) slots(all []vtep.Slot) (out []vtep.Slot) {
	for _, s := range all {
		if h.Port == "" || s.Port == h.Port && (h.VLAN == nil || *h.VLAN == s.VLAN) && h.on(s) {
			out = append(out, s)
		}
	}
	return out
}

// In reports whether the host may be at one of some slots.
func (h *Host) In(slots iter.Seq[vtep.Slot]) bool {
	for s := range slots {
		if len(h.slots([]vtep.Slot{s})) > 0 {
			return true
		}
	}
	return false
}

// on reports whether a slot is of the switch of the host's port. Its name may be that of the device.
func (h *Host) on(s vtep.Slot) bool { return h.Switch == "" || h.Switch == s.Switch }
