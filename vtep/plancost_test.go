package vtep_test

import (
	"fmt"
	"testing"

	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// TestPlanCostsWhatChanged: one connection more, and the look after it is written, compare the same
// however many stand: also while a problem of one is open.
func TestPlanCostsWhatChanged(t *testing.T) {
	cost := func(standing int) (names int, allocs float64) {
		d := parseDatabase(t, capsOf(t, "1.7.0"), nil, "switch sw1 10.0.0.1\nport sw1 eth1\nport sw1 eth2")
		want := &vtep.Want{Self: 1, Mark: "us", Owners: everyName(vtep.Managed)}
		add := func(n int, port string) {
			name := fmt.Sprintf("net-%05d", n)
			next := *want
			next.Segments = want.Segments.With(&vtep.Segment{Name: name, TunnelKey: model.VNI(100 + n)})
			next.Bindings = want.Bindings.With(vtep.Binding{Switch: "sw1", Port: port, VLAN: model.VLAN(1 + n), LogicalSwitch: name})
			want = &next
		}
		for n := range standing {
			add(n, "eth1")
		}
		add(standing, "eth9") // which is missing
		m, planner := newMirror(d), &vtep.Planner{}
		carryOut := func() *vtep.Plan {
			m.follow(t, d)
			plan := planner.Plan(want, m.state)
			planner.Confirm(plan, m.state)
			for i := range plan.Ops {
				d.apply(t, &plan.Ops[i])
			}
			return plan
		}
		carryOut()
		require.Empty(t, carryOut().Ops)
		add(standing+1, "eth2")
		m.follow(t, d)
		allocs = testing.AllocsPerRun(10, func() { planner.Plan(want, m.state) })
		made := carryOut()
		require.Len(t, made.Ops, 2)
		look := carryOut()
		require.Empty(t, look.Ops)
		require.Len(t, look.Problems, 1)
		return made.Compared() + look.Compared(), allocs
	}
	few, fewAllocs := cost(50)
	many, manyAllocs := cost(2000)
	require.Equal(t, few, many)
	require.LessOrEqual(t, many, 6)
	require.Less(t, manyAllocs, 2*fewAllocs, "a tree is a level higher")
}
