package vtep_test

import (
	"fmt"
	"strings"
	"testing"

	"bordergw/internal/growth"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// portsOf is a database, and what is wanted of it: so many ports with ten VLANs each.
func portsOf(ports int) (have, want string) {
	var h, w strings.Builder
	h.WriteString("switch sw1 10.0.0.1\n")
	w.WriteString("segment net-a 100\nflood net-a 10.0.0.2\n")
	for i := range ports {
		fmt.Fprintf(&h, "port sw1 p%d\n", i)
		for v := range 10 {
			fmt.Fprintf(&w, "bind sw1 p%d %d net-a\n", i, v+1)
		}
	}
	return h.String(), w.String()
}

func TestDiffOfManyPorts(t *testing.T) {
	diff := func(ports int) func() {
		have, want := portsOf(ports)
		state, wish := parseDatabase(t, capsOf(t, "1.7.0"), nil, have).state(t), parseWant(t, want)
		return func() { require.Equal(t, 10*ports+2, len(vtep.Diff(wish, state).Ops)) }
	}
	growth.Linear(t, diff(100), diff(1600))
}

// TestVLANsOfPortUnboundTogether: managed bindings go. A VLAN that an external writer has
// taken meanwhile stays bound.
func TestVLANsOfPortUnboundTogether(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls theirs key 900\nls net-a key 100 config bordergw=us\n"+
		"bind sw1 eth1 10 net-a\nbind sw1 eth1 11 net-a\nbind sw1 eth1 12 net-a\nbind sw1 eth2 10 net-a")
	s := open(t, server, nil)
	want := parseWant(t, "segment net-a 100\nbind sw1 eth1 12 net-a")
	plan := s.Plan(want, vtep.Whole)
	require.Equal(t, "unbind sw1 eth1 vlan 10 from net-a\nunbind sw1 eth1 vlan 11 from net-a\nunbind sw1 eth2 vlan 10 from net-a\n", plan.String())
	for _, row := range server.Rows("Logical_Switch", "_uuid", "name") {
		if row["name"] == "theirs" {
			server.Transact(fmt.Sprintf(`[{"op":"mutate","table":"Physical_Port","where":[["name","==","eth1"]],"mutations":[`+
				`["vlan_bindings","delete",["set",[10]]],["vlan_bindings","insert",["map",[[10,["uuid",%q]]]]]]}]`, row["_uuid"]))
		}
	}
	require.Empty(t, applied(t, s, plan.Ops))
	require.Equal(t, []string{"bind sw1 eth1 10 theirs", "bind sw1 eth1 12 net-a"}, bindingsOf(s))
}

// TestVLANsOfPortRebound: all VLANs of a port change hands in one operation.
func TestVLANsOfPortRebound(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls net-a key 100 config bordergw=us\nls net-b key 101 config bordergw=us\n"+
		"bind sw1 eth1 10 net-a\nbind sw1 eth1 11 net-a\nbind sw1 eth1 12 net-b")
	s := open(t, server, nil)
	want := parseWant(t, "segment net-a 100\nsegment net-b 101\nbind sw1 eth1 10 net-b\nbind sw1 eth1 11 net-b\nbind sw1 eth1 12 net-a")
	converges(t, s, want)
	require.Equal(t, []string{"bind sw1 eth1 10 net-b", "bind sw1 eth1 11 net-b", "bind sw1 eth1 12 net-a"}, bindingsOf(s))
}

func bindingsOf(s *vtep.Session) []string {
	var out []string
	for line := range strings.Lines(s.Dump()) {
		if strings.HasPrefix(line, "bind ") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}
