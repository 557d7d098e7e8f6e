package model

import (
	"slices"
	"time"
)

// Inventory is what was last seen of a switch database. It is durable, so that
// requests can be checked while the switch is away.
type Inventory struct {
	// Record.ID is the GatewayDevice's id.
	Record
	Switches []SwitchInventory `json:"switches"`
	// Peer is the address that the switch dialled in from, "" if it was dialled.
	Peer   string    `json:"peer,omitempty"`
	SeenAt time.Time `json:"seen_at"`
}

// UnsupportedSourceNode is the word of vtep(5), switch_fault_status, for a switch
// that was asked to replicate flooded frames and can not.
const UnsupportedSourceNode = "unsupported_source_node_replication"

// SwitchInventory is one Physical_Switch.
type SwitchInventory struct {
	Name string `json:"name"`
	// Fingerprint is equal wherever this very row of the database is read, and says
	// nothing else; "" in what was stored before there was one.
	Fingerprint string        `json:"fingerprint,omitempty"`
	TunnelIPs   []VTEPAddress `json:"tunnel_ips,omitempty"`
	// NoTunnelIP: the switch shows none now; TunnelIPs are its last ones.
	NoTunnelIP bool     `json:"no_tunnel_ip,omitempty"`
	Faults     []string `json:"faults,omitempty"`
	// Missing: the switch is not in its database now; this is what was last seen.
	Missing bool `json:"missing,omitempty"`
	// NoSourceNode: the switch has once said that it can not replicate flooded
	// frames itself. It withdraws the fault as soon as it is not asked to, so that
	// it is remembered until the device's profile changes.
	NoSourceNode bool            `json:"no_source_node,omitempty"`
	Ports        []PortInventory `json:"ports,omitempty"`
	// PortsCut counts ports that are left out of Ports, see BoundInventory.
	PortsCut int `json:"ports_cut,omitempty"`
}

// PortInventory is one Physical_Port.
type PortInventory struct {
	Name   string   `json:"name"`
	Faults []string `json:"faults,omitempty"`
}

// Resembles reports whether two looks at a switch of one name may be at the same
// switch: at the same row, or at one with the same tunnel address. Addresses
// change, and some switches make their rows anew when they start.
func (s *SwitchInventory) Resembles(o *SwitchInventory) bool {
	return s.Name == o.Name && (s.SameRow(o) || s.SharesTunnelIP(o))
}

// SameRow reports whether it is known to be the same row of the same database.
func (s *SwitchInventory) SameRow(o *SwitchInventory) bool {
	return s.Fingerprint != "" && s.Fingerprint == o.Fingerprint
}

// OtherRow reports whether it is known to be another row.
func (s *SwitchInventory) OtherRow(o *SwitchInventory) bool {
	return s.Fingerprint != "" && o.Fingerprint != "" && s.Fingerprint != o.Fingerprint
}

// SharesTunnelIP reports whether both have a tunnel address in common.
func (s *SwitchInventory) SharesTunnelIP(o *SwitchInventory) bool {
	return slices.ContainsFunc(s.TunnelIPs, func(ip VTEPAddress) bool { return slices.Contains(o.TunnelIPs, ip) })
}

// SamePorts reports whether both have ports, of the same names.
func (s *SwitchInventory) SamePorts(o *SwitchInventory) bool {
	return len(s.Ports) > 0 && slices.EqualFunc(s.Ports, o.Ports, func(a, b PortInventory) bool { return a.Name == b.Name })
}

// Port returns the port of that name.
func (s *SwitchInventory) Port(name string) (*PortInventory, bool) {
	for i := range s.Ports {
		if s.Ports[i].Name == name {
			return &s.Ports[i], true
		}
	}
	return nil, false
}

// Lacks reports whether the switch is known to have no port of that name. Of one
// that has more ports than are kept it is not known.
func (s *SwitchInventory) Lacks(name string) bool {
	_, ok := s.Port(name)
	return !ok && s.PortsCut == 0
}

// Switch returns the switch of that name.
func (i *Inventory) Switch(name string) (*SwitchInventory, bool) {
	if i == nil {
		return nil, false
	}
	for n := range i.Switches {
		if i.Switches[n].Name == name {
			return &i.Switches[n], true
		}
	}
	return nil, false
}

// Tombstone remembers that a Logical_Switch name was ours, so that its rows may
// be removed at once wherever they are still found.
type Tombstone struct {
	// Record.ID is the network's id, which is the Logical_Switch's name.
	Record
	// VNI that the network had.
	VNI VNI `json:"vni,omitempty"`
	// Pending are the devices that have not been seen without it yet.
	Pending []string `json:"pending"`
}

// PendingOn reports whether the network is still to be removed from the database that
// the devices share.
func (t *Tombstone) PendingOn(sharing []*GatewayDevice) bool {
	return slices.ContainsFunc(sharing, func(d *GatewayDevice) bool { return slices.Contains(t.Pending, d.ID) })
}

// RetiredDevice is a deleted GatewayDevice that may still hold rows of ours.
type RetiredDevice struct {
	GatewayDevice
	RetiredAt time.Time `json:"retired_at"`
	// Switches are what was last seen of it, without ports; none in what was stored
	// before they were kept.
	Switches []SwitchInventory `json:"switches,omitempty"`
}

// NewRetiredDevice remembers a device that has been read.
func NewRetiredDevice(gd *GatewayDevice, inv *Inventory, at time.Time) *RetiredDevice {
	r := &RetiredDevice{GatewayDevice: *gd, RetiredAt: at}
	for _, s := range inv.Switches {
		s.Ports, s.PortsCut = nil, 0
		r.Switches = append(r.Switches, s)
	}
	return r
}

// IsReached reports whether a look at another device's database is one at this device's.
// It is told as for registered devices that share a database.
func (r *RetiredDevice) IsReached(look *Inventory) bool {
	if look.ProjectID != r.ProjectID {
		return false // it can be forged
	}
	for i := range r.Switches {
		was := &r.Switches[i]
		for j := range look.Switches {
			now := &look.Switches[j]
			same := was.Resembles(now) || was.SameRow(now) && was.SharesTunnelIP(now)
			if same && !was.Missing && !now.Missing {
				return true
			}
		}
	}
	return false
}
