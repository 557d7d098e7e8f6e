package vtep

import (
	"strings"

	"bordergw/vtep/ovsdb"
)

// slot compares what is bound at a VLAN of a port. An unwanted binding of a managed logical
// switch goes. A VLAN that is wanted for another managed logical switch is rebound instead.
func (d *differ) slot(s Slot) {
	ls, wanted := d.want.Bindings.At(s)
	b := s.to(ls)
	if wanted && d.stands(ls) && d.joined(&b) && d.bind(&b) {
		return
	}
	for _, id := range d.have.physical.portsAt(s.at()) {
		d.unbind(s, id)
	}
}

// joined reports whether the other end of a cable can be bound too, if the binding is at one end. If not, neither
// is: what an external writer has bound at the other end would be joined to the network.
func (d *differ) joined(b *Binding) bool {
	end, cabled := d.want.Cable.end(b.Slot())
	ls, wanted := d.want.Bindings.At(end)
	if !cabled || !wanted || strings.TrimSuffix(ls, BorderSuffix) != strings.TrimSuffix(b.LogicalSwitch, BorderSuffix) {
		return true
	}
	other := end.to(ls)
	id, port := d.have.physical.portOf(end.Switch, end.Port)
	current, taken := d.bound(id, &other)
	if port != nil && d.stands(ls) && (!taken || d.oursByName(current)) {
		return true
	}
	d.problem(VLANTaken, b.LogicalSwitch, b, "VLAN %s of port %s on switch %s is not bound, as the other end of the cable, port %s, can not be",
		b.VLAN, b.Port, b.Switch, end.Port)
	return false
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
	current, taken := d.bound(id, b)
	op := Op{Kind: Bind, LogicalSwitch: b.LogicalSwitch, Detail: &Detail{Binding: *b}, row: id, ls: d.have.logical.byName[b.LogicalSwitch]}
	switch {
	case taken && current == b.LogicalSwitch:
		return true
	case taken && (d.stands(current) || d.held[current]):
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
func (d *differ) bound(port ovsdb.UUID, b *Binding) (string, bool) {
	ref, ok := d.have.physical.ports.vlans[port][int(b.VLAN)]
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
	return d.stands(name) || d.held[name] || d.removed[d.have.logical.byName[name]]
}

// unbind removes what a port has bound to a managed logical switch, unless that is wanted and
// can not be synced now.
func (d *differ) unbind(s Slot, id ovsdb.UUID) {
	ref, bound := d.have.physical.ports.vlans[id][int(s.VLAN)]
	if !bound {
		return
	}
	name := d.lsName(ref)
	b := s.to(name)
	if !d.oursByName(name) || d.held[name] && d.want.Bindings.Has(b) {
		return
	}
	d.unbinds = append(d.unbinds, Op{Kind: Unbind, LogicalSwitch: name, Detail: &Detail{Binding: b}, row: id, ls: d.have.logical.byName[name]})
}
