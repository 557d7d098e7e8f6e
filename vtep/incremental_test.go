package vtep_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// mirror keeps one State equal to a model database by the updates that a monitor would
// send.
type mirror struct {
	state *vtep.State
	rows  map[string]tuple
	texts map[string][]byte
}

func newMirror(d *database) *mirror {
	return &mirror{state: vtep.NewState(d.caps), rows: map[string]tuple{}, texts: map[string][]byte{}}
}

func (m *mirror) follow(t testing.TB, d *database) {
	rows, texts := map[string]tuple{}, map[string][]byte{}
	for _, u := range d.tuples(func(id ovsdb.UUID) any { return []any{"uuid", id.String()} }) {
		text, err := json.Marshal(u.row)
		require.NoError(t, err)
		key := u.table + u.id.String()
		rows[key], texts[key] = u, text
		old, had := m.texts[key]
		kind := ovsdb.KindModify
		if !had {
			kind = ovsdb.KindInsert
		}
		if !bytes.Equal(old, text) {
			require.NoError(t, m.state.Update(ovsdb.RowUpdate{Table: u.table, UUID: u.id, Kind: kind, Row: text}))
		}
	}
	for key, u := range m.rows {
		if _, stays := rows[key]; !stays {
			require.NoError(t, m.state.Update(ovsdb.RowUpdate{Table: u.table, UUID: u.id, Kind: ovsdb.KindDelete}))
		}
	}
	m.rows, m.texts = rows, texts
}

// requireSynced takes an empty plan up.
func requireSynced(t testing.TB, planner *vtep.Planner, want *vtep.Want, have *vtep.State) {
	plan := planner.Plan(want, have)
	require.Empty(t, plan.Ops)
	planner.Confirm(plan, have)
}

// incrementally is a run in which plans are made, taken up or not, and carried out in part, while
// Wants and rows change.
type incrementally struct {
	*rand.Rand
	t       *testing.T
	d       *database
	m       *mirror
	planner *vtep.Planner
	want    *vtep.Want
	// parts counts the incremental plans, reasons the problems that they had.
	parts   int
	reasons map[vtep.Reason]int
}

func (r *incrementally) round(name string) {
	r.m.follow(r.t, r.d)
	full, plan := vtep.Diff(r.want, r.m.state), r.planner.Plan(r.want, r.m.state)
	require.Equal(r.t, full.String(), plan.String(), name)
	require.Equal(r.t, full.Problems, plan.Problems, name)
	if plan.Incremental() {
		r.parts++
		for _, p := range plan.Problems {
			r.reasons[p.Reason]++
		}
	}
	if r.IntN(4) == 0 {
		return // not taken up: it is made again, or another one
	}
	r.planner.Confirm(plan, r.m.state)
	refused := map[string]bool{}
	for i := range full.Ops {
		op := &full.Ops[i]
		if refused[op.LogicalSwitch] = refused[op.LogicalSwitch] || r.IntN(12) == 0; !refused[op.LogicalSwitch] {
			r.d.apply(r.t, op)
		}
	}
}

// TestIncrementalPlanIsDiff: an incremental plan equals a full one, whatever happened in
// between: plans carried out in part, refused and not taken up, out-of-band changes, new sessions, and
// new Wants that share segments with the one before.
func TestIncrementalPlanIsDiff(t *testing.T) {
	parts, reasons := 0, map[vtep.Reason]int{}
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		r := &incrementally{Rand: rnd, t: t, planner: &vtep.Planner{}, want: parseWant(t, randomWant(rnd)), reasons: reasons}
		r.d = parseDatabase(t, capsOf(t, pick(rnd, "1.3.0", "1.7.0")), rnd, randomHave(rnd))
		r.m = newMirror(r.d)
		for round := range 40 {
			switch r.IntN(5) {
			case 0, 1:
				r.want = successor(t, rnd, r.want)
			case 2, 3:
				meddle(t, rnd, r.d)
			}
			if r.IntN(30) == 0 {
				r.m, r.planner = newMirror(r.d), &vtep.Planner{} // a new session
			}
			r.round(fmt.Sprintf("seed %d round %d", seed, round))
		}
		parts += r.parts
	}
	require.Greater(t, parts, 2000, "most plans are to be incremental")
	for _, reason := range []vtep.Reason{vtep.PortMissing, vtep.VLANTaken, vtep.VNITaken, vtep.NameTaken, vtep.AwaitingSwitch, vtep.TableFull} {
		require.Greater(t, reasons[reason], 20, reason)
	}
}

// TestCompareIsDiff: where a database holds what a Want asks for, another Want is compared with that one as with the
// database. Where it does not, nothing comes of comparing a Want with itself.
func TestCompareIsDiff(t *testing.T) {
	written := 0
	for seed := range uint64(2500) {
		r := rand.New(rand.NewPCG(seed, 9))
		was := parseWant(t, randomWant(r))
		d := parseDatabase(t, capsOf(t, pick(r, "1.3.0", "1.7.0")), r, randomHave(r))
		m := newMirror(d)
		m.follow(t, d)
		require.Empty(t, m.state.Compare(was, was).Ops, "%d", seed)
		for range 10 {
			plan := vtep.Diff(was, m.state)
			for i := range plan.Ops {
				d.apply(t, &plan.Ops[i])
			}
			m.follow(t, d)
		}
		last := vtep.Diff(was, m.state)
		want := successor(t, r, was)
		plan := m.state.Compare(was, want)
		if last.Empty() && len(last.Problems) == 0 { // what was a problem may be none for the other
			require.Equal(t, vtep.Diff(want, m.state).String(), plan.String(), seed)
			written += len(plan.Ops)
		}
	}
	require.Greater(t, written, 200)
}

// meddle is an external writer: it adds or deletes a row of any logical switch.
func meddle(t testing.TB, r *rand.Rand, d *database) {
	switch {
	case len(d.remote) > 0 && r.IntN(2) == 0:
		i := r.IntN(len(d.remote))
		d.remote = append(d.remote[:i:i], d.remote[i+1:]...)
	case len(d.remote) > 0 && r.IntN(3) == 0:
		d.remote[r.IntN(len(d.remote))].ip = pick(r, "", "10.9.0.1", "10.9.0.3")
	case len(d.flood) > 0 && r.IntN(2) == 0:
		i := r.IntN(len(d.flood))
		d.flood = append(d.flood[:i:i], d.flood[i+1:]...)
	case r.IntN(2) == 0:
		meddleWithBindings(r, d)
	case r.IntN(4) == 0:
		meddleWithSwitches(t, r, d)
	case len(d.ls) > 0:
		l := d.ls[r.IntN(len(d.ls))]
		d.parse(t, []string{"remote", l.name, randomMAC(r), randomIP(r), "ip", pick(r, "", "10.9.0.1")})
	default:
		d.parse(t, []string{"ls", fmt.Sprintf("x-%d", r.IntN(9)), "key", "7"})
	}
}

// meddleWithBindings binds a VLAN to anything, or unbinds it.
func meddleWithBindings(r *rand.Rand, d *database) {
	p := d.switches[0].ports[r.IntN(len(d.switches[0].ports))]
	vlan := 10 + r.IntN(3)
	if delete(p.vlans, vlan); len(d.ls) > 0 && r.IntN(3) > 0 {
		p.vlans[vlan] = d.ls[r.IntN(len(d.ls))]
	}
}

// meddleWithSwitches changes a logical switch, or adds one whose VNI or name is wanted, or a port.
func meddleWithSwitches(t testing.TB, r *rand.Rand, d *database) {
	switch n := r.IntN(5); {
	case n == 4 && len(d.ls) > 0:
		forget(d, d.ls[r.IntN(len(d.ls))])
	case n == 0:
		if name := pick(r, "x-1", "x-2", "net-a", "net-b"); d.logical(name) == nil {
			d.parse(t, []string{"ls", name, "key", fmt.Sprint(98 + r.IntN(6))})
		}
	case n == 1 && len(d.ls) > 0:
		l, key := d.ls[r.IntN(len(d.ls))], 98+r.IntN(6)
		if l.key = &key; r.IntN(3) == 0 {
			l.key = nil
		}
	case n == 2 && len(d.ls) > 0:
		l := d.ls[r.IntN(len(d.ls))]
		if l.config[vtep.MarkKey] = pick(r, "us", "them"); r.IntN(2) == 0 {
			delete(l.config, vtep.MarkKey)
		}
	case n == 3:
		s := d.switches[r.IntN(len(d.switches))]
		name := pick(r, "eth1", "eth2", "eth9")
		if i := slices.IndexFunc(s.ports, func(p *port) bool { return p.name == name }); i >= 0 && len(s.ports) > 1 {
			s.ports = slices.Delete(s.ports, i, i+1)
		} else if i < 0 {
			d.parse(t, []string{"port", s.name, name})
		}
	}
}

// forget deletes a logical switch with all that refers to it.
func forget(d *database, l *logicalSwitch) {
	of := func(m *mac) bool { return m.ls == l }
	ofGroup := func(g *group) bool { return g.ls == l }
	d.remote, d.local = slices.DeleteFunc(d.remote, of), slices.DeleteFunc(d.local, of)
	d.flood, d.floodLoc = slices.DeleteFunc(d.flood, ofGroup), slices.DeleteFunc(d.floodLoc, ofGroup)
	for _, s := range d.switches {
		for _, p := range s.ports {
			maps.DeleteFunc(p.vlans, func(_ int, to *logicalSwitch) bool { return to == l })
		}
	}
	d.ls = slices.DeleteFunc(d.ls, func(o *logicalSwitch) bool { return o == l })
}

// unreportedAt is a Want in which the switch with that address has not reported its
// local MACs yet.
func unreportedAt(t testing.TB, ip, text string) *vtep.Want {
	w := parseWant(t, text)
	for s := range w.Segments.All() {
		w.Segments = w.Segments.With(unreportedBy(t, s, ip))
	}
	return w
}

// MACs behind an unreported member stay. They go when that member leaves.
func TestIncrementalPlanWhenAnUnreportedMemberLeaves(t *testing.T) {
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, `
switch sw1 10.0.0.1
ls net-a key 100 config bordergw=us
remote net-a 02:00:00:00:00:01 10.0.0.2
flood net-a unknown-dst 10.0.0.2 10.0.0.3`)
	m, planner := newMirror(d), &vtep.Planner{}
	m.follow(t, d)
	was := unreportedAt(t, "10.0.0.2", "growonly\nsegment net-a 100\nflood net-a 10.0.0.2\nflood net-a 10.0.0.3")
	requireSynced(t, planner, was, m.state)
	now := parseWant(t, "growonly\nsegment net-a 100\nflood net-a 10.0.0.3")
	now.Segment("net-a").LogDelta(was.Segment("net-a"))
	require.Equal(t, vtep.Diff(now, m.state).String(), planner.Plan(now, m.state).String())
}

// A logical switch that turns out to be managed and unwanted is unbound first.
func TestIncrementalPlanWhenANameBecomesManaged(t *testing.T) {
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, `
switch sw1 10.0.0.1
port sw1 eth1
ls net-a key 100 config bordergw=us
ls net-x key 101 config bordergw=us
bind sw1 eth1 5 net-x`)
	m, planner := newMirror(d), &vtep.Planner{}
	m.follow(t, d)
	was := parseWant(t, "segment net-a 100")
	requireSynced(t, planner, was, m.state)
	now := parseWant(t, "segment net-a 100\nownership managed net-x")
	now.Segments = was.Segments
	require.Equal(t, vtep.Diff(now, m.state).String(), planner.Plan(now, m.state).String())
}

// An external writer may change a locator's tunnel key in place.
func TestIncrementalPlanWhenALocatorChanges(t *testing.T) {
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, `
switch sw1 10.0.0.1
ls net-a key 100 config bordergw=us
remote net-a 02:00:00:00:00:01 10.0.0.2`)
	m, planner := newMirror(d), &vtep.Planner{}
	m.follow(t, d)
	want := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:01 10.0.0.2")
	requireSynced(t, planner, want, m.state)
	d.locators["10.0.0.2"].key = 77
	m.follow(t, d)
	require.Equal(t, vtep.Diff(want, m.state).String(), planner.Plan(want, m.state).String())
}

// A switch reports at last, without a MAC that stands behind it: the MAC is lost. The
// incremental plan finds that although the segment has the same MACs.
func TestIncrementalPlanWhenASwitchReports(t *testing.T) {
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, `
switch sw1 10.0.0.1
ls net-a key 100 config bordergw=us
remote net-a 02:00:00:00:00:01 10.0.0.2
remote net-a 02:00:00:00:00:02 10.0.0.3
flood net-a unknown-dst 10.0.0.2 10.0.0.3`)
	m, planner := newMirror(d), &vtep.Planner{}
	m.follow(t, d)
	text := "growonly\nsegment net-a 100\nflood net-a 10.0.0.2\nflood net-a 10.0.0.3"
	was := parseWant(t, text)
	was.Segments = was.Segments.With(unreportedBy(t, was.Segment("net-a"), "10.0.0.2", "10.0.0.3"))
	requireSynced(t, planner, was, m.state)
	now := unreportedAt(t, "10.0.0.3", text)
	now.Segment("net-a").LogDelta(was.Segment("net-a"))
	require.Equal(t, "delete mac net-a 02:00:00:00:00:01\n", planner.Plan(now, m.state).String())
	require.Equal(t, vtep.Diff(now, m.state).String(), planner.Plan(now, m.state).String())
}
