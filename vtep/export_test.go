package vtep

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// What the tests in package vtep_test need of the inside.

// Update applies one monitor update.
func (s *State) Update(u ovsdb.RowUpdate) error { return s.update(u) }

// Weight is that of all rows.
func (s *State) Weight() int { return s.size.sum }

// Limit replaces the bound on what is kept of a database, in bytes: it is reached sooner.
func (s *State) Limit(bytes int) { s.size.limit = bytes }

// Planner makes incremental plans on a State without a session.
type Planner struct{ s planner }

// Plan plans incrementally.
func (p *Planner) Plan(want *Want, have *State) *Plan { return p.s.plan(want, have, Incremental) }

// Confirm takes a plan up.
func (p *Planner) Confirm(plan *Plan, have *State) { p.s.confirm(plan, have) }

// Compare is that of a session.
func (s *State) Compare(was, want *Want) *Plan { return compare(was, want, s) }

// Locals is that of a session.
func (s *State) Locals(anew Anew, wanted func(string) bool) Locals { return s.local.take(anew, wanted) }

// Sweep begins one with slices of a weight.
func (p *Planner) Sweep(have *State, weight int) *Sweep {
	return newSweep(&replica{state: have}, &p.s, weight)
}

// Misremember has the planner believe that a Want was carried out.
func (p *Planner) Misremember(want *Want) { p.s.base = &made{want: want} }

// NoteNothing has a State forget what is dirty.
func (s *State) NoteNothing() {
	s.dirty = dirtySet{logical: &s.logical, changes: s.dirty.changes}
}

// ComparedMACs counts the MACs that an incremental plan compared one by one.
func (p *Plan) ComparedMACs() (n int) {
	for _, part := range p.made.where.parts {
		n += len(part.macs)
	}
	return n
}

// Compared counts the logical switches that an incremental plan compared.
func (p *Plan) Compared() int { return len(p.made.where.names) }

// Incremental reports whether a plan left anything out.
func (p *Plan) Incremental() bool { return p.made.where != nil }

// Row is the row an operation acts on.
func (o *Op) Row() ovsdb.UUID { return o.row }

// SchemaWithout is a schema with all that is monitored except for what is
// listed as "Table.column" or "Table".
func SchemaWithout(version string, missing ...string) *ovsdb.Schema {
	s := &ovsdb.Schema{Name: Database, Version: version, Tables: map[string]ovsdb.TableSchema{}}
	for table, columns := range monitored {
		if slices.Contains(missing, table) {
			continue
		}
		s.Tables[table] = ovsdb.TableSchema{Columns: map[string]ovsdb.ColumnSchema{}}
		for _, c := range columns {
			if !slices.Contains(missing, table+"."+c) {
				s.Tables[table].Columns[c] = ovsdb.ColumnSchema{}
			}
		}
	}
	return s
}

// Dump prints the session's State.
func (s *Session) Dump() string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.state.Dump()
}

// Large reports whether a push is one during which the server does not report inserts.
func (s *Session) Large(ops []Op) bool { return s.foreign.large(ops) }

// Resync is that part of Sync.
func (s *Session) Resync(ctx context.Context) error { return s.foreign.resync(ctx) }

// Pending counts the rows of which only the UUID is known.
func (s *Session) Pending() int { return len(s.foreign.pendingRows()) }

// Caps are the session's capabilities.
func (s *Session) Caps() Caps { return s.replica.state.caps }

// Dump prints a State in the notation of database_test.go, one row a line, in
// order of the text. Equal dumps mean the same rows by name.
func (s *State) Dump() string {
	var lines []string
	add := func(words ...string) { lines = append(lines, strings.Join(words, " ")+"\n") }
	for _, ps := range s.physical.switches {
		add(append([]string{"switch", ps.Name}, ps.TunnelIPs...)...)
		for _, ref := range ps.Ports {
			p := s.physical.ports.rows[mustUUID(ref)]
			add("port", ps.Name, p.Name)
			for vlan, ls := range s.physical.ports.vlans[mustUUID(ref)] {
				add("bind", ps.Name, p.Name, fmt.Sprint(vlan), s.dumpName(ls))
			}
		}
	}
	for _, ls := range s.logical.rows {
		add("ls", ls.Name+dumpColumns(ls))
	}
	for _, m := range s.floods.rows {
		add(append([]string{"flood", s.dumpName(m.LogicalSwitch), m.MAC}, s.dumpSet(m.LocatorSet)...)...)
	}
	for _, m := range s.local.floods {
		add(append([]string{"localflood", s.dumpName(m.LogicalSwitch), m.MAC}, s.dumpSet(m.LocatorSet)...)...)
	}
	s.remote.macs.dump(s, "remote", add)
	s.local.macs.dump(s, "local", add)
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func dumpColumns(ls *hwvtep.LogicalSwitch) string {
	var b strings.Builder
	if ls.TunnelKey != nil {
		fmt.Fprintf(&b, " key %d", *ls.TunnelKey)
	}
	if ls.ReplicationMode != nil {
		fmt.Fprintf(&b, " mode %s", *ls.ReplicationMode)
	}
	if ls.Description != "" {
		fmt.Fprintf(&b, " description %s", ls.Description)
	}
	for _, k := range slices.Sorted(maps.Keys(ls.OtherConfig)) {
		fmt.Fprintf(&b, " config %s=%s", k, ls.OtherConfig[k])
	}
	return b.String()
}

func (t *macTable) dump(s *State, word string, add func(...string)) {
	for _, k := range t.rows {
		row := t.byLS[k.ls][k.mac]
		add(append([]string{word, s.dumpName(k.ls.String()), k.mac.String(), s.dumpLocator(row.locator)}, dumpIP(row.ip)...)...)
	}
	for _, e := range t.extra {
		mac := e.mac.String()
		if e.bad {
			mac = "bad"
		}
		add(append([]string{word, s.dumpName(e.ls.String()), mac, s.dumpLocator(e.locator)}, dumpIP(e.ip)...)...)
	}
}

func dumpIP(ip model.IPv4) []string {
	if ip == (model.IPv4{}) {
		return nil
	}
	return []string{"ip", ip.String()}
}

func (s *State) dumpName(ls string) string { return s.logical.rows[mustUUID(ls)].Name }

func (s *State) dumpLocator(id ovsdb.UUID) string {
	row := s.locators.rows[id]
	if row.TunnelKey != nil {
		return fmt.Sprintf("%s#%d", row.DstIP, *row.TunnelKey)
	}
	return row.DstIP
}

func (s *State) dumpSet(id string) []string {
	var out []string
	for _, ref := range s.locators.sets[mustUUID(id)].Locators {
		out = append(out, s.dumpLocator(mustUUID(ref)))
	}
	slices.Sort(out)
	return out
}

func mustUUID(s string) ovsdb.UUID {
	id, err := ovsdb.ParseUUID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// Received counts the bytes that the switch has sent.
func (s *Session) Received() uint64 { return s.conn.Stats().BytesIn }

// Forget has the session not know a remote MAC.
func (s *Session) Forget(ls string, mac model.MAC) {
	s.replica.state.remote.macs.remove(s.remote(ls, mac).uuid)
}

// MostAsked is how many rows a question reads at most.
func (v *Survey) MostAsked() (most int) {
	tables := v.session.replica.state.surveyed().byName
	for _, q := range v.rest {
		n := 0
		for _, p := range q {
			if n += len(p.rows); p.rows == nil && !p.bare {
				n += tables[p.table].len()
			}
		}
		most = max(most, n)
	}
	return most
}

// Redescribe has it know another description of a logical switch.
func (s *Session) Redescribe(name string) {
	t := &s.replica.state.logical
	row := *t.named(name)
	row.Description += "x"
	t.rows[t.byName[name]] = &row
}

// ForgetSwitch has it not know a logical switch.
func (s *Session) ForgetSwitch(name string) {
	t := &s.replica.state.logical
	delete(t.rows, t.byName[name])
}

// Invent has it know one that is not there.
func (s *Session) Invent(ls string, mac model.MAC) {
	s.replica.state.remote.macs.insert(ovsdb.UUID{1}, macExtra{ls: s.replica.state.logical.byName[ls], mac: mac})
}

// Misplace has it know one elsewhere.
func (s *Session) Misplace(ls string, mac model.MAC) {
	id := s.remote(ls, mac).uuid
	s.replica.state.remote.macs.remove(id)
	s.replica.state.remote.macs.insert(id, macExtra{ls: s.replica.state.logical.byName[ls], mac: mac, locator: ovsdb.UUID{2}})
}

func (s *Session) remote(ls string, mac model.MAC) macRow {
	return s.replica.state.remote.macs.byLS[s.replica.state.logical.byName[ls]][mac]
}

// print prints what is dirty.
func (t *dirtySet) print() string {
	lines := []string{fmt.Sprint(t.all, t.tunnels, t.changes)}
	for name, rows := range t.names {
		lines = append(lines, fmt.Sprint(name, *rows))
	}
	for slot := range t.slots {
		lines = append(lines, fmt.Sprint(slot))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Dirty prints what an Incremental plan would look at.
func (s *Session) Dirty() string {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return fmt.Sprint(s.planner.base != nil) + s.replica.state.dirty.print()
}
