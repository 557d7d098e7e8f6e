package pathtrace

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// Fabric is what frames go through.
type Fabric interface {
	// Switch is the switch database of a registered device, nil if there is no such device.
	Switch(device string) *Switch
	// Owner is the id of the device whose switch has a tunnel address, "" for none.
	Owner(addr model.VTEPAddress) string
	// Network names the network that a logical switch is of.
	Network(logicalSwitch string) string
	// Broken says what is wrong with the connections of the traced network, in words.
	Broken() []string
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
	// Relays: it passes frames from tunnel to tunnel.
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

// passes reports whether a frame that came by a tunnel may leave again, to another side.
func (s *Switch) passes() bool { return s.Relays || len(s.StitchPorts) == 2 }

// faults are what a port reports.
func (s *Switch) faults(slot vtep.Slot) []string {
	for i := range s.Switches {
		if sw := &s.Switches[i]; sw.Name == slot.Switch {
			for p := range sw.Ports {
				if sw.Ports[p].Name == slot.Port {
					return sw.Ports[p].Faults
				}
			}
		}
	}
	return nil
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

// on reports whether a slot is of the switch of the host's port. Its name may be that of the device.
func (h *Host) on(s vtep.Slot) bool { return h.Switch == "" || h.Switch == s.Switch }
