package vtep_test

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// database is a hardware_vtep database as plain records that point at each
// other. It is read from text, one record a line:
//
//	switch NAME [IP...]
//	port SWITCH NAME
//	bind SWITCH PORT VLAN LS
//	ls NAME [key N] [mode M] [description WORD] [config KEY=VALUE]...
//	remote|local LS MAC LOCATOR
//	flood|localflood LS GROUP LOCATOR...
//
// A LOCATOR is IP or IP#KEY and springs up when it is named.
type database struct {
	caps     vtep.Caps
	rng      *rand.Rand // nil: UUIDs count up
	count    uint64
	switches []*physicalSwitch
	ls       []*logicalSwitch
	locators map[string]*locator
	remote   []*mac
	local    []*mac
	flood    []*group
	floodLoc []*group
}

type physicalSwitch struct {
	id    ovsdb.UUID
	name  string
	ips   []string
	ports []*port
}

type port struct {
	id    ovsdb.UUID
	name  string
	vlans map[int]*logicalSwitch
}

type logicalSwitch struct {
	id                      ovsdb.UUID
	name, description, mode string
	key                     *int
	config                  map[string]string
}

type locator struct {
	id  ovsdb.UUID
	ip  string
	key int
}

type mac struct {
	id  ovsdb.UUID
	mac string
	ls  *logicalSwitch
	at  *locator
}

type group struct {
	id, set ovsdb.UUID
	mac     string
	ls      *logicalSwitch
	members []*locator
}

func capsOf(t testing.TB, version string) vtep.Caps {
	var missing []string
	for since, column := range map[string]string{
		"1.5.0": "Physical_Locator.tunnel_key", "1.5.1": "Logical_Switch.other_config", "1.6.0": "Logical_Switch.replication_mode",
	} {
		if version < since {
			missing = append(missing, column)
		}
	}
	c, err := vtep.NewCaps(vtep.SchemaWithout(version, missing...))
	require.NoError(t, err)
	return c
}

func parseDatabase(t testing.TB, caps vtep.Caps, rng *rand.Rand, text string) *database {
	d := &database{caps: caps, rng: rng, locators: map[string]*locator{}}
	lines := strings.Split(text, "\n")
	// What others refer to comes first, whatever the order of the text.
	for _, words := range [][]string{{"switch", "ls"}, {"port"}, {"bind", "remote", "local", "flood", "localflood"}} {
		for _, line := range lines {
			if f := strings.Fields(line); len(f) > 0 && slices.Contains(words, f[0]) {
				d.parse(t, f)
			}
		}
	}
	return d
}

func (d *database) parse(t testing.TB, f []string) {
	switch f[0] {
	case "switch":
		d.switches = append(d.switches, &physicalSwitch{id: d.uuid(), name: f[1], ips: f[2:]})
	case "port":
		s := d.physical(f[1])
		s.ports = append(s.ports, &port{id: d.uuid(), name: f[2], vlans: map[int]*logicalSwitch{}})
	case "bind":
		d.port(f[1], f[2]).vlans[number(t, f[3])] = d.logical(f[4])
	case "ls":
		d.parseLogical(t, f)
	case "remote":
		d.remote = append(d.remote, &mac{d.uuid(), f[2], d.logical(f[1]), d.locator(f[3])})
	case "local":
		d.local = append(d.local, &mac{d.uuid(), f[2], d.logical(f[1]), d.locator(f[3])})
	case "flood":
		d.flood = append(d.flood, d.group(f))
	case "localflood":
		d.floodLoc = append(d.floodLoc, d.group(f))
	}
}

func (d *database) group(f []string) *group {
	g := &group{id: d.uuid(), set: d.uuid(), mac: f[2], ls: d.logical(f[1])}
	for _, l := range f[3:] {
		g.members = append(g.members, d.locator(l))
	}
	return g
}

func (d *database) parseLogical(t testing.TB, f []string) {
	l := &logicalSwitch{id: d.uuid(), name: f[1], config: map[string]string{}}
	for i := 2; i+1 < len(f); i += 2 {
		switch f[i] {
		case "key":
			n := number(t, f[i+1])
			l.key = &n
		case "mode":
			l.mode = f[i+1]
		case "description":
			l.description = f[i+1]
		case "config":
			k, v, _ := strings.Cut(f[i+1], "=")
			l.config[k] = v
		default:
			require.Fail(t, "bad line", "%v", f)
		}
	}
	d.ls = append(d.ls, l)
}

func number(t testing.TB, s string) int {
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

func (d *database) uuid() (id ovsdb.UUID) {
	d.count++
	if d.rng != nil {
		binary.BigEndian.PutUint64(id[:], d.rng.Uint64())
	}
	binary.BigEndian.PutUint64(id[8:], d.count)
	return id
}

func (d *database) physical(name string) *physicalSwitch {
	return d.switches[slices.IndexFunc(d.switches, func(s *physicalSwitch) bool { return s.name == name })]
}

func (d *database) port(sw, name string) *port {
	for _, p := range d.physical(sw).ports {
		if p.name == name {
			return p
		}
	}
	return nil
}

func (d *database) logical(name string) *logicalSwitch {
	if i := slices.IndexFunc(d.ls, func(l *logicalSwitch) bool { return l.name == name }); i >= 0 {
		return d.ls[i]
	}
	return nil
}

func (d *database) locator(text string) *locator {
	if d.locators[text] == nil {
		ip, key, _ := strings.Cut(text, "#")
		n, _ := strconv.Atoi(key)
		d.locators[text] = &locator{id: d.uuid(), ip: ip, key: n}
	}
	return d.locators[text]
}

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
			out = append(out, tuple{table, m.id, map[string]any{"MAC": m.mac, "logical_switch": ref(m.ls.id), "locator": ref(m.at.id)}})
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
		d.remote = append(d.remote, &mac{d.uuid(), op.MAC.String(), l, d.locator(op.Locator.String())})
	case vtep.MoveMAC:
		i := slices.IndexFunc(d.remote, func(m *mac) bool { return m.id == row })
		d.remote[i].at = d.locator(op.Locator.String())
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

// of are the lines of a dump that concern a logical switch, sorted.
func of(dump, ls string) (out []string) {
	for line := range strings.Lines(dump) {
		f := strings.Fields(line)
		if f[0] == "bind" && f[4] == ls || f[0] != "bind" && f[0] != "switch" && f[0] != "port" && f[1] == ls {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}
