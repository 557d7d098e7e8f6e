package model

import (
	"cmp"
	"slices"
	"time"
)

// Registrations tells which registered devices reach one switch database, by
// what was last seen of them. A switch has one wish, whoever reaches it: the
// first registered of the devices that share a database stands for all. It is
// immutable.
type Registrations struct {
	d *Definitions
	// shared are the devices that share a database, in the order of registration,
	// by the id of each.
	shared map[string][]*GatewayDevice
	// holders are the devices in whose database a switch is, or was last seen.
	holders map[string][]Holder
	// rows are the same by the row of the switch, where that is known.
	rows map[string][]Holder
	// named are the first registered devices of a name.
	named map[string]*GatewayDevice
}

// Holder is a device with what was last seen of one switch there.
type Holder struct {
	Device *GatewayDevice
	Switch *SwitchInventory
	seen   time.Time
}

// NewRegistrations looks at every device and switch once.
func NewRegistrations(d *Definitions) *Registrations {
	r := &Registrations{
		d: d, shared: map[string][]*GatewayDevice{}, holders: map[string][]Holder{}, rows: map[string][]Holder{},
		named: map[string]*GatewayDevice{},
	}
	for gd := range d.Devices.All() {
		if r.named[gd.Name] == nil {
			r.named[gd.Name] = gd
		}
		inv, ok := d.Inventories.Get(gd.ID)
		if !ok || !gd.Driven() {
			continue
		}
		for i := range inv.Switches {
			r.add(Holder{gd, &inv.Switches[i], inv.SeenAt})
		}
	}
	return r
}

func (r *Registrations) add(h Holder) {
	for _, o := range r.holders[h.Switch.Name] {
		if sharesDatabase(o, h) {
			r.join(o.Device, h.Device)
		}
	}
	r.holders[h.Switch.Name] = append(r.holders[h.Switch.Name], h)
	row := h.Switch.Fingerprint
	if row == "" {
		return
	}
	for _, o := range r.rows[row] {
		if sharesRow(o, h) {
			r.join(o.Device, h.Device)
		}
	}
	r.rows[row] = append(r.rows[row], h)
}

// sharesRow is sharesDatabase for a switch that has been renamed since one of the two
// devices was read. Copies of an image have the row in common, but no address.
func sharesRow(a, b Holder) bool {
	return a.Device.ProjectID == b.Device.ProjectID && !a.Switch.Missing && !b.Switch.Missing &&
		a.Switch.SameRow(b.Switch) && a.Switch.SharesTunnelIP(b.Switch)
}

// renamed reports whether another device has seen the switch since, under another name.
func (r *Registrations) renamed(h Holder) bool {
	return slices.ContainsFunc(r.rows[h.Switch.Fingerprint], func(o Holder) bool {
		return o.Switch.Name != h.Switch.Name && sharesRow(o, h) && o.seen.After(h.seen)
	})
}

// sharesDatabase reports whether two devices reach one database. Those of
// different projects never do: what a switch says of itself can be forged.
func sharesDatabase(a, b Holder) bool {
	return a.Device.ProjectID == b.Device.ProjectID && !a.Switch.Missing && !b.Switch.Missing && a.Switch.Resembles(b.Switch)
}

// join notes that two devices share a database, and so with all that each shares one.
func (r *Registrations) join(a, b *GatewayDevice) {
	all := slices.Concat(r.Sharing(a), r.Sharing(b))
	slices.SortFunc(all, func(a, b *GatewayDevice) int { return cmp.Compare(a.Seq, b.Seq) })
	all = slices.Compact(all)
	for _, gd := range all {
		r.shared[gd.ID] = all
	}
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
		if inv, ok := r.d.Inventories.Get(gd.ID); ok {
			return inv.Switches
		}
		return nil
	}
	for _, o := range all {
		inv, _ := r.d.Inventories.Get(o.ID)
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
		inv, _ := r.d.Inventories.Get(o.ID)
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
		gd, ok := r.d.Devices.Get(dev.DeviceID)
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
func (r *Registrations) announced(name string) *Holder {
	hs := slices.DeleteFunc(slices.Clone(r.holders[name]), r.renamed)
	for i := range hs {
		if !hs[i].Switch.Missing {
			return &hs[i]
		}
	}
	if len(hs) > 0 {
		return &hs[0]
	}
	return nil
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
