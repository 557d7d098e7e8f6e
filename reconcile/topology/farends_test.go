package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
)

// TestFarEndKeepsAConnection: a far end that is named takes nothing away that works, where flood lists can hold no more.
func TestFarEndKeepsAConnection(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	weak, other := topo.Device("weak", "", modeltest.Profiled("service-node")), topo.Device("other", "", modeltest.Profiled("service-node"))
	c := topo.Access(net, weak, other)
	far := *net
	far.FarEnds = []model.VTEPAddress{{10, 9, 9, 9}}
	topo.Networks = topo.Networks.With(&far)
	v := topo.compile(nil)
	require.Empty(t, v.Outcome(c.ID).Errors)
	require.NotEmpty(t, v.BindingsOf(weak.ID))
	require.Equal(t, []string{
		"device weak: profile service-node floods to 1 end points: it sends no flooded frames to the far ends of network n",
		"device other: profile service-node floods to 1 end points: it sends no flooded frames to the far ends of network n",
	}, v.Outcome(c.ID).Notes)
	require.Len(t, v.ListOf(weak.ID)[0].Flood, 2, "its own address and the other switch's")

	alone := topo.Network("alone", 5002)
	alone.FarEnds = far.FarEnds
	topo.Networks = topo.Networks.With(alone)
	topo.Access(alone, weak)
	require.Len(t, topo.compile(nil).ListOf(weak.ID)[0].Flood, 2, "its own address and the far end")
}
