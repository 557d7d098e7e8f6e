package model

// Definitions is an immutable snapshot of everything the store holds: what
// operators defined, what was last seen of the switches, and what remains to
// be cleaned up.
type Definitions struct {
	// Revision grows by one with every change.
	Revision uint64
	// StoreID is made when the store is created. It marks our rows on the
	// switches, so that two controllers with different stores tell theirs apart.
	StoreID     string
	Networks    Table[Network, *Network]
	Devices     Table[GatewayDevice, *GatewayDevice]
	Gateways    Table[L2Gateway, *L2Gateway]
	Connections Table[L2GatewayConnection, *L2GatewayConnection]
	Inventories Table[Inventory, *Inventory]
	Tombstones  Table[Tombstone, *Tombstone]
	Retired     Table[RetiredDevice, *RetiredDevice]
	Quotas      Table[Quota, *Quota]
	Moves       Table[StationMove, *StationMove]
	// Released are numbers on the wire that were given up and may still be in use.
	Released Table[Released, *Released]
}

// Place is where a gateway's device is found.
type Place struct {
	// Device is the registered switch database.
	Device *GatewayDevice
	// Switch is the Physical_Switch; "" while it is not known.
	Switch string
}

// Resolve finds the database and Physical_Switch that a gateway's device names:
// a device id, else the name of a Physical_Switch last seen in any database,
// else the name of a registered device. It reports false when nothing of that
// name is known. The earliest registered device wins a name that two announce.
func (d *Definitions) Resolve(dev *Device) (Place, bool) {
	if dev.DeviceID != "" {
		gd, ok := d.Devices.Get(dev.DeviceID)
		if !ok {
			return Place{}, false
		}
		return Place{Device: gd, Switch: d.standsFor(gd)}, true
	}
	if dev.DeviceName == "" {
		return Place{}, false
	}
	if p, ok := d.announced(dev.DeviceName); ok {
		return p, true
	}
	for gd := range d.Devices.All() {
		if gd.Name == dev.DeviceName {
			return Place{Device: gd, Switch: d.standsFor(gd)}, true
		}
	}
	return Place{}, false
}

// announced finds the database that has a switch, else the one that had it.
func (d *Definitions) announced(name string) (found Place, ok bool) {
	for gd := range d.Devices.All() {
		inv, _ := d.Inventories.Get(gd.ID)
		sw, has := inv.Switch(name)
		if !has || !gd.Driven() {
			continue
		}
		if !sw.Missing {
			return Place{Device: gd, Switch: name}, true
		}
		if !ok {
			found, ok = Place{Device: gd, Switch: name}, true
		}
	}
	return found, ok
}

// standsFor gives the Physical_Switch that a registered device stands for: the
// one of its name, or the only one of its database.
func (d *Definitions) standsFor(gd *GatewayDevice) string {
	inv, ok := d.Inventories.Get(gd.ID)
	if !ok {
		return ""
	}
	if _, ok := inv.Switch(gd.Name); ok {
		return gd.Name
	}
	only := ""
	for i := range inv.Switches {
		switch {
		case inv.Switches[i].Missing:
		case only != "":
			return ""
		default:
			only = inv.Switches[i].Name
		}
	}
	return only
}

// SwitchInventory gives what was last seen of a place's switch, or nil.
func (d *Definitions) SwitchInventory(p Place) *SwitchInventory {
	if p.Device == nil || p.Switch == "" {
		return nil
	}
	inv, _ := d.Inventories.Get(p.Device.ID)
	s, _ := inv.Switch(p.Switch)
	return s
}
