package vtep_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// TestSweepFindsWhatIsRemembered: whatever a planner remembers that is not so, it knows better
// after a Sweep: changes of rows of every kind that were not noted, and a Want that was never
// carried out. Rows and Wants go on changing between the slices.
func TestSweepFindsWhatIsRemembered(t *testing.T) {
	wrong, slices := map[string]int{}, 0
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		r := &incrementally{Rand: rnd, t: t, planner: &vtep.Planner{}, want: parseWant(t, randomWant(rnd)), reasons: map[vtep.Reason]int{}}
		r.d = parseDatabase(t, capsOf(t, "1.7.0"), rnd, randomHave(rnd))
		r.m = newMirror(r.d)
		for round := range 10 {
			r.round(fmt.Sprintf("seed %d round %d", seed, round))
		}
		r.m.follow(t, r.d)
		r.planner.Confirm(r.planner.Plan(r.want, r.m.state), r.m.state)
		fault := r.corrupt()
		if full := vtep.Diff(r.want, r.m.state); full.String() != r.planner.Plan(r.want, r.m.state).String() {
			wrong[fault]++
		}
		slices += r.sweep()
		for round := range 5 {
			r.round(fmt.Sprintf("seed %d after %s, round %d", seed, fault, round))
		}
	}
	for _, fault := range []string{"a row", "a want"} {
		require.Greater(t, wrong[fault], 10, "plans that are wrong without a Sweep: %s", fault)
	}
	require.Greater(t, slices, 1500)
}

// corrupt has the planner remember what is not so.
func (r *incrementally) corrupt() string {
	if r.IntN(2) == 0 {
		r.want = successor(r.t, r.Rand, r.want)
		r.planner.Misremember(r.want)
		return "a want"
	}
	for range 1 + r.IntN(3) {
		meddle(r.t, r.Rand, r.d)
	}
	r.m.follow(r.t, r.d)
	r.m.state.NoteNothing()
	return "a row"
}

// sweep makes a Sweep, with changes between its slices, and returns how many there were.
func (r *incrementally) sweep() (slices int) {
	v := r.planner.Sweep(r.m.state, 1+r.IntN(6))
	defer v.Stop()
	for !v.Done() {
		if v.Step(r.want) {
			slices++
		}
		switch r.IntN(6) {
		case 0:
			r.want = successor(r.t, r.Rand, r.want)
		case 1, 2:
			meddle(r.t, r.Rand, r.d)
			r.m.follow(r.t, r.d)
		}
		if plan := r.planner.Plan(r.want, r.m.state); r.IntN(4) > 0 {
			r.planner.Confirm(plan, r.m.state)
		}
	}
	return slices
}

// TestSweepIsCutIntoSlices: no plan of a Sweep compares much more than a slice, however many
// logical switches and bindings stand, and however many MACs one of them has.
func TestSweepIsCutIntoSlices(t *testing.T) {
	const weight = 100
	d := parseDatabase(t, capsOf(t, "1.7.0"), nil, "switch sw1 10.0.0.1\nport sw1 eth1")
	want := parseWant(t, "segment net-large 90000")
	large := want.Segment("net-large")
	for n := range 1500 {
		large.MACs = append(large.MACs, vtep.MACEntry{MAC: largeMAC(1, n), Locator: vtep.Locator{Addr: model.VTEPAddress{10, 0, 0, 2}}})
	}
	for n := range 700 {
		name := fmt.Sprintf("net-%05d", n)
		want.Segments = want.Segments.With(&vtep.Segment{Name: name, TunnelKey: model.VNI(100 + n)})
		want.Bindings = want.Bindings.With(vtep.Binding{Switch: "sw1", Port: "eth1", VLAN: model.VLAN(1 + n), LogicalSwitch: name})
	}
	m, planner := newMirror(d), &vtep.Planner{}
	for plan := planner.Plan(want, m.state); ; plan = planner.Plan(want, m.state) {
		for i := range plan.Ops {
			d.apply(t, &plan.Ops[i])
		}
		m.follow(t, d)
		if planner.Confirm(planner.Plan(want, m.state), m.state); plan.Empty() {
			break
		}
	}
	v, slices, names, macs := planner.Sweep(m.state, weight), 0, 0, 0
	defer v.Stop()
	for ; !v.Done(); slices++ {
		require.True(t, v.Step(want))
		require.False(t, v.Step(want), "the slice before has not been compared")
		plan := planner.Plan(want, m.state)
		require.Empty(t, plan.Ops)
		require.LessOrEqual(t, plan.Compared(), weight)
		require.LessOrEqual(t, plan.ComparedMACs(), weight)
		names, macs = names+plan.Compared(), macs+plan.ComparedMACs()
		planner.Confirm(plan, m.state)
	}
	require.GreaterOrEqual(t, names, 701)
	require.Equal(t, 1500, macs)
	require.Greater(t, slices, 20)
}
