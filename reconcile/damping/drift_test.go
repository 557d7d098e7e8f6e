package damping

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// What has to be written because the switch, or what is known of others, changed
// is no drift, although users want the same as before.
func TestNoDrift(t *testing.T) {
	unreported := map[model.VTEPAddress]bool{ipOf(9): true}
	mode := vtep.LogicalSwitchRow{ReplicationMode: new(string)}
	want := func(change func(*vtep.Want)) *vtep.Want {
		w := &vtep.Want{
			Segments: vtep.SegmentsOf(&vtep.Segment{Name: "n", MACs: []vtep.MACEntry{{MAC: macOf(1), Locator: vtep.Locator{Addr: ipOf(2)}}}}),
			Tunnels:  []vtep.Tunnel{{Switch: "s", Remote: ipOf(2)}},
		}
		change(w)
		return w
	}
	plain := func(*vtep.Want) {}
	for name, c := range map[string]struct {
		was, now func(*vtep.Want)
		open     []vtep.Problem
		op       vtep.Op
	}{
		"the switch has room for MACs again": {plain, plain,
			[]vtep.Problem{{Reason: vtep.TableFull, LogicalSwitch: "n"}}, vtep.Op{Kind: vtep.AddMAC, LogicalSwitch: "n", MAC: macOf(1)}},
		"the VNI has come free": {plain, plain,
			[]vtep.Problem{{Reason: vtep.VNITaken, LogicalSwitch: "n"}}, vtep.Op{Kind: vtep.AddLogicalSwitch, LogicalSwitch: "n"}},
		"a switch has reported its MACs at last": {func(w *vtep.Want) { w.Segment("n").Unreported = unreported }, plain, nil,
			vtep.Op{Kind: vtep.DeleteMAC, LogicalSwitch: "n", MAC: macOf(7)}},
		"a member that could be anywhere has been found": {func(w *vtep.Want) { w.Segment("n").Located = map[model.VTEPAddress]bool{} }, plain, nil,
			vtep.Op{Kind: vtep.DeleteMAC, LogicalSwitch: "n", MAC: macOf(7)}},
		"the caution of the start is over": {func(w *vtep.Want) { w.GrowOnly = true }, plain, nil, vtep.Op{Kind: vtep.SetFlood, LogicalSwitch: "n"}},
		"the switch can not replicate": {func(w *vtep.Want) { w.SourceNode = true }, plain, nil,
			vtep.Op{Kind: vtep.SetLogicalSwitch, LogicalSwitch: "n", Detail: &vtep.Detail{Switch: &mode}}},
		"the switch has made its tunnel": {plain, plain, nil,
			vtep.Op{Kind: vtep.EnableBFD, Detail: &vtep.Detail{Tunnel: vtep.Tunnel{Switch: "s", Remote: ipOf(2)}}}},
	} {
		synced := Synced{Want: want(c.was), Open: c.open}
		due, drift := synced.Split([]vtep.Op{c.op}, want(c.now))
		require.Len(t, due, 1, name)
		require.Empty(t, drift, name)
	}
}
