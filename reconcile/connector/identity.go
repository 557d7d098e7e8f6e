package connector

import (
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// Which switch a database is. Names come from switches and are not unique: two may have
// the same one from the factory. A name belongs to the registration that was known by it
// first, by what the store remembers: the row of the database, the tunnel addresses, the
// ports, and where the session came from.

// NotDriven is why a session is not used although the switch was reached: what it shows
// is another registration's, or another switch.
type NotDriven string

// Error implements error.
func (e NotDriven) Error() string { return string(e) }

// Identity tells which device a switch is, by the definitions of one moment.
type Identity struct {
	Definitions   *model.Definitions
	Registrations *model.Registrations
	TLS           *transport.TLS
}

// Foreign says which of a session's switches has the name that another device is
// known by, and is another switch; nil if none does.
func (id *Identity) Foreign(gd *model.GatewayDevice, switches []model.SwitchInventory) error {
	all := id.Registrations
	for i := range switches {
		now := &switches[i]
		holders := all.Holders(now.Name)
		var own *model.SwitchInventory
		for _, h := range holders {
			if h.Device.ID == gd.ID && !h.Switch.Missing {
				own = h.Switch
			}
		}
		for _, h := range holders {
			if h.Device.ID == gd.ID || h.Switch.Missing || id.precedes(gd, own, h) || sameSwitch(gd, own, now, h) {
				continue
			}
			return NotDriven(foreignText(gd, now, h))
		}
	}
	return nil
}

// precedes reports whether the device has the older right to a switch's name: it
// was registered first and is known by it, or was registered under it, before the
// other one was there, and never read since.
func (id *Identity) precedes(gd *model.GatewayDevice, own *model.SwitchInventory, h model.Holder) bool {
	if own != nil {
		return gd.Seq < h.Device.Seq
	}
	inv, _ := id.Definitions.Inventories.Get(gd.ID)
	return (inv == nil || len(inv.Switches) == 0) && gd.Name == h.Switch.Name && h.Device.Name != gd.Name && gd.Revision < h.Device.Seq
}

// sameSwitch reports whether what a session of a device shows is the switch that
// another device is known by. own is what was remembered of it for the device
// itself. A row is the same wherever it is read; a copied one, as images have, shows
// in the tunnel address. A tunnel address alone is believed of a row that is not
// known to be another.
func sameSwitch(gd *model.GatewayDevice, own, now *model.SwitchInventory, h model.Holder) bool {
	was := h.Switch
	switch {
	case gd.ProjectID != h.Device.ProjectID:
		return false // it can be forged
	case now.SharesTunnelIP(was):
		return own != nil || !now.OtherRow(was)
	case !now.SameRow(was):
		return false
	}
	return own != nil && own.SameRow(was) || len(now.TunnelIPs) == 0 || len(was.TunnelIPs) == 0 ||
		gd.ManagementIP != "" && gd.ManagementIP == h.Device.ManagementIP
}

func foreignText(gd *model.GatewayDevice, now *model.SwitchInventory, h model.Holder) string {
	if gd.ProjectID != h.Device.ProjectID {
		return fmt.Sprintf("switch %s is registered by another project; nothing is written to it over this registration", now.Name)
	}
	return fmt.Sprintf("switch %s (%s) is another switch than that of device %s (%s, %s), which is known by that name; nothing is written to it",
		now.Name, addresses(now), h.Device.DisplayName(), Describe(h.Device), addresses(h.Switch))
}

func addresses(s *model.SwitchInventory) string {
	if len(s.TunnelIPs) == 0 {
		return "no tunnel IP"
	}
	return "tunnel IP " + model.Joined(s.TunnelIPs, ", ")
}

// unlike says why a switch that dials in is not the one that a device is known to
// be; "" if it may be. The name alone is no evidence once there is other.
func (id *Identity) unlike(gd *model.GatewayDevice, from string, switches []model.SwitchInventory) string {
	inv, ok := id.Definitions.Inventories.Get(gd.ID)
	if !ok || gd.Accepted > inv.Revision {
		return ""
	}
	for i := range switches {
		now := &switches[i]
		was, known := inv.Switch(now.Name)
		if known && !continues(inv, was, from, now) {
			return fmt.Sprintf("another database announces the switches of device %s: switch %s has %s, and the device is known by %s; "+
				"if it takes its place, update the device with accept_replacement", gd.DisplayName(), now.Name, addresses(now), addresses(was))
		}
	}
	return ""
}

// continues reports whether a switch that dials in may be the one that was seen. One
// without any tunnel address is known by where it is and by its ports.
func continues(inv *model.Inventory, was *model.SwitchInventory, from string, now *model.SwitchInventory) bool {
	bare := len(was.TunnelIPs) == 0 || len(now.TunnelIPs) == 0
	switch {
	case now.SharesTunnelIP(was):
		return true
	case now.SameRow(was):
		return bare || inv.Peer == "" || inv.Peer == from
	}
	return len(was.TunnelIPs)+len(now.TunnelIPs) == 0 && inv.Peer == from && now.SamePorts(was)
}

// SwitchNames are those of switches, in their order.
func SwitchNames(switches []model.SwitchInventory) []string {
	out := make([]string, len(switches))
	for i := range switches {
		out[i] = switches[i].Name
	}
	return out
}

// SameSwitches tells one database from another by what the network knows its
// switches by.
func SameSwitches(f *vtep.Facts, switches []model.SwitchInventory) bool {
	return f != nil && slices.EqualFunc(f.Switches, switches, func(a, b model.SwitchInventory) bool {
		return a.Name == b.Name && a.Fingerprint == b.Fingerprint && slices.Equal(a.TunnelIPs, b.TunnelIPs)
	})
}

// Unproven says why the name of a switch that dialled in does not show that it is
// the device's; "" if it does, or something else does.
func (id *Identity) Unproven(gd *model.GatewayDevice, k Link, switches []model.SwitchInventory) string {
	if k.From == "" || id.rank(gd, k.Peer, SwitchNames(switches)) >= BySubject {
		return ""
	}
	return id.unlike(gd, k.From, switches)
}
