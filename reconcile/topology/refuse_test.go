package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
)

// A switch carries a network by two connections. That one of them can not be
// realised, because of another switch, is nothing to the other.
func TestRefusedConnectionLeavesOthersOfItsSwitch(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, b := topo.Device("a", ""), topo.Device("b", "")
	bad := topo.Device("r", model.BorderRelay, modeltest.InSite("elsewhere"))
	on := func(gd *model.GatewayDevice, vlan model.VLAN) model.Device {
		return model.Device{DeviceName: gd.Name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{vlan}}}}
	}
	topo.Connect(net, 0, on(b, 100))
	good := topo.Connect(net, 0, on(a, 100))
	refused := topo.Connect(net, 0, on(a, 200), on(bad, 100))
	v := topo.compile(nil)
	require.NotEmpty(t, v.Outcome(refused.ID).Errors)
	require.Empty(t, v.Outcome(good.ID).Errors)
	require.Len(t, v.Outcome(good.ID).Parts, 1, "it has a part on a")
	require.Len(t, v.BindingsOf("a"), 1)
	require.EqualValues(t, 100, v.BindingsOf("a")[0].VLAN)
}
