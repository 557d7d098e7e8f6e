package vtep

import (
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// bindings compares the VLAN bindings of all ports.
func (d *differ) bindings() {
	keep := map[Binding]bool{}
	for i := range d.want.Bindings {
		if b := &d.want.Bindings[i]; d.realised[b.LogicalSwitch] {
			keep[b.key()] = d.bind(b)
		}
	}
	d.unbind(keep)
}

// bind makes one wanted binding stand, unless its port is missing or a foreign
// logical switch has the VLAN. It reports whether what is bound now may stay
// until then: a VLAN leaves a logical switch that goes before that goes, and
// moves between two that stay in one step.
func (d *differ) bind(b *Binding) (keep bool) {
	id, port := d.have.physical.portOf(b.Switch, b.Port)
	if port == nil {
		d.problem(PortMissing, b.LogicalSwitch, b, "port %s of switch %s not found", b.Port, b.Switch)
		return false
	}
	current, taken := d.bound(port, b)
	op := Op{Kind: Bind, LogicalSwitch: b.LogicalSwitch, Detail: &Detail{Binding: *b}, row: id, ls: d.have.logical.byName[b.LogicalSwitch]}
	switch {
	case taken && current == b.LogicalSwitch:
		return true
	case taken && (d.realised[current] || d.held[current]):
		op.Kind, op.Detail.From, op.Detail.from = Rebind, current, d.have.logical.byName[current]
	case taken && !d.oursByName(current):
		d.problem(VLANTaken, b.LogicalSwitch, b, "VLAN %s of port %s on switch %s is bound to logical switch %s, which is unmanaged",
			b.VLAN, b.Port, b.Switch, current)
		return true
	}
	d.binds = append(d.binds, op)
	return op.Kind == Rebind
}

// bound names the logical switch that has a binding's VLAN.
func (d *differ) bound(port *hwvtep.PhysicalPort, b *Binding) (string, bool) {
	ref, ok := port.VLANBindings[int(b.VLAN)]
	if !ok {
		return "", false
	}
	return d.lsName(ref), true
}

func (d *differ) lsName(ref string) string {
	id, err := ovsdb.ParseUUID(ref)
	if row := d.have.logical.rows[id]; err == nil && row != nil {
		return row.Name
	}
	return ref
}

func (d *differ) oursByName(name string) bool {
	return d.realised[name] || d.held[name] || d.removed[d.have.logical.byName[name]]
}

// unbind removes the unwanted bindings of managed logical switches. A VLAN that is
// wanted for another managed logical switch is rebound instead.
func (d *differ) unbind(keep map[Binding]bool) {
	var found []Op
	for _, ps := range d.have.physical.switches {
		for _, ref := range ps.Ports {
			id, err := ovsdb.ParseUUID(ref)
			if err == nil && d.have.physical.ports[id] != nil {
				found = append(found, d.unbindPort(ps.Name, id, keep)...)
			}
		}
	}
	slices.SortFunc(found, func(a, b Op) int { return a.Detail.Binding.Compare(b.Detail.Binding) })
	d.unbinds = append(d.unbinds, found...)
}

func (d *differ) unbindPort(sw string, id ovsdb.UUID, keep map[Binding]bool) (ops []Op) {
	port := d.have.physical.ports[id]
	for _, vlan := range slices.Sorted(maps.Keys(port.VLANBindings)) {
		name := d.lsName(port.VLANBindings[vlan])
		b := Binding{Switch: sw, Port: port.Name, VLAN: model.VLAN(vlan), LogicalSwitch: name}
		if keep[b.key()] || !d.oursByName(name) || d.held[name] && d.want.Binds(b) {
			continue
		}
		ops = append(ops, Op{Kind: Unbind, LogicalSwitch: name, Detail: &Detail{Binding: b}, row: id, ls: d.have.logical.byName[name]})
	}
	return ops
}
