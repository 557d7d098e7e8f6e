package vtep_test

import (
	"encoding/json"
	"strings"
	"testing"

	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// tuple is a row on the wire. Columns that the schema lacks are left out.
type tuple struct {
	table string
	id    ovsdb.UUID
	row   map[string]any
}

type refer func(ovsdb.UUID) any

func list(kind string, members []any) any {
	if members == nil {
		members = []any{}
	}
	return []any{kind, members}
}

// tuples are all rows; ref says how they refer to each other.
func (d *database) tuples(ref refer) (out []tuple) {
	add := func(table string, id ovsdb.UUID, row map[string]any) { out = append(out, tuple{table, id, row}) }
	for _, s := range d.switches {
		var ips, ports []any
		for _, ip := range s.ips {
			ips = append(ips, ip)
		}
		for _, p := range s.ports {
			var pairs []any
			for vlan, ls := range p.vlans {
				pairs = append(pairs, []any{vlan, ref(ls.id)})
			}
			ports = append(ports, ref(p.id))
			add("Physical_Port", p.id, map[string]any{"name": p.name, "vlan_bindings": list("map", pairs)})
		}
		add("Physical_Switch", s.id, map[string]any{"name": s.name, "tunnel_ips": list("set", ips), "ports": list("set", ports)})
	}
	for _, l := range d.ls {
		add("Logical_Switch", l.id, d.logicalRow(l))
	}
	for _, l := range d.locators {
		row := map[string]any{"encapsulation_type": "vxlan_over_ipv4", "dst_ip": l.ip}
		if l.key != 0 {
			row["tunnel_key"] = l.key
		}
		add("Physical_Locator", l.id, row)
	}
	return append(out, d.macTuples(ref)...)
}

func (d *database) logicalRow(l *logicalSwitch) map[string]any {
	row := map[string]any{"name": l.name, "description": l.description}
	if l.key != nil {
		row["tunnel_key"] = *l.key
	}
	if l.mode != "" && d.caps.ReplicationMode {
		row["replication_mode"] = l.mode
	}
	if d.caps.OtherConfig {
		var pairs []any
		for k, v := range l.config {
			pairs = append(pairs, []any{k, v})
		}
		row["other_config"] = list("map", pairs)
	}
	return row
}

func (d *database) macTuples(ref refer) (out []tuple) {
	for table, rows := range map[string][]*mac{"Ucast_Macs_Remote": d.remote, "Ucast_Macs_Local": d.local} {
		for _, m := range rows {
			out = append(out, tuple{table, m.id, map[string]any{"MAC": m.mac, "logical_switch": ref(m.ls.id), "locator": ref(m.at.id), "ipaddr": m.ip}})
		}
	}
	for table, rows := range map[string][]*group{"Mcast_Macs_Remote": d.flood, "Mcast_Macs_Local": d.floodLoc} {
		for _, g := range rows {
			var members []any
			for _, l := range g.members {
				members = append(members, ref(l.id))
			}
			out = append(out,
				tuple{"Physical_Locator_Set", g.set, map[string]any{"locators": list("set", members)}},
				tuple{table, g.id, map[string]any{"MAC": g.mac, "logical_switch": ref(g.ls.id), "locator_set": ref(g.set)}})
		}
	}
	return out
}

// state is the database as a session would have read it, in any order.
func (d *database) state(t testing.TB) *vtep.State {
	s := vtep.NewState(d.caps)
	tuples := d.tuples(func(id ovsdb.UUID) any { return []any{"uuid", id.String()} })
	if d.rng != nil {
		d.rng.Shuffle(len(tuples), func(i, j int) { tuples[i], tuples[j] = tuples[j], tuples[i] })
	}
	for _, u := range tuples {
		row, err := json.Marshal(u.row)
		require.NoError(t, err)
		require.NoError(t, s.Update(ovsdb.RowUpdate{Table: u.table, UUID: u.id, Kind: ovsdb.KindInitial, Row: row}))
	}
	return s
}

// inserts is one transaction that fills an empty server.
func (d *database) inserts(t testing.TB) string {
	name := func(id ovsdb.UUID) string { return "r" + strings.ReplaceAll(id.String(), "-", "_") }
	ref := func(id ovsdb.UUID) any { return []any{"named-uuid", name(id)} }
	var ops, switches []any
	for _, u := range d.tuples(ref) {
		ops = append(ops, map[string]any{"op": "insert", "table": u.table, "uuid-name": name(u.id), "row": u.row})
	}
	for _, s := range d.switches {
		switches = append(switches, ref(s.id))
	}
	ops = append(ops, map[string]any{"op": "insert", "table": "Global", "row": map[string]any{"switches": list("set", switches)}})
	text, err := json.Marshal(ops)
	require.NoError(t, err)
	return string(text)
}
