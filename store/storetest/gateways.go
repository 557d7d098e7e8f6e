package storetest

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func testGatewayCreate(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.hwVTEP("sw1", 1)
	devices := []model.Device{
		named("unknown", port("p1", 10), port("p2", 20), port("p1", 11)),
		named("unknown", port("p1", 10)),
		named("elsewhere", port("p9")),
		byID(gd.ID, 500),
	}
	g := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Name: "g", Devices: devices}))
	require.Equal(t, model.ActiveActive, g.HAMode)
	require.Equal(t, []model.Interface{port("p1", 10, 11), port("p2", 20)}, g.Devices[0].Interfaces)
	ids := map[string]bool{}
	for _, d := range g.Devices {
		require.NotEmpty(t, d.ID)
		ids[d.ID] = true
	}
	require.Len(t, ids, len(g.Devices))
	devices[0].Interfaces[0].VLANs[0] = 99
	require.Equal(t, model.VLAN(10), g.Devices[0].Interfaces[0].VLANs[0], "the store shares memory with its caller")
	must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Name: "g", Devices: devices}))
}

func testGatewayCreateRefusals(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.hwVTEP("sw1", 1)
	f.network("net", 0)
	vlan := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{Type: model.NetworkVLAN, ResourceID: "net"}))
	for _, c := range []struct {
		name, want string
		devices    []model.Device
	}{
		{"unknown id", "GatewayDeviceNotFound", []model.Device{byID("x", 500)}},
		{"tagged and untagged", "L2GatewaySegmentationRequired", []model.Device{named("sw1", port("p1", 10), port("p2"))}},
		{"untagged and tagged", "L2GatewaySegmentationRequired", []model.Device{named("sw1", port("p1"), port("p2", 10))}},
		{"VLAN out of range", "InvalidInput", []model.Device{byID(vlan.ID, 4095)}},
		{"both kinds left open", "L2GatewaySegmentationRequired", []model.Device{named("sw2", port("p1")), byID(gd.ID, 0)}},
	} {
		t.Run(c.name, func(*testing.T) {
			before := f.Definitions()
			_, err := f.CreateL2Gateway(f.ctx, model.L2Gateway{Devices: c.devices})
			f.refused(c.want, before, err)
		})
	}
	f.gateway(byID(vlan.ID, 4094))
	f.gateway(named("sw2", port("p1", 5)), byID(gd.ID, 0))
	f.gateway(named("sw2", port("p1")), byID(gd.ID, 500))
	f.gateway(named("sw2", port("p1", 0)), byID(gd.ID, 0))
}

func testGatewayUpdate(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.seen("sw1", 1, "p1", "p2")
	f.seen("sw2", 2, "p1")
	g := f.gateway(named("sw1", port("p1", 10)), named("sw2", port("p1", 10)), byID(gd.ID, 500))
	update := func(u model.L2GatewayUpdate) *model.L2Gateway {
		t.Helper()
		return must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, u))
	}
	up := update(model.L2GatewayUpdate{Name: ptr("new"), HAMode: ptr(model.ActivePassive), Preempt: ptr(true)})
	require.Equal(t, "new", up.Name)
	require.Equal(t, model.ActivePassive, up.HAMode)
	require.True(t, up.Preempt)
	require.Equal(t, g.Devices, up.Devices)

	up = update(model.L2GatewayUpdate{Devices: []model.Device{named("sw1", port("p2", 20), port("p2", 21)), byID(gd.ID, 501)}})
	require.Equal(t, "new", up.Name)
	require.Equal(t, g.Devices[0].ID, up.Devices[0].ID)
	require.Equal(t, []model.Interface{port("p2", 20, 21)}, up.Devices[0].Interfaces)
	require.Equal(t, g.Devices[1], up.Devices[1], "a device that was not listed changed")
	require.Equal(t, model.VNI(501), up.Devices[2].SegmentationID)

	up = update(model.L2GatewayUpdate{ReplaceDevices: true,
		Devices: []model.Device{named("sw2", port("p1", 30)), named("sw1", port("p1", 30))}})
	require.Len(t, up.Devices, 2)
	require.Equal(t, g.Devices[1].ID, up.Devices[0].ID)
	require.Equal(t, g.Devices[0].ID, up.Devices[1].ID)

	// Only the active one of an active-passive gateway is bound: two of one id
	// would both be.
	up = update(model.L2GatewayUpdate{ReplaceDevices: true,
		Devices: []model.Device{named("sw1", port("p1", 30)), named("sw1", port("p2", 30))}})
	require.Equal(t, g.Devices[0].ID, up.Devices[0].ID)
	require.NotEqual(t, up.Devices[0].ID, up.Devices[1].ID)
	ids := []string{up.Devices[0].ID, up.Devices[1].ID}
	up = update(model.L2GatewayUpdate{Devices: []model.Device{named("sw1", port("p1", 31)), named("sw1", port("p2", 32))}})
	require.Equal(t, []model.Interface{port("p1", 31)}, up.Devices[0].Interfaces)
	require.Equal(t, []model.Interface{port("p2", 32)}, up.Devices[1].Interfaces)
	require.Equal(t, ids, []string{up.Devices[0].ID, up.Devices[1].ID})
	up = update(model.L2GatewayUpdate{Devices: []model.Device{named("sw1", port("p1", 31)), named("sw1", port("p2", 32)), named("sw1", port("p1", 33))}})
	require.Equal(t, []model.Interface{port("p1", 33)}, up.Devices[0].Interfaces)
}

func testGatewayUpdateRefusals(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.seen("sw1", 1, "p1", "p2")
	tagged := f.gateway(named("sw1", port("p1", 10)), named("gone", port("p1", 10)))
	untagged := f.gateway(named("sw1", port("p1")))
	zero := f.gateway(named("sw1", port("p1", 0)))
	border := f.gateway(byID(gd.ID, 500))
	one := func(d model.Device) model.L2GatewayUpdate { return model.L2GatewayUpdate{Devices: []model.Device{d}} }
	for _, c := range []struct {
		name, want, id string
		u              model.L2GatewayUpdate
	}{
		{"unknown gateway", "L2GatewayNotFound", "x", model.L2GatewayUpdate{}},
		{"unknown device", "L2GatewayDeviceNotFound", tagged.ID, one(named("sw9", port("p1", 10)))},
		{"unknown device id", "L2GatewayDeviceNotFound", tagged.ID, one(byID(gd.ID, 500))},
		{"unknown device before its interfaces", "L2GatewayDeviceNotFound", tagged.ID, one(named("sw9", port("p1", 10), port("p2")))},
		{"tagged and untagged", "L2GatewaySegmentationRequired", tagged.ID, one(named("sw1", port("p1", 10), port("p2")))},
		{"tagged to untagged", "L2GatewaySegmentationIDExists", tagged.ID, one(named("sw1", port("p1")))},
		{"tagged to VLAN 0", "L2GatewaySegmentationIDExists", tagged.ID, one(named("sw1", port("p1", 0)))},
		{"untagged to tagged", "L2GatewaySegmentationIDNotExists", untagged.ID, one(named("sw1", port("p1", 10)))},
		{"VLAN 0 to tagged", "L2GatewaySegmentationIDNotExists", zero.ID, one(named("sw1", port("p1", 10)))},
		{"unknown port", "L2GatewayPhysicalPortNotFound", tagged.ID, one(named("sw1", port("p9", 10)))},
		{"unknown switch", "L2GatewayDeviceNotFound", tagged.ID, one(named("gone", port("p1", 10)))},
		{"replaced by an unknown id", "GatewayDeviceNotFound", border.ID, model.L2GatewayUpdate{ReplaceDevices: true, Devices: []model.Device{byID("x", 1)}}},
		{"both kinds left open", "L2GatewaySegmentationRequired", border.ID,
			model.L2GatewayUpdate{ReplaceDevices: true, Devices: []model.Device{byID(gd.ID, 0), named("sw1", port("p1"))}}},
	} {
		t.Run(c.name, func(*testing.T) {
			before := f.Definitions()
			_, err := f.UpdateL2Gateway(f.ctx, c.id, c.u)
			f.refused(c.want, before, err)
		})
	}
}

// A gateway's connections must stand after an update as if they were made then.
func testGatewayUpdateRechecks(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.seen("sw1", 1, "p1", "p2"), f.seen("sw2", 2, "p1")
	for _, id := range []string{"n1", "n2", "n3", "n4"} {
		f.network(id, 0)
	}
	f.network("own", 900)
	g1 := f.gateway(named("sw1", port("p1", 10)))
	f.connect(g1, "n1", model.SegmentationID{})
	g2 := f.gateway(named("sw1", port("p2", 10)))
	f.connect(g2, "n2", model.SegmentationID{})
	border := f.gateway(byID(a.ID, 500))
	f.connect(border, "n3", model.SegmentationID{})
	open500 := f.gateway(byID(b.ID, 0))
	n4 := f.connect(open500, "n4", model.VXLANID(500))

	update := func(g *model.L2Gateway, devices ...model.Device) error {
		_, err := f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{Devices: devices, ReplaceDevices: true})
		return err
	}
	for _, c := range []struct {
		name, want string
		do         func() error
	}{
		{"VLAN taken", "L2GatewayDuplicateSegmentationID", func() error { return update(g2, named("sw1", port("p1", 9, 10))) }},
		{"VNI of a network", "L2GatewaySegmentationIDInUse", func() error { return update(border, byID(a.ID, 900)) }},
		{"VNI on the same device", "L2GatewaySegmentationIDInUse", func() error { return update(border, byID(b.ID, 500)) }},
		{"own VNI left to others", "L2GatewaySegmentationIDInUse", func() error { return update(border, byID(a.ID, 501)) }},
		{"given twice", "InvalidInput", func() error { return update(open500, byID(b.ID, 500)) }},
		{"given by nobody", "InvalidInput", func() error { return update(border, byID(a.ID, 0)) }},
		{"other kind", "InvalidInput", func() error { return update(open500, named("sw2", port("p1"))) }},
	} {
		t.Run(c.name, func(*testing.T) { f.refused(c.want, f.Definitions(), c.do()) })
	}
	require.NoError(t, update(g2, named("sw1", port("p1", 11))))
	require.NoError(t, f.DeleteConnection(f.ctx, n4.ID))
	require.NoError(t, update(border, byID(a.ID, 501)))
	require.Equal(t, model.VNI(500), f.vni("n3"), "a network's VNI changed")
}

func testGatewayDelete(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.seen("sw1", 1, "p1")
	f.network("n", 0)
	g := f.gateway(named("sw1", port("p1", 10)))
	c := f.connect(g, "n", model.SegmentationID{})
	f.refused("L2GatewayInUse", f.Definitions(), f.DeleteL2Gateway(f.ctx, g.ID))
	f.refused("L2GatewayNotFound", f.Definitions(), f.DeleteL2Gateway(f.ctx, "x"))
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
	require.Zero(t, f.Definitions().Gateways.Len())
}
