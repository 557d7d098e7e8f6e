package vtep_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"
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

// TestIncrementalPlanIsDiff: an incremental plan equals a full one, whatever happened in
// between: plans carried out in part, out-of-band changes, and new Wants that share
// segments with the one before.
func TestIncrementalPlanIsDiff(t *testing.T) {
	shortcuts := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		d := parseDatabase(t, capsOf(t, "1.7.0"), r, randomHave(r))
		m, planner, want := newMirror(d), &vtep.Planner{}, parseWant(t, randomWant(r))
		for round := range 30 {
			m.follow(t, d)
			full, incremental := vtep.Diff(want, m.state), planner.Plan(want, m.state)
			require.Equal(t, full.String(), incremental.String(), "seed %d round %d", seed, round)
			if full.Empty() {
				shortcuts++
			}
			switch r.IntN(4) {
			case 0:
				want = successor(t, r, want)
			case 1:
				meddle(t, r, d)
			default:
				for i := range full.Ops {
					d.apply(t, &full.Ops[i])
				}
			}
		}
	}
	require.Greater(t, shortcuts, 500, "the database is hardly ever in sync, so that no plan is incremental")
}

// successor is another Want in which some segments are those of the last.
func successor(t testing.TB, r *rand.Rand, last *vtep.Want) *vtep.Want {
	next := parseWant(t, randomWant(r))
	if r.IntN(2) == 0 {
		same := *last
		same.Segments = slices.Clone(last.Segments)
		next = &same
	}
	for i, s := range next.Segments {
		if old := last.Segment(s.Name); old != nil && r.IntN(3) > 0 {
			next.Segments[i] = old
		} else if r.IntN(2) == 0 {
			changed := vtep.Segment{Name: s.Name, Description: s.Description, TunnelKey: s.TunnelKey, MACs: s.MACs, IPs: s.IPs, Flood: s.Flood, Incomplete: s.Incomplete}
			if len(s.MACs) > 0 {
				changed.MACs = s.MACs[1:]
			}
			if len(s.Flood) > 0 && r.IntN(2) == 0 {
				changed.Flood = s.Flood[1:]
			}
			if r.IntN(4) > 0 {
				changed.LogDelta(s)
			}
			next.Segments[i] = &changed
		} else if old != nil {
			next.Segments[i].LogDelta(old)
		}
	}
	otherFacts(t, r, next)
	return next
}

// otherFacts now and then changes what is known of other switches and of names.
func otherFacts(t testing.TB, r *rand.Rand, w *vtep.Want) {
	for i, s := range w.Segments {
		if r.IntN(4) == 0 {
			w.Segments[i] = unreportedBy(t, s, randomIP(r), randomIP(r))
			w.Segments[i].LogDelta(s)
		}
	}
	if r.IntN(3) == 0 {
		owned := map[string]vtep.Ownership{}
		for _, name := range netNames {
			owned[name] = vtep.Ownership(r.IntN(3))
		}
		w.Ownership = func(name string, _ *int) vtep.Ownership { return owned[name] }
	}
}

// unreportedBy is a segment in which the switches with some addresses are unreported:
// they have not reported their local MACs yet.
func unreportedBy(t testing.TB, s *vtep.Segment, ips ...string) *vtep.Segment {
	out := &vtep.Segment{
		Name: s.Name, Description: s.Description, TunnelKey: s.TunnelKey, MACs: s.MACs, IPs: s.IPs, Flood: s.Flood, Incomplete: s.Incomplete,
		Unreported: map[model.VTEPAddress]bool{},
	}
	for _, ip := range ips {
		a, err := model.ParseVTEPAddress(ip)
		require.NoError(t, err)
		out.Unreported[a] = true
	}
	return out
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
	case len(d.ls) > 0:
		l := d.ls[r.IntN(len(d.ls))]
		d.parse(t, []string{"remote", l.name, randomMAC(r), randomIP(r), "ip", pick(r, "", "10.9.0.1")})
	default:
		d.parse(t, []string{"ls", fmt.Sprintf("x-%d", r.IntN(9)), "key", "7"})
	}
}

// unreportedAt is a Want in which the switch with that address has not reported its
// local MACs yet.
func unreportedAt(t testing.TB, ip, text string) *vtep.Want {
	w := parseWant(t, text)
	for i, s := range w.Segments {
		w.Segments[i] = unreportedBy(t, s, ip)
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
	require.Empty(t, planner.Plan(was, m.state).Ops)
	now := parseWant(t, "growonly\nsegment net-a 100\nflood net-a 10.0.0.3")
	now.Segments[0].LogDelta(was.Segments[0])
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
	require.Empty(t, planner.Plan(was, m.state).Ops)
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
	require.Empty(t, planner.Plan(want, m.state).Ops)
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
	was.Segments[0] = unreportedBy(t, was.Segments[0], "10.0.0.2", "10.0.0.3")
	require.Empty(t, planner.Plan(was, m.state).Ops)
	now := unreportedAt(t, "10.0.0.3", text)
	now.Segments[0].LogDelta(was.Segments[0])
	require.Equal(t, "delete mac net-a 02:00:00:00:00:01\n", planner.Plan(now, m.state).String())
	require.Equal(t, vtep.Diff(now, m.state).String(), planner.Plan(now, m.state).String())
}
