package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// TestPortOfTwoDevicesThatAreOne: a gateway that has a switch by the id of its device and by its name, with a port in common,
// binds the port until it has neither.
func TestPortOfTwoDevicesThatAreOne(t *testing.T) {
	top := newTopology()
	sw := top.Device("sw", model.BorderDirect)
	net := top.Network("net", 100)
	port := []model.Interface{{Name: "p1", VLANs: []model.VLAN{10}}}
	c := top.Connect(net, 0, model.Device{DeviceID: sw.ID, SegmentationID: 100, Interfaces: port}, model.Device{DeviceName: "sw", Interfaces: port})
	g, _ := top.Gateways.Get(c.L2GatewayID)
	both := g.Devices
	bound := []vtep.Binding{{Switch: "sw", Port: "p1", VLAN: 10, LogicalSwitch: net.ID}}
	var v *View
	for _, step := range []struct {
		devices []model.Device
		want    []vtep.Binding
	}{{both, bound}, {both[1:], bound}, {both, bound}, {both[:1], bound}, {nil, nil}, {both[:1], bound}} {
		next := *g
		next.Devices = step.devices
		top.Gateways = top.Gateways.With(&next)
		defs := top.Definitions
		v = Compile(Input{Definitions: &defs, Down: map[string]bool{}}, v)
		require.Equal(t, step.want, v.BindingsOf(sw.ID), "%v", step.devices)
	}
}
