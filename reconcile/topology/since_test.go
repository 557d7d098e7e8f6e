package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestUnchangedSince: what is said of one switch, and what is asked of another, leave a
// switch as it was asked to be since before.
func TestUnchangedSince(t *testing.T) {
	topo := newTopology()
	one, two := topo.Device("sw1", ""), topo.Device("sw2", "")
	topo.Access(topo.Network("a", 5001), one)
	first := topo.compile(nil)

	topo.Inventory(one, func(sw *model.SwitchInventory) { sw.Faults = []string{"tunnel_exhaustion"} })
	topo.Access(topo.Network("b", 5002), two)
	topo.Revision++
	defs := topo.Definitions
	next := Compile(Input{Definitions: &defs}, first)
	require.Greater(t, next.Revision, first.Revision)
	require.Equal(t, first.Revision, next.Since[one.ID])
	require.Equal(t, next.Revision, next.Since[two.ID])
}
