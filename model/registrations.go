package model

import (
	"slices"
	"time"
)

// Registrations says which registered devices reach one switch database, by
// what was last seen of them. A switch has one wish, whoever reaches it: the
// first registered of the devices that share a database stands for all. It is
// immutable.
type Registrations struct {
	devices     Table[GatewayDevice, *GatewayDevice]
	inventories Table[Inventory, *Inventory]
	// shared are the devices that share a database, in the order of registration,
	// by the id of each.
	shared map[string][]*GatewayDevice
	// holders are the devices in whose database a switch is, or was last seen.
	holders map[string][]Holder
	// rows are those of switches that are there, by the row where that is known.
	rows map[string][]Holder
	// looks are the last ones at a row, and a tunnel address, that several have seen.
	looks map[evidence]lastLooks
	// named are the first registered devices of a name.
	named map[string]*GatewayDevice
	// unread reports whether a driven device was never read, or had no switch yet.
	unread bool
}

// Holder is a device with what was last seen of one switch there.
type Holder struct {
	Device *GatewayDevice
	Switch *SwitchInventory
	seen   time.Time
}

// NewRegistrations looks at every device and switch once. Definitions.Registrations
// keeps them.
func NewRegistrations(d *Definitions) *Registrations {
	r := &Registrations{
		devices: d.Devices, inventories: d.Inventories, shared: map[string][]*GatewayDevice{}, holders: map[string][]Holder{},
		rows: map[string][]Holder{}, looks: map[evidence]lastLooks{}, named: map[string]*GatewayDevice{},
	}
	for gd := range d.Devices.All() {
		if r.named[gd.Name] == nil {
			r.named[gd.Name] = gd
		}
		inv, ok := d.Inventories.Get(gd.ID)
		if !gd.Driven() {
			continue
		}
		if !ok || len(inv.Switches) == 0 {
			r.unread = true
			continue
		}
		for i := range inv.Switches {
			r.add(Holder{gd, &inv.Switches[i], inv.SeenAt})
		}
	}
	r.compare()
	return r
}

// SomeUnread reports whether a registered database was never read, or had no switch yet.
func (r *Registrations) SomeUnread() bool { return r.unread }

func (r *Registrations) add(h Holder) {
	r.holders[h.Switch.Name] = append(r.holders[h.Switch.Name], h)
	if row := h.Switch.Fingerprint; row != "" && !h.Switch.Missing {
		r.rows[row] = append(r.rows[row], h)
	}
}

// compare finds what several have seen. Most switches have a name and a row of their own.
func (r *Registrations) compare() {
	u := union{}
	for _, hs := range r.holders {
		if len(hs) > 1 {
			u.add(hs, Holder.ofName)
		}
	}
	for _, hs := range r.rows {
		if len(hs) > 1 {
			u.add(hs, Holder.ofRow)
			r.look(hs)
		}
	}
	r.share(u)
}

// share lists the devices of each database that has several.
func (r *Registrations) share(u union) {
	if len(u) == 0 {
		return
	}
	all := map[*GatewayDevice][]*GatewayDevice{}
	for gd := range r.devices.All() { // in the order of registration
		root := u.root(gd)
		all[root] = append(all[root], gd)
	}
	for _, devices := range all {
		if len(devices) == 1 {
			continue
		}
		for _, gd := range devices {
			r.shared[gd.ID] = devices
		}
	}
}

// look notes when a row was seen, and under which names.
func (r *Registrations) look(hs []Holder) {
	for _, h := range hs {
		for _, e := range h.ofRow() {
			r.looks[e] = r.looks[e].with(look{h.Switch.Name, h.seen})
		}
	}
}

// renamed reports whether another look has seen the switch since, under another name.
func (r *Registrations) renamed(h Holder) bool {
	if h.Switch.Missing || len(r.rows[h.Switch.Fingerprint]) < 2 {
		return false
	}
	return slices.ContainsFunc(h.ofRow(), func(e evidence) bool {
		return r.looks[e].otherThan(h.Switch.Name).seen.After(h.seen)
	})
}

// Sharing lists the devices that reach the device's database, itself included,
// the first registered first.
func (r *Registrations) Sharing(gd *GatewayDevice) []*GatewayDevice {
	if all := r.shared[gd.ID]; all != nil {
		return all
	}
	return []*GatewayDevice{gd}
}

// First is the device that stands for the database that a device reaches.
func (r *Registrations) First(gd *GatewayDevice) *GatewayDevice { return r.Sharing(gd)[0] }

// Holders lists the devices that have, or had, a switch of that name.
func (r *Registrations) Holders(name string) []Holder { return r.holders[name] }

// Switches gives what was last seen of the database that a device reaches, over
// whichever way that was.
func (r *Registrations) Switches(gd *GatewayDevice) (out []SwitchInventory) {
	all := r.Sharing(gd)
	if len(all) == 1 {
		if inv, ok := r.inventories.Get(gd.ID); ok {
			return inv.Switches
		}
		return nil
	}
	for _, o := range all {
		inv, _ := r.inventories.Get(o.ID)
		for i := range inv.Switches {
			name := inv.Switches[i].Name
			if r.renamed(Holder{o, &inv.Switches[i], inv.SeenAt}) {
				continue
			}
			if !slices.ContainsFunc(out, func(s SwitchInventory) bool { return s.Name == name }) {
				out = append(out, *r.Switch(gd, name))
			}
		}
	}
	return out
}

// Switch gives what was last seen of one switch of a device's database, nil if it
// was not.
func (r *Registrations) Switch(gd *GatewayDevice, name string) (latest *SwitchInventory) {
	var from *Inventory
	for _, o := range r.Sharing(gd) {
		inv, _ := r.inventories.Get(o.ID)
		sw, ok := inv.Switch(name)
		if ok && (latest == nil || latest.Missing || !sw.Missing && inv.SeenAt.After(from.SeenAt)) {
			latest, from = sw, inv
		}
	}
	return latest
}

// Resolve finds the database and Physical_Switch that a gateway's device names:
// a device id, else the name of a Physical_Switch last seen in any database,
// else the name of a registered device. It reports false when nothing of that
// name is known. The earliest registered device wins a name that two announce.
func (r *Registrations) Resolve(dev *Device) (Place, bool) {
	if dev.DeviceID != "" {
		gd, ok := r.devices.Get(dev.DeviceID)
		if !ok {
			return Place{}, false
		}
		return Place{Device: r.First(gd), Switch: r.standsFor(gd)}, true
	}
	if dev.DeviceName == "" {
		return Place{}, false
	}
	if h := r.announced(dev.DeviceName); h != nil {
		return Place{Device: r.First(h.Device), Switch: dev.DeviceName}, true
	}
	gd := r.named[dev.DeviceName]
	if gd == nil {
		return Place{}, false
	}
	return Place{Device: r.First(gd), Switch: r.standsFor(gd)}, true
}

// announced finds the database that has a switch, else the one that had it.
func (r *Registrations) announced(name string) (had *Holder) {
	hs := r.holders[name]
	for i := range hs {
		switch {
		case r.renamed(hs[i]):
		case !hs[i].Switch.Missing:
			return &hs[i]
		case had == nil:
			had = &hs[i]
		}
	}
	return had
}

// standsFor gives the Physical_Switch that a registered device stands for: the
// one of its name, or the only one of its database.
func (r *Registrations) standsFor(gd *GatewayDevice) string {
	var there []string
	for _, sw := range r.Switches(gd) {
		switch {
		case sw.Name == gd.Name:
			return gd.Name
		case !sw.Missing:
			there = append(there, sw.Name)
		}
	}
	if len(there) != 1 {
		return ""
	}
	return there[0]
}
