package reconcile

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// TestF69_StepsAreBounded: of a plan with many operations no more are kept than are
// listed, and a flood list without end is cut.
func TestF69_StepsAreBounded(t *testing.T) {
	ops := make([]vtep.Op, 5000)
	for i := range ops {
		ops[i] = vtep.Op{Kind: vtep.AddMAC, LogicalSwitch: "net-a", MAC: model.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)}}
	}
	require.Len(t, slices.Collect(stepsOf(ops, 10)), 10)
	require.Len(t, slices.Collect(stepsOf(ops, 0)), 5000)
	require.Len(t, slices.Collect(stepsOf(ops, 6000)), 5000)
	members := make([]vtep.Locator, 100_000)
	flood := []vtep.Op{{Kind: vtep.SetFlood, LogicalSwitch: "net-a", Detail: &vtep.Detail{Flood: members}}}
	for step := range stepsOf(flood, 0) {
		require.Less(t, len(step), maxStep+64)
		require.Contains(t, step, "bytes more)")
	}
}
