package storetest

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

var tunnel = []model.VTEPAddress{{192, 0, 2, 1}, {192, 0, 2, 2}, {192, 0, 2, 3}}

func testDeviceRefusals(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("net", 0)
	f.network("other", 0)
	first := hwVTEP("sw1", 1)
	first.TunnelIPs = tunnel[:1]
	must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, first))
	for _, gd := range []model.GatewayDevice{
		{Type: model.RouterVTEP, ResourceID: "router", TunnelIPs: tunnel[1:2]},
		{Type: model.NetworkVLAN, ResourceID: "net"},
	} {
		must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, gd))
	}
	with := func(change func(*model.GatewayDevice)) model.GatewayDevice {
		gd := hwVTEP("new", 9)
		change(&gd)
		return gd
	}
	type gd = model.GatewayDevice
	for _, c := range []struct {
		name, want string
		gd         gd
	}{
		{"no ip", "HwVtepTypeInvalid", with(func(g *gd) { g.ManagementIP = "" })},
		{"no port", "HwVtepTypeInvalid", with(func(g *gd) { g.ManagementPort = 0 })},
		{"no port, TLS", "HwVtepTypeInvalid", with(func(g *gd) { g.ManagementPort, g.ManagementProtocol = 0, model.ProtocolOVSDBTLS })},
		{"address taken", "GatewayDeviceParamDuplicate", hwVTEP("new", 1)},
		{"type first", "HwVtepTypeInvalid", with(func(g *gd) { g.ManagementIP, g.TunnelIPs = "", tunnel })},
		{"two tunnel ips", "TunnelIPsExhausted", with(func(g *gd) { g.TunnelIPs = tunnel[1:] })},
		{"tunnel ip taken", "GatewayDeviceParamDuplicate", with(func(g *gd) { g.TunnelIPs = tunnel[:1] })},
		{"tunnel ip of a router", "GatewayDeviceParamDuplicate", with(func(g *gd) { g.TunnelIPs = tunnel[1:2] })},
		{"stitch without ports", "HTTPBadRequest", with(func(g *gd) { g.BorderMode = model.BorderStitch })},
		{"stitch with one port", "HTTPBadRequest", with(func(g *gd) { g.BorderMode, g.StitchPorts = model.BorderStitch, []string{"x"} })},
		{"stitch with one port twice", "HTTPBadRequest", with(func(g *gd) { g.BorderMode, g.StitchPorts = model.BorderStitch, []string{"x", "x"} })},
		{"stitch with three", "HTTPBadRequest", with(func(g *gd) { g.BorderMode, g.StitchPorts = model.BorderStitch, []string{"x", "y", "z"} })},
		{"unknown type", "HTTPBadRequest", gd{Type: "bogus"}},
		{"router without resource", "RouterVtepTypeInvalid", gd{Type: model.RouterVTEP, TunnelIPs: tunnel[2:]}},
		{"router in use", "DeviceInUseByGatewayDevice", gd{Type: model.RouterVTEP, ResourceID: "router", TunnelIPs: tunnel[2:]}},
		{"router without tunnel ip", "TunnelIPsRequired", gd{Type: model.RouterVTEP, ResourceID: "r2"}},
		{"network without resource", "NetworkVlanTypeInvalid", gd{Type: model.NetworkVLAN}},
		{"network unknown", "ResourceNotFound", gd{Type: model.NetworkVLAN, ResourceID: "nope"}},
		{"network in use", "DeviceInUseByGatewayDevice", gd{Type: model.NetworkVLAN, ResourceID: "net"}},
	} {
		t.Run(c.name, func(*testing.T) {
			before := f.Definitions()
			_, err := f.CreateGatewayDevice(f.ctx, c.gd)
			f.refused(c.want, before, err)
		})
	}
}

func testDeviceDefaults(t *testing.T, open Open) {
	f := newFixture(t, open)
	create := func(gd model.GatewayDevice) *model.GatewayDevice {
		t.Helper()
		return must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, gd))
	}
	plain := create(model.GatewayDevice{ManagementIP: "10.0.0.1", ManagementPort: 1, ResourceID: "ignored"})
	require.Equal(t, model.HWVTEP, plain.Type)
	require.Equal(t, model.ProtocolOVSDB, plain.ManagementProtocol)
	require.Equal(t, model.BorderDirect, plain.BorderMode)
	require.Empty(t, plain.ResourceID)

	// Several databases on one address, and several that dial us.
	create(hwVTEP("a", 2))
	create(model.GatewayDevice{Name: "b", ManagementProtocol: model.ProtocolOVSDBListen})
	create(model.GatewayDevice{Name: "c", ManagementProtocol: model.ProtocolOVSDBListen})

	ports := []string{"xa", "xb"}
	stitch := hwVTEP("stitch", 3)
	stitch.BorderMode, stitch.StitchPorts = model.BorderStitch, ports
	stored := create(stitch)
	ports[0] = "changed by the caller"
	require.Equal(t, []string{"xa", "xb"}, stored.StitchPorts)

	f.network("net", 0)
	virtual := create(model.GatewayDevice{Type: model.NetworkVLAN, ResourceID: "net", TunnelIPs: tunnel[:2],
		ManagementIP: "10.0.0.1", ManagementPort: 1, ManagementProtocol: model.ProtocolOVSDB})
	require.Empty(t, virtual.TunnelIPs)
	require.Empty(t, virtual.ManagementIP)
	require.Zero(t, virtual.ManagementPort)
	require.Empty(t, virtual.ManagementProtocol)
}

func testDeviceUpdates(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.hwVTEP("sw1", 1)
	other := hwVTEP("sw2", 2)
	other.TunnelIPs = tunnel[:1]
	must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, other))

	type update = model.GatewayDeviceUpdate
	for _, c := range []struct {
		name, want, id string
		u              update
	}{
		{"unknown", "GatewayDeviceNotFound", "x", update{}},
		{"two tunnel ips", "TunnelIPsExhausted", gd.ID, update{TunnelIPs: ptr(tunnel[1:])}},
		{"tunnel ip taken", "GatewayDeviceParamDuplicate", gd.ID, update{TunnelIPs: ptr(tunnel[:1])}},
		{"stitch", "HTTPBadRequest", gd.ID, update{BorderMode: ptr(model.BorderStitch)}},
		{"endpoint taken", "GatewayDeviceParamDuplicate", gd.ID, update{ManagementIP: &other.ManagementIP, ManagementPort: &other.ManagementPort}},
		{"no address", "HwVtepTypeInvalid", gd.ID, update{ManagementIP: ptr("")}},
		{"no port", "HwVtepTypeInvalid", gd.ID, update{ManagementPort: ptr(uint16(0))}},
	} {
		t.Run(c.name, func(*testing.T) {
			before := f.Definitions()
			_, err := f.UpdateGatewayDevice(f.ctx, c.id, c.u)
			f.refused(c.want, before, err)
		})
	}
	up := must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, update{
		Name: ptr("new"), TunnelIPs: ptr(tunnel[1:2]), Site: ptr("east"), Profile: ptr("ovs-vtep"),
		BorderMode: ptr(model.BorderStitch), StitchPorts: ptr([]string{"x", "y"}), TLS: ptr("ca"),
	}))
	want := *gd
	want.Revision = up.Revision
	want.Name, want.TunnelIPs, want.Site, want.Profile, want.TLS = "new", tunnel[1:2], "east", "ovs-vtep", "ca"
	want.BorderMode, want.StitchPorts = model.BorderStitch, []string{"x", "y"}
	require.Equal(t, want, *up)

	// The addresses that a device keeps are not taken by itself.
	up = must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, update{TunnelIPs: ptr(tunnel[1:2])}))
	require.Equal(t, tunnel[1:2], up.TunnelIPs)
}

// testDeviceMoves: a switch is reached elsewhere, and stays the same device.
func testDeviceMoves(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.seen("sw1", 1, "p1")
	f.gateway(named("sw1", port("p1")))
	inv, _ := f.Definitions().Inventories.Get(gd.ID)
	type update = model.GatewayDeviceUpdate
	move := func(u update) *model.GatewayDevice {
		t.Helper()
		return must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, u))
	}
	up := move(update{ManagementIP: ptr("10.9.9.9"), ManagementProtocol: ptr(model.ProtocolOVSDBTLS), TLS: ptr("ca")})
	want := *gd
	want.Revision, want.ManagementIP, want.ManagementProtocol, want.TLS = up.Revision, "10.9.9.9", model.ProtocolOVSDBTLS, "ca"
	require.Equal(t, want, *up, "the port stays")
	kept, _ := f.Definitions().Inventories.Get(gd.ID)
	require.Same(t, inv, kept, "what is known of it stays")
	require.Same(t, up, move(update{ManagementIP: ptr("10.9.9.9")}), "an address that it has is not taken by itself")

	up = move(update{ManagementIP: ptr(""), ManagementPort: ptr(uint16(0)), ManagementProtocol: ptr(model.ProtocolOVSDBListen)})
	require.Empty(t, up.ManagementIP)
	require.Equal(t, model.ProtocolOVSDBListen, up.ManagementProtocol)

	f.network("net", 0)
	virtual := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{Type: model.NetworkVLAN, ResourceID: "net"}))
	virtual = must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, virtual.ID, update{ManagementIP: ptr("10.0.0.1"), ManagementPort: ptr(uint16(1))}))
	require.Empty(t, virtual.ManagementIP, "what is not driven has no address")
}

// testDeviceMovesToRetired: what had to be cleaned at the new address is the heir's to
// clean.
func testDeviceMovesToRetired(t *testing.T, open Open) {
	f := newFixture(t, open)
	old, gd := f.seen("old", 1), f.seen("sw1", 2, "p1")
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, old.ID))
	require.Equal(t, 1, f.Definitions().Retired.Len())
	must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, model.GatewayDeviceUpdate{
		ManagementIP: &old.ManagementIP, ManagementPort: &old.ManagementPort}))
	require.Zero(t, f.Definitions().Retired.Len())
	inv, _ := f.Definitions().Inventories.Get(gd.ID)
	require.Len(t, inv.Switches, 1, "what is known of its switches stays")
}

// testDeviceSharesSwitch: two devices reach one switch. A gateway that names the switch
// needs only one of them, and what is left to be cleaned is the other's to clean.
func testDeviceSharesSwitch(t *testing.T, open Open) {
	f := newFixture(t, open)
	one, two := f.hwVTEP("one", 1), f.hwVTEP("two", 2)
	sw := physicalSwitch("sw1", "p1")
	sw.Fingerprint = "r1"
	f.inventory(one.ID, sw)
	f.network("old", 0)
	g := f.gateway(named("sw1", port("p1", 5)))
	c := must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: "old"}))
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	f.refused("GatewayDeviceInUse", f.Definitions(), f.DeleteGatewayDevice(f.ctx, one.ID))
	f.inventory(two.ID, sw)
	f.gateway(byID(two.ID, 500))
	f.refused("GatewayDeviceInUse", f.Definitions(), f.DeleteGatewayDevice(f.ctx, two.ID))

	f.network("net", 0)
	must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: "net"}))
	again := f.gateway(byID(two.ID, 0, port("p1", 5)))
	f.network("clash", 0)
	before := f.Definitions()
	_, err := f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: again.ID, NetworkID: "clash"})
	f.refused("L2GatewayDuplicateSegmentationID", before, err)

	require.NoError(t, f.DeleteGatewayDevice(f.ctx, one.ID))
	require.Zero(t, f.Definitions().Retired.Len())
	ts, ok := f.Definitions().Tombstones.Get("old")
	require.True(t, ok)
	require.Equal(t, []string{two.ID}, ts.Pending)
}

// testDeviceReplaced: what was seen before an operator accepted another unit is no
// evidence, until the switch is seen again.
func testDeviceReplaced(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.seen("sw1", 1, "p1")
	inv, _ := f.Definitions().Inventories.Get(gd.ID)
	up := must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, model.GatewayDeviceUpdate{Replaced: true}))
	require.Greater(t, up.Accepted, inv.Revision)
	f.inventory(gd.ID, inv.Switches...)
	seen, _ := f.Definitions().Inventories.Get(gd.ID)
	require.GreaterOrEqual(t, seen.Revision, up.Accepted)
	f.inventory(gd.ID, inv.Switches...)
	same, _ := f.Definitions().Inventories.Get(gd.ID)
	require.Same(t, seen, same)
}

func testDeviceDeletes(t *testing.T, open Open) {
	f := newFixture(t, open)
	id := f.seen("sw1", 1, "p1")
	bySwitch := f.hwVTEP("box", 2)
	f.inventory(bySwitch.ID, physicalSwitch("sw2", "p1"))
	byName := f.hwVTEP("sw3", 3)
	f.gateway(byID(id.ID, 500))
	f.gateway(named("sw2", port("p1")))
	last := f.gateway(named("sw3", port("p1")))
	for _, gd := range []*model.GatewayDevice{id, bySwitch, byName} {
		f.refused("GatewayDeviceInUse", f.Definitions(), f.DeleteGatewayDevice(f.ctx, gd.ID))
	}
	f.refused("GatewayDeviceNotFound", f.Definitions(), f.DeleteGatewayDevice(f.ctx, "x"))
	require.NoError(t, f.DeleteL2Gateway(f.ctx, last.ID))
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, byName.ID))
	_, ok := f.Definitions().Devices.Get(byName.ID)
	require.False(t, ok)
}

func ptr[T any](v T) *T { return &v }
