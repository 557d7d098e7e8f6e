package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
)

// Of an active-passive gateway only the active device holds anything.
func TestExactlyOneBound(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, b := topo.Device("a", ""), topo.Device("b", "")
	other := topo.Device("other", "")
	c := topo.Access(net, a, b)
	topo.Access(net, other)
	for _, active := range []string{"", "a", "b"} {
		gw, _ := topo.Gateways.Get(c.L2GatewayID)
		changed := *gw
		changed.HAMode = model.ActivePassive
		for i := range gw.Devices {
			if gw.Devices[i].DeviceName == active {
				changed.Active = gw.Devices[i].ID
			}
		}
		topo.Gateways = topo.Gateways.With(&changed)
		v := topo.compile(nil)
		for _, gd := range []*model.GatewayDevice{a, b} {
			if gd.Name == active {
				require.Len(t, v.BindingsOf(gd.ID), 1)
				require.Equal(t, locators(gd), floodOf(v, other, "n"))
			} else {
				requireNothing(t, v, gd)
				require.Contains(t, v.Outcome(c.ID).Standby, gd.Name)
			}
		}
	}
}

// The same of a border gateway: its frames pass through one border at a time.
func TestExactlyOneBorderActive(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, b := topo.Device("a", model.BorderRelay, modeltest.Keyed), topo.Device("b", model.BorderRelay, modeltest.Keyed)
	far := topo.Device("far", model.BorderRelay, modeltest.Keyed, modeltest.InSite("elsewhere"))
	inside := topo.Device("inside", "")
	topo.Access(net, inside)
	c := topo.Border(net, 9001, a, b)
	topo.Border(net, 9001, far)
	for _, active := range []*model.GatewayDevice{nil, a, b} {
		gw, _ := topo.Gateways.Get(c.L2GatewayID)
		changed := *gw
		changed.HAMode = model.ActivePassive
		for i := range gw.Devices {
			if active != nil && gw.Devices[i].DeviceID == active.ID {
				changed.Active = gw.Devices[i].ID
			}
		}
		topo.Gateways = topo.Gateways.With(&changed)
		v := topo.compile(nil)
		for _, gd := range []*model.GatewayDevice{a, b} {
			if gd == active {
				require.Equal(t, locators(gd), floodOf(v, inside, "n"))
			} else {
				requireNothing(t, v, gd)
				require.Contains(t, v.Outcome(c.ID).Standby, gd.Name)
			}
		}
	}
}
