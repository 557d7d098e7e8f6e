package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestReachNamesASwitchWithoutAddress: whoever asks learns that an address is missing, and asks
// again.
func TestReachNamesASwitchWithoutAddress(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	known, unknown := topo.Device("known", ""), topo.Device("unknown", "")
	topo.Access(net, known, unknown)
	topo.Inventory(unknown, func(s *model.SwitchInventory) { s.TunnelIPs = nil })
	r, ok := topo.compile(nil).ReachOf(net.ID, "")
	require.True(t, ok)
	require.Len(t, r.Members, 2)
	for _, m := range r.Members {
		require.Equal(t, m.Device.ID == unknown.ID, m.Address == model.VTEPAddress{}, m.Device.Name)
	}
}

// TestShowsConnections: a View is as new as the definitions until a network, its connections or
// a device changes. What sources say, and what is connected elsewhere, does not make it older.
func TestShowsConnections(t *testing.T) {
	var none *View
	topo := newTopology()
	net, other := topo.Network("n", 5001), topo.Network("o", 5002)
	a, b := topo.Device("a", ""), topo.Device("b", "")
	c := topo.Access(net, a)
	v := topo.compile(nil)
	before := topo.Definitions
	require.False(t, none.Shows(&before, net.ID))
	require.True(t, v.Shows(&before, net.ID))

	changed := func(change func(*model.Definitions)) *model.Definitions {
		d := before
		d.Revision++
		change(&d)
		return &d
	}
	set, err := model.NewEndpointSet(net.ID, "neutron", "", []model.Endpoint{{VTEPAddress: model.VTEPAddress{10, 0, 0, 9}}})
	require.NoError(t, err)
	require.True(t, v.Shows(changed(func(d *model.Definitions) { d.Endpoints = d.Endpoints.With(set) }), net.ID))
	gone := changed(func(d *model.Definitions) { d.Connections = d.Connections.Without(c.ID) })
	require.False(t, v.Shows(gone, net.ID))
	require.True(t, v.Shows(gone, other.ID))
	require.False(t, v.Shows(changed(func(d *model.Definitions) { d.Devices = d.Devices.Without(b.ID) }), net.ID))
	require.False(t, v.Shows(changed(func(d *model.Definitions) {
		g := *must(d.Gateways.Get(c.L2GatewayID))
		d.Gateways = d.Gateways.With(&g)
	}), net.ID))
	older := before
	older.Revision--
	require.True(t, v.Shows(&older, net.ID), "it was made since")
}

func must[T any](v T, found bool) T {
	if !found {
		panic("not found")
	}
	return v
}
