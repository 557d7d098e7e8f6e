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

// TestSegmentIsKeptOnce: a segment that says what it said before takes the memory of one,
// also in what the next View compares.
func TestSegmentIsKeptOnce(t *testing.T) {
	topo := newTopology()
	one := topo.Device("sw1", "")
	c := topo.Access(topo.Network("a", 5001), one)
	first := topo.compile(nil)
	renamed := *c
	topo.Connections = topo.Connections.With(&renamed)
	topo.Revision++
	defs := topo.Definitions
	next := Compile(Input{Definitions: &defs}, first)
	require.Same(t, first.Wants[one.ID].Segments[0], next.Wants[one.ID].Segments[0])
	for _, v := range next.groups {
		require.Len(t, v.segments, 1)
		require.Same(t, next.Wants[one.ID].Segments[0], v.segments[0])
	}
}
