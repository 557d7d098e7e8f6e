package vtep_test

import (
	"testing"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// TestTunnels: rows are made where the switch makes none, BFD is turned on in
// rows of the switch's own, and only rows with our mark are removed.
func TestTunnels(t *testing.T) {
	for _, version := range ovsdbtest.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			server := seed(t, version, "switch sw1 10.0.0.1\nswitch sw2 10.0.0.11")
			server.Transact(`[
				{"op":"insert","table":"Physical_Locator","uuid-name":"a","row":{"encapsulation_type":"vxlan_over_ipv4","dst_ip":"10.0.0.1"}},
				{"op":"insert","table":"Physical_Locator","uuid-name":"b","row":{"encapsulation_type":"vxlan_over_ipv4","dst_ip":"10.0.0.2"}},
				{"op":"insert","table":"Tunnel","uuid-name":"t","row":{"local":["named-uuid","a"],"remote":["named-uuid","b"],"bfd_params":["map",[["min_rx","500"]]]}},
				{"op":"mutate","table":"Physical_Switch","where":[["name","==","sw1"]],"mutations":[["tunnels","insert",["named-uuid","t"]]]}]`)
			s := open(t, server, nil)
			near, far := model.VTEPAddress{10, 0, 0, 2}, model.VTEPAddress{10, 0, 0, 3}
			want := parseWant(t, "")
			want.Tunnels = []vtep.Tunnel{{Switch: "sw1", Remote: near}, {Switch: "sw1", Remote: far}}
			require.Equal(t, "enable bfd sw1 -> 10.0.0.2\n", s.Plan(want, vtep.Whole).String())
			want.TunnelRows = true
			plan := s.Plan(want, vtep.Whole)
			require.Equal(t, "enable bfd sw1 -> 10.0.0.2\nadd tunnel sw1 -> 10.0.0.3 from 10.0.0.1\n", plan.String())
			require.Empty(t, applied(t, s, plan.Ops))
			require.True(t, s.Plan(want, vtep.Whole).Empty())
			require.Equal(t, []vtep.BFD{{Tunnel: want.Tunnels[0]}, {Tunnel: want.Tunnels[1]}}, s.Facts().BFD)
			require.Equal(t, s.Facts().BFD, open(t, server, nil).Facts().BFD)

			plan = s.Plan(parseWant(t, ""), vtep.Whole)
			require.Equal(t, "delete tunnel sw1 -> 10.0.0.3\n", plan.String())
			require.Empty(t, applied(t, s, plan.Ops))
			rows := server.Rows("Tunnel", "bfd_params")
			require.Len(t, rows, 1)
			require.Equal(t, map[string]any{"min_rx": "500", "enable": "true"}, rows[0]["bfd_params"], "other keys are unmanaged")
		})
	}
}
