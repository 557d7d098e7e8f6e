package storetest

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// The fixture's range is 100 to 103.
func testVNIAllocation(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.seen("sw1", 1, "p1")
	f.network("given", 101)
	f.gateway(byID(gd.ID, 102))
	g := f.gateway(named("sw1", port("p1")))
	join := func(id string, vlan model.VLAN) *model.L2GatewayConnection {
		f.network(id, 0)
		return f.connect(g, id, model.VLANID(vlan))
	}
	first := join("n1", 1)
	require.Equal(t, model.VNI(100), f.vni("n1"))
	join("n2", 2)
	require.Equal(t, model.VNI(103), f.vni("n2"), "VNIs of networks and of border gateways are not free")
	f.network("n3", 0)
	f.connectRefused("NoNetworkAvailable", g, "n3", model.VLANID(3))
	require.Zero(t, f.vni("n3"))

	require.NoError(t, f.DeleteConnection(f.ctx, first.ID))
	require.Equal(t, model.VNI(100), f.vni("n1"), "a VNI stays with its network")
	f.connectRefused("NoNetworkAvailable", g, "n3", model.VLANID(3))
	require.NoError(t, f.DeleteNetwork(f.ctx, "n1"))
	f.connectRefused("NoNetworkAvailable", g, "n3", model.VLANID(3))
	f.confirm(gd.ID)
	f.connect(g, "n3", model.VLANID(3))
	require.Equal(t, model.VNI(100), f.vni("n3"))
	f.connect(f.gateway(named("sw1", port("p1"))), "given", model.VLANID(4))
	require.Equal(t, model.VNI(101), f.vni("given"))
}

func testBorderVNI(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b, c := f.seen("sw1", 1, "p1"), f.seen("sw2", 2), f.hwVTEP("sw3", 3)
	for _, id := range []string{"n1", "n2", "n3"} {
		f.network(id, 0)
	}
	f.connect(f.gateway(byID(a.ID, 500)), "n1", none)
	require.Equal(t, model.VNI(500), f.vni("n1"), "a border connection gives its network the VNI")
	f.connect(f.gateway(byID(b.ID, 0)), "n2", model.VXLANID(500))
	require.Equal(t, model.VNI(100), f.vni("n2"), "the stretch's VNI has an owner")
	f.connect(f.gateway(byID(c.ID, 500)), "n1", none)
	f.connect(f.gateway(byID(c.ID, 600, port("p1", 5))), "n3", none)
	require.Equal(t, model.VNI(600), f.vni("n3"))

	f.network("own", 900)
	f.network("n4", 0)
	f.connect(f.gateway(byID(a.ID, 0)), "own", model.VXLANID(101))
	f.connect(f.gateway(named("sw1", port("p1", 6))), "n4", none)
	require.Equal(t, model.VNI(102), f.vni("n4"), "100 is n2's, 101 is between sites")
}

func testBorderConflicts(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.seen("sw1", 1, "p1", "p2"), f.seen("sw2", 2, "p1", "p2")
	f.network("own", 700)
	f.network("n1", 0)
	f.network("n2", 0)
	f.network("n3", 0)
	stretched := f.connect(f.gateway(byID(a.ID, 500)), "n1", none)
	f.connect(f.gateway(byID(b.ID, 500)), "n2", none)
	const conflict = "L2GatewaySegmentationIDInUse"

	// Network own has VNI 700 and is not connected with it.
	f.connectRefused(conflict, f.gateway(byID(b.ID, 700)), "n2", none)
	// n1 and n2 use VNI 500 on devices of their own, a third may not share one.
	f.connectRefused(conflict, f.gateway(byID(a.ID, 500)), "n3", none)
	f.connectRefused(conflict, f.gateway(byID(b.ID, 0)), "n3", model.VXLANID(500))
	// n1's own VNI is 500, which is n2's between sites on sw2.
	f.connectRefused(conflict, f.gateway(named("sw2", port("p1", 1))), "n1", none)
	// One device, two networks, through one gateway.
	two := f.gateway(byID(a.ID, 800))
	f.connect(two, "n1", none)
	f.connectRefused(conflict, two, "n3", none)

	// Once own is connected with 700 others may join.
	f.connect(f.gateway(byID(a.ID, 700)), "own", none)
	local := f.connect(f.gateway(named("sw2", port("p2", 1))), "own", none)
	f.connectRefused(conflict, f.gateway(byID(b.ID, 700)), "n2", none)
	require.NoError(t, f.DeleteConnection(f.ctx, local.ID))
	f.connect(f.gateway(byID(b.ID, 700)), "n2", none)

	// n1 leaves the stretch of its own VNI, and can not come back by accident.
	require.NoError(t, f.DeleteConnection(f.ctx, stretched.ID))
	f.connectRefused(conflict, f.gateway(named("sw1", port("p1", 1))), "n1", none)
	f.connect(f.gateway(byID(a.ID, 500)), "n1", none)
	f.connect(f.gateway(named("sw1", port("p1", 1))), "n1", none)
}

// What is not driven is stored and checked.
func testUndrivenTypes(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("resource", 0)
	f.network("n", 0)
	vlan := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{Type: model.NetworkVLAN, ResourceID: "resource"}))
	router := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx,
		model.GatewayDevice{Type: model.RouterVTEP, ResourceID: "r", TunnelIPs: tunnel[:1]}))
	f.connectRefused("InvalidInput", f.gateway(byID(vlan.ID, 0)), "n", none)
	f.connectRefused("InvalidInput", f.gateway(byID(vlan.ID, 0)), "n", model.VXLANID(500))
	f.connectRefused("InvalidInput", f.gateway(byID(vlan.ID, 7)), "n", model.VLANID(7))
	f.connectRefused("InvalidInput", f.gateway(byID(router.ID, 0)), "n", model.VLANID(7))
	f.connect(f.gateway(byID(vlan.ID, 0)), "n", model.VLANID(7))
	require.Equal(t, model.VNI(100), f.vni("n"), "a VLAN does not become the network's VNI")
	c := f.connect(f.gateway(byID(router.ID, 500)), "n", none)
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.Empty(t, f.pending("n"), "nothing is to be cleaned where nothing is driven")
}
