package vtep_test

import (
	"slices"
	"testing"

	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// apply does what an operation says. It is the oracle's idea of Apply.
func (d *database) apply(t testing.TB, op *vtep.Op) {
	l, row := d.logical(op.LogicalSwitch), op.Row()
	switch op.Kind {
	case vtep.AddLogicalSwitch:
		require.Nil(t, l, "name %s is unique", op.LogicalSwitch)
		l = &logicalSwitch{id: d.uuid(), name: op.LogicalSwitch, config: map[string]string{}}
		d.ls = append(d.ls, l)
		l.set(op.Detail.Switch)
	case vtep.SetLogicalSwitch:
		l.set(op.Detail.Switch)
	case vtep.DeleteLogicalSwitch:
		require.NotContains(t, d.users(), l, "%s is still referred to", op.LogicalSwitch)
		d.ls = slices.DeleteFunc(d.ls, func(x *logicalSwitch) bool { return x == l })
	case vtep.AddMAC:
		d.remote = append(d.remote, &mac{d.uuid(), op.MAC.String(), l, d.locator(op.Locator.String()), op.IP.String()})
	case vtep.MoveMAC:
		i := slices.IndexFunc(d.remote, func(m *mac) bool { return m.id == row })
		d.remote[i].at = d.locator(op.Locator.String())
		d.remote[i].ip = op.IP.String()
	case vtep.DeleteMAC:
		d.remote = slices.DeleteFunc(d.remote, func(m *mac) bool { return m.id == row })
	case vtep.ClearMACs:
		d.remote = slices.DeleteFunc(d.remote, func(m *mac) bool { return m.ls == l })
		d.flood = slices.DeleteFunc(d.flood, func(g *group) bool { return g.ls == l })
	case vtep.SetFlood:
		d.setFlood(l, op)
	case vtep.DeleteFlood:
		d.flood = slices.DeleteFunc(d.flood, func(g *group) bool { return g.id == row })
	default:
		d.bind(op)
	}
}

func (l *logicalSwitch) set(r *vtep.LogicalSwitchRow) {
	if r.Description != nil {
		l.description = *r.Description
	}
	if r.TunnelKey != nil && *r.TunnelKey == 0 {
		l.key = nil
	} else if r.TunnelKey != nil {
		n := int(*r.TunnelKey)
		l.key = &n
	}
	if r.ReplicationMode != nil {
		l.mode = *r.ReplicationMode
	}
	if r.Mark != nil {
		l.config[vtep.MarkKey] = *r.Mark
	}
}

func (d *database) setFlood(l *logicalSwitch, op *vtep.Op) {
	words := []string{"flood", l.name, vtep.UnknownDst}
	for _, m := range op.Detail.Flood {
		words = append(words, m.String())
	}
	g := d.group(words)
	if op.Row() != (ovsdb.UUID{}) {
		g.id = op.Row()
		d.flood = slices.DeleteFunc(d.flood, func(o *group) bool { return o.id == g.id })
	}
	d.flood = append(d.flood, g)
}

func (d *database) bind(op *vtep.Op) {
	b := op.Detail.Binding
	vlans, vlan, l := d.port(b.Switch, b.Port).vlans, int(b.VLAN), d.logical(b.LogicalSwitch)
	leaves := map[vtep.OpKind]*logicalSwitch{vtep.Unbind: l, vtep.Rebind: d.logical(op.Detail.From)}[op.Kind]
	if leaves != nil && vlans[vlan] == leaves {
		delete(vlans, vlan)
	}
	if op.Kind != vtep.Unbind && vlans[vlan] == nil {
		vlans[vlan] = l
	}
}

// users lists the logical switches that a row refers to.
func (d *database) users() (out []*logicalSwitch) {
	for _, s := range d.switches {
		for _, p := range s.ports {
			for _, l := range p.vlans {
				out = append(out, l)
			}
		}
	}
	for _, m := range slices.Concat(d.remote, d.local) {
		out = append(out, m.ls)
	}
	for _, g := range slices.Concat(d.flood, d.floodLoc) {
		out = append(out, g.ls)
	}
	return out
}
