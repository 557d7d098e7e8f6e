package model_test

import (
	"cmp"
	"slices"
	"time"

	"bordergw/model"
)

// oracle is what Registrations says, found by comparing every two switches of a name or
// of a row.
type oracle struct {
	d       *model.Definitions
	shared  map[string][]*model.GatewayDevice
	holders map[string][]seenHolder
	rows    map[string][]seenHolder
	named   map[string]*model.GatewayDevice
}

type seenHolder struct {
	Device *model.GatewayDevice
	Switch *model.SwitchInventory
	seen   time.Time
}

// newOracle looks at every device and switch once.
func newOracle(d *model.Definitions) *oracle {
	r := &oracle{
		d: d, shared: map[string][]*model.GatewayDevice{}, holders: map[string][]seenHolder{}, rows: map[string][]seenHolder{},
		named: map[string]*model.GatewayDevice{},
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
			r.add(seenHolder{gd, &inv.Switches[i], inv.SeenAt})
		}
	}
	return r
}

func (r *oracle) add(h seenHolder) {
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
func sharesRow(a, b seenHolder) bool {
	return a.Device.ProjectID == b.Device.ProjectID && !a.Switch.Missing && !b.Switch.Missing &&
		a.Switch.SameRow(b.Switch) && a.Switch.SharesTunnelIP(b.Switch)
}

// renamed reports whether another device has seen the switch since, under another name.
func (r *oracle) renamed(h seenHolder) bool {
	return slices.ContainsFunc(r.rows[h.Switch.Fingerprint], func(o seenHolder) bool {
		return o.Switch.Name != h.Switch.Name && sharesRow(o, h) && o.seen.After(h.seen)
	})
}

// sharesDatabase reports whether two devices reach one database. Those of
// different projects never do: what a switch says of itself can be forged.
func sharesDatabase(a, b seenHolder) bool {
	return a.Device.ProjectID == b.Device.ProjectID && !a.Switch.Missing && !b.Switch.Missing && a.Switch.Resembles(b.Switch)
}

// join notes that two devices share a database, and so with all that each shares one.
func (r *oracle) join(a, b *model.GatewayDevice) {
	all := slices.Concat(r.Sharing(a), r.Sharing(b))
	slices.SortFunc(all, func(a, b *model.GatewayDevice) int { return cmp.Compare(a.Seq, b.Seq) })
	all = slices.Compact(all)
	for _, gd := range all {
		r.shared[gd.ID] = all
	}
}

// Sharing lists the devices that reach the device's database, itself included,
// the first registered first.
func (r *oracle) Sharing(gd *model.GatewayDevice) []*model.GatewayDevice {
	if all := r.shared[gd.ID]; all != nil {
		return all
	}
	return []*model.GatewayDevice{gd}
}

// First is the device that stands for the database that a device reaches.
func (r *oracle) First(gd *model.GatewayDevice) *model.GatewayDevice { return r.Sharing(gd)[0] }

// Holders lists the devices that have, or had, a switch of that name.
func (r *oracle) Holders(name string) []seenHolder { return r.holders[name] }

// Switches gives what was last seen of the database that a device reaches, over
// whichever way that was.
func (r *oracle) Switches(gd *model.GatewayDevice) (out []model.SwitchInventory) {
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
			if r.renamed(seenHolder{o, &inv.Switches[i], inv.SeenAt}) {
				continue
			}
			if !slices.ContainsFunc(out, func(s model.SwitchInventory) bool { return s.Name == name }) {
				out = append(out, *r.Switch(gd, name))
			}
		}
	}
	return out
}

// Switch gives what was last seen of one switch of a device's database, nil if it
// was not.
func (r *oracle) Switch(gd *model.GatewayDevice, name string) (latest *model.SwitchInventory) {
	var from *model.Inventory
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
func (r *oracle) Resolve(dev *model.Device) (model.Place, bool) {
	if dev.DeviceID != "" {
		gd, ok := r.d.Devices.Get(dev.DeviceID)
		if !ok {
			return model.Place{}, false
		}
		return model.Place{Device: r.First(gd), Switch: r.standsFor(gd)}, true
	}
	if dev.DeviceName == "" {
		return model.Place{}, false
	}
	if h := r.announced(dev.DeviceName); h != nil {
		return model.Place{Device: r.First(h.Device), Switch: dev.DeviceName}, true
	}
	gd := r.named[dev.DeviceName]
	if gd == nil {
		return model.Place{}, false
	}
	return model.Place{Device: r.First(gd), Switch: r.standsFor(gd)}, true
}

// announced finds the database that has a switch, else the one that had it.
func (r *oracle) announced(name string) *seenHolder {
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
func (r *oracle) standsFor(gd *model.GatewayDevice) string {
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
