package vtep_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

const seeds = 300

// TestDiffReachesWant: whatever stands, doing what the plan says leads to what
// is wanted, and to nothing else.
func TestDiffReachesWant(t *testing.T) {
	reasons := map[vtep.Reason]bool{}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 1))
		want, have := randomWant(r), randomHave(r)
		ok := t.Run(fmt.Sprint(seed), func(t *testing.T) {
			version := []string{"1.3.0", "1.5.0", "1.7.0", "1.7.0"}[r.IntN(4)]
			d := parseDatabase(t, capsOf(t, version), r, have)
			for _, p := range settle(t, parseWant(t, want), d).Problems {
				reasons[p.Reason] = true
			}
		})
		if !ok {
			t.Fatalf("want:\n%s\nhave:\n%s", want, have)
		}
	}
	for _, r := range []vtep.Reason{vtep.PortMissing, vtep.VLANTaken, vtep.VNITaken, vtep.NameTaken, vtep.AwaitingSwitch, vtep.Unsupported} {
		require.True(t, reasons[r], "the random data never leads to %s", r)
	}
}

// TestDiffOfAnyOrder: neither the order of rows nor their UUIDs show in a plan.
// Of duplicates the smallest UUID counts, so that there are none here.
func TestDiffOfAnyOrder(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		want, have := parseWant(t, randomWant(r)), distinct(randomHave(r))
		first := vtep.Diff(want, parseDatabase(t, capsOf(t, "1.7.0"), nil, have).state(t))
		for range 3 {
			again := vtep.Diff(want, parseDatabase(t, capsOf(t, "1.7.0"), r, have).state(t))
			require.Equal(t, first.String(), again.String(), "seed %d", seed)
			require.Equal(t, first.Problems, again.Problems, "seed %d", seed)
		}
	}
}

// distinct drops further rows of one MAC or group.
func distinct(have string) string {
	seen := map[string]bool{}
	var b strings.Builder
	for line := range strings.Lines(have) {
		f := strings.Fields(line)
		key := line
		if f[0] == "remote" || f[0] == "flood" {
			key = strings.Join(f[:3], " ")
		}
		if f[0] == "remote" && f[2] == "bad" || seen[key] {
			continue
		}
		seen[key] = true
		b.WriteString(line)
	}
	return b.String()
}

// settle carries out plans on a database until there is nothing to do, checks
// the promises of Diff and returns the last plan.
func settle(t testing.TB, want *vtep.Want, d *database) *vtep.Plan {
	foreign := map[string][]string{}
	before := d.state(t).Dump()
	for _, l := range d.ls {
		if untouchable(d, want, l) {
			foreign[l.name] = of(before, l.name)
		}
	}
	plan := vtep.Diff(want, d.state(t))
	for again := true; !plan.Empty(); {
		// Only a VNI that another logical switch gives up takes one more plan.
		require.True(t, again, "plan is not done in one step, then:\n%s", plan)
		again = taken(plan)
		checkPlan(t, d, plan)
		for i := range plan.Ops {
			d.apply(t, &plan.Ops[i])
		}
		plan = vtep.Diff(want, d.state(t))
	}
	after := d.state(t).Dump()
	for name, lines := range foreign {
		require.Equal(t, lines, of(after, name), "foreign %s", name)
	}
	checkRemoved(t, want, d, plan)
	for s := range want.Segments.All() {
		checkSegment(t, want, d, s, plan)
	}
	checkBindings(t, want, d, plan)
	return plan
}

func taken(p *vtep.Plan) bool {
	return slices.ContainsFunc(p.Problems, func(x vtep.Problem) bool { return x.Reason == vtep.VNITaken })
}

// untouchable is the oracle's idea of a foreign logical switch.
func untouchable(d *database, w *vtep.Want, l *logicalSwitch) bool {
	owned := w.Owners.Of(l.name, l.key)
	mark, hasMark := l.config[vtep.MarkKey]
	hasMark = hasMark && d.caps.OtherConfig
	ours, held := hasMark && mark == w.Mark, !hasMark && owned == vtep.Held
	key := 0
	if l.key != nil {
		key = *l.key
	}
	switch s := w.Segment(l.name); {
	case s != nil:
		return !ours && !held && l.key != nil && key != int(s.TunnelKey)
	case ours:
		return owned == vtep.Foreign && !w.Prune
	case hasMark:
		return key == 0 || int(w.Standby.Of(l.name)) != key
	}
	return !held
}

// checkPlan: unbind, take down, build up, bind; in a segment the logical
// switch, MACs, flood list; never an address of our own.
func checkPlan(t testing.TB, d *database, p *vtep.Plan) {
	phase := map[vtep.OpKind]int{
		vtep.Unbind: 0, vtep.ClearMACs: 1, vtep.DeleteLogicalSwitch: 1, vtep.AddLogicalSwitch: 2, vtep.SetLogicalSwitch: 2,
		vtep.AddMAC: 3, vtep.MoveMAC: 3, vtep.DeleteMAC: 3, vtep.SetFlood: 4, vtep.DeleteFlood: 4, vtep.Bind: 5, vtep.Rebind: 5,
	}
	for i := range p.Ops {
		op := &p.Ops[i]
		if i > 0 {
			last := &p.Ops[i-1]
			a, b := phase[last.Kind], phase[op.Kind]
			nextSegment := a >= 2 && b >= 2 && a < 5 && b < 5 && last.LogicalSwitch < op.LogicalSwitch
			require.True(t, a <= b || nextSegment, "%s before %s in\n%s", last, op, p)
		}
		for ip := range ownIPs(d) {
			require.NotContains(t, strings.Fields(strings.ReplaceAll(op.String(), "#", " ")), ip, "own address")
		}
	}
}

func ownIPs(d *database) map[string]bool {
	own := map[string]bool{}
	for _, s := range d.switches {
		for _, ip := range s.ips {
			own[ip] = true
		}
	}
	return own
}

// checkRemoved: a managed logical switch that is not wanted has gone, or waits for the switch.
func checkRemoved(t testing.TB, w *vtep.Want, d *database, p *vtep.Plan) {
	for _, l := range d.ls {
		if w.Segment(l.name) != nil || untouchable(d, w, l) {
			continue
		}
		require.True(t, hasProblem(p, vtep.AwaitingSwitch, l.name), "%s stands", l.name)
		for _, line := range of(d.state(t).Dump(), l.name) {
			require.Contains(t, []string{"ls", "local", "localflood"}, strings.Fields(line)[0], line)
		}
	}
}

func hasProblem(p *vtep.Plan, r vtep.Reason, ls string) bool {
	return slices.ContainsFunc(p.Problems, func(x vtep.Problem) bool { return x.Reason == r && x.LogicalSwitch == ls && x.Binding == nil })
}

func refusedSegment(p *vtep.Plan, ls string) bool {
	return hasProblem(p, vtep.NameTaken, ls) || hasProblem(p, vtep.VNITaken, ls) || hasProblem(p, vtep.Unsupported, ls)
}

// checkSegment compares the rows of a segment with what they should be.
func checkSegment(t testing.TB, w *vtep.Want, d *database, s *vtep.Segment, p *vtep.Plan) {
	if refusedSegment(p, s.Name) {
		return
	}
	l := d.logical(s.Name)
	require.NotNil(t, l, "%s", s.Name)
	require.Equal(t, int(s.TunnelKey), *l.key)
	require.Equal(t, s.Description, l.description)
	if d.caps.OtherConfig {
		require.Equal(t, w.Mark, l.config[vtep.MarkKey])
	}
	if d.caps.ReplicationMode && w.SourceNode {
		require.Equal(t, "source_node", l.mode)
	}
	own, members := ownIPs(d), []string{}
	var rows []string
	for _, m := range s.MACs {
		if m.Location != w.Self && !own[m.Locator.Addr.String()] {
			row := fmt.Sprintf("remote %s %s %s", s.Name, m.MAC, m.Locator)
			for _, h := range s.IPs {
				if h.MAC == m.MAC {
					row += " ip " + h.IP.String()
				}
			}
			rows = append(rows, row)
		}
	}
	for _, e := range s.Flood {
		if e.Location != w.Self && !own[e.Locator.Addr.String()] {
			members = append(members, e.Locator.String())
		}
	}
	slices.Sort(members)
	members = slices.Compact(members)
	if len(members) > 0 && !(w.GrowOnly && s.Incomplete) {
		rows = append(rows, "flood "+s.Name+" unknown-dst "+strings.Join(members, " "))
	}
	var got []string
	for _, line := range of(d.state(t).Dump(), s.Name) {
		f := strings.Fields(line)
		switch {
		case f[0] == "flood" && w.GrowOnly && s.Incomplete:
			require.Subset(t, f[3:], members)
			require.NotSubset(t, f[3:], []string{"10.0.0.1"})
		case f[0] == "remote" && mayStay(s, f[2], f[3]):
		case f[0] == "flood" || f[0] == "remote":
			got = append(got, line)
		}
	}
	require.ElementsMatch(t, rows, got)
}

// mayStay reports whether a row that is not wanted may be one of a member that could be anywhere.
func mayStay(s *vtep.Segment, mac, locator string) bool {
	for _, m := range s.MACs {
		if m.MAC.String() == mac {
			return false
		}
	}
	ip, _, _ := strings.Cut(locator, "#")
	at, _ := model.ParseVTEPAddress(ip)
	return s.Located != nil && !s.Located[at]
}

// TestMACsOfAMemberThatCouldBeAnywhere stay, but not those behind the addresses of other switches, and no longer than
// that is so.
func TestMACsOfAMemberThatCouldBeAnywhere(t *testing.T) {
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, `
switch sw1 10.0.0.1
ls net-a key 100 config bordergw=us
remote net-a 02:00:00:00:00:01 10.0.0.2
remote net-a 02:00:00:00:00:02 10.0.0.3`)
	m, planner := newMirror(d), &vtep.Planner{}
	m.follow(t, d)
	steps := func(want string) string {
		w := parseWant(t, "segment net-a 100\n"+want)
		plan := planner.Plan(w, m.state)
		require.Equal(t, vtep.Diff(w, m.state).String(), plan.String())
		return strings.TrimSpace(plan.String())
	}
	require.Empty(t, steps("located net-a"))
	require.Equal(t, "delete mac net-a 02:00:00:00:00:02", steps("located net-a 10.0.0.3"))
	require.Equal(t, "delete mac net-a 02:00:00:00:00:01\ndelete mac net-a 02:00:00:00:00:02", steps(""))
}

// checkBindings: each wanted binding stands or has a problem, and no other
// binding of a realised segment stands.
func checkBindings(t testing.TB, w *vtep.Want, d *database, p *vtep.Plan) {
	lines := map[string]bool{}
	for b := range w.Bindings.All() {
		if refusedSegment(p, b.LogicalSwitch) {
			continue
		}
		line := fmt.Sprintf("bind %s %s %s %s", b.Switch, b.Port, b.VLAN, b.LogicalSwitch)
		lines[line] = true
		excused := slices.ContainsFunc(p.Problems, func(x vtep.Problem) bool { return x.Binding != nil && *x.Binding == b })
		stands := slices.Contains(of(d.state(t).Dump(), b.LogicalSwitch), line)
		require.True(t, stands != excused, "%s: stands %t, problem %t", line, stands, excused)
	}
	for s := range w.Segments.All() {
		for _, line := range of(d.state(t).Dump(), s.Name) {
			if strings.HasPrefix(line, "bind ") && !refusedSegment(p, s.Name) {
				require.True(t, lines[line], "%s is not wanted", line)
			}
		}
	}
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func randomMAC(r *rand.Rand) string { return fmt.Sprintf("02:00:00:00:00:%02x", 1+r.IntN(5)) }

func randomIP(r *rand.Rand) string { return fmt.Sprintf("10.0.0.%d", 1+r.IntN(6)) }

var netNames = []string{"net-a", "net-b", "net-c", "net-d"}

func randomWant(r *rand.Rand) string {
	var b strings.Builder
	for _, flag := range []string{"growonly", "prune", "sourcenode", "ownership managed net-a", "ownership held net-b", "ownership managed net-c", "standby net-a 100", "standby net-b 101", "standby net-d 7", "cable sw1 eth1 eth2", "known 10.0.0.3"} {
		if r.IntN(2) == 0 {
			fmt.Fprintln(&b, flag)
		}
	}
	bound := map[string]bool{}
	for i, name := range netNames {
		if r.IntN(3) == 0 {
			continue
		}
		fmt.Fprintf(&b, "segment %s %d %s\n", name, 100+i, pick(r, "", "text", "text incomplete", "incomplete"))
		if r.IntN(4) == 0 {
			fmt.Fprintf(&b, "located %s %s %s\n", name, randomIP(r), randomIP(r))
		}
		macs, floods := map[string]bool{}, map[string]bool{}
		for range r.IntN(5) {
			if m := randomMAC(r); !macs[m] {
				macs[m] = true
				fmt.Fprintf(&b, "mac %s %s %s%s %d%s\n", name, m, randomIP(r), pick(r, "", "", "#77"), r.IntN(3), pick(r, "", "", " ip 10.9.0.1", " ip 10.9.0.2"))
			}
		}
		for range r.IntN(5) {
			f := fmt.Sprintf("%s%s %d", randomIP(r), pick(r, "", "", "#77"), r.IntN(3))
			if !floods[f] {
				floods[f] = true
				fmt.Fprintf(&b, "flood %s %s\n", name, f)
			}
		}
		for range r.IntN(4) {
			at := fmt.Sprintf("%s %s %d", pick(r, "sw1", "sw1", "sw2", "sw3"), pick(r, "eth1", "eth2", "eth9"), 10+r.IntN(3))
			if !bound[at] {
				bound[at] = true
				fmt.Fprintf(&b, "bind %s %s\n", at, name)
			}
		}
	}
	return b.String()
}

func randomHave(r *rand.Rand) string {
	var b strings.Builder
	fmt.Fprint(&b, "switch sw1 10.0.0.1\nport sw1 eth1\nport sw1 eth2\n")
	fmt.Fprintf(&b, "switch sw2 %s\nport sw2 eth1\n", pick(r, "", "10.0.0.2", "10.0.0.2 bogus"))
	bound := map[string]bool{}
	for i, name := range append([]string{"x-1", "x-2"}, netNames...) {
		if r.IntN(3) == 0 {
			continue
		}
		key := fmt.Sprintf(" key %d", 98+i)
		if r.IntN(4) == 0 {
			key = pick(r, "", fmt.Sprintf(" key %d", 98+r.IntN(6)))
		}
		mark := pick(r, "us", "us", "them")
		if strings.HasPrefix(name, "x") {
			mark = pick(r, "", "them")
		}
		if mark != "" {
			mark = " config bordergw=" + mark
		}
		fmt.Fprintf(&b, "ls %s%s%s%s%s\n", name, key, mark, pick(r, "", " description text", " description other"), pick(r, "", " config vendor=1", " mode service_node"))
		randomRows(r, &b, name, bound)
	}
	return b.String()
}

func randomRows(r *rand.Rand, b *strings.Builder, ls string, bound map[string]bool) {
	for range r.IntN(5) {
		fmt.Fprintf(b, "remote %s %s %s\n", ls, pick(r, randomMAC(r), randomMAC(r), randomMAC(r), "bad"), pick(r, randomIP(r), randomIP(r), "010.0.0.9"))
	}
	for range r.IntN(3) {
		fmt.Fprintf(b, "flood %s %s %s %s\n", ls, pick(r, "unknown-dst", "unknown-dst", "01:00:5e:00:00:01"), randomIP(r), "10.0.0.7")
	}
	if r.IntN(4) == 0 {
		fmt.Fprintf(b, "local %s %s 10.0.0.1\n", ls, randomMAC(r))
	}
	if r.IntN(6) == 0 {
		fmt.Fprintf(b, "localflood %s unknown-dst 10.0.0.1\n", ls)
	}
	for range r.IntN(4) {
		at := fmt.Sprintf("%s %d", pick(r, "sw1 eth1", "sw1 eth2", "sw2 eth1"), 10+r.IntN(3))
		if !bound[at] {
			bound[at] = true
			fmt.Fprintf(b, "bind %s %s\n", at, ls)
		}
	}
}
