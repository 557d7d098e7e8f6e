package vtep_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/vtep"
)

// TestCableIsBoundAtBothEndsOrNone: what an external writer has bound at one end of a cable would come into the network over
// the other one.
func TestCableIsBoundAtBothEndsOrNone(t *testing.T) {
	want := "cable sw1 eth1 eth2\nsegment net-a 100\nsegment net-a-border 200\nbind sw1 eth1 5 net-a\nbind sw1 eth2 5 net-a-border\nbind sw1 eth1 6 net-a"
	for _, end := range []string{"eth1", "eth2"} {
		d := parseDatabase(t, capsOf(t, "1.7.0"), nil, "switch sw1 10.0.0.1\nport sw1 eth1\nport sw1 eth2\nls theirs key 900\nbind sw1 "+end+" 5 theirs")
		m, planner := newMirror(d), &vtep.Planner{}
		m.follow(t, d)
		plan := planner.Plan(parseWant(t, want), m.state)
		require.Len(t, plan.Problems, 2, end)
		require.NotContains(t, plan.String(), "vlan 5")
		require.Contains(t, plan.String(), "bind sw1 eth1 vlan 6 -> net-a", "no end of the cable")
		for i := range plan.Ops {
			d.apply(t, &plan.Ops[i])
		}
		m.follow(t, d)
		delete(d.port("sw1", end).vlans, 5)
		m.follow(t, d)
		freed := planner.Plan(parseWant(t, want), m.state)
		require.Equal(t, "bind sw1 eth1 vlan 5 -> net-a\nbind sw1 eth2 vlan 5 -> net-a-border\n", freed.String())
		for i := range freed.Ops {
			d.apply(t, &freed.Ops[i])
		}
		m.follow(t, d)
		require.Empty(t, planner.Plan(parseWant(t, want), m.state).Ops)
		delete(d.port("sw1", end).vlans, 5)
		d.parse(t, []string{"bind", "sw1", end, "5", "theirs"})
		m.follow(t, d)
		require.Regexp(t, "^unbind sw1 eth. vlan 5 from net-a(-border)?\n$", planner.Plan(parseWant(t, want), m.state).String(), "taken later")
	}
}
