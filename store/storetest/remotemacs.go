package storetest

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func entry(last byte, vni model.VNI) model.RemoteMACEntry {
	return model.RemoteMACEntry{MAC: model.MAC{2, 0, 0, 0, 0, last}, VTEPAddress: tunnel[0], SegmentationID: vni}
}

func testRemoteMACs(t *testing.T, open Open) {
	f := newFixture(t, open)
	a, b := f.hwVTEP("a", 1), f.hwVTEP("b", 2)
	f.network("net", 0)
	vlan := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{Type: model.NetworkVLAN, ResourceID: "net"}))
	first := must[model.RemoteMACEntry](f)(f.CreateRemoteMAC(f.ctx, a.ID, entry(1, 500)))
	group := entry(3, 500)
	group.MAC[0] |= 1

	create := func(device string, es ...model.RemoteMACEntry) func() error {
		return func() error { _, err := f.CreateRemoteMACs(f.ctx, device, es); return err }
	}
	get := func(device, id string) func() error {
		return func() error { _, err := f.GetRemoteMAC(device, id); return err }
	}
	remove := func(device, id string) func() error {
		return func() error { return f.DeleteRemoteMAC(f.ctx, device, id) }
	}
	for _, c := range []struct {
		name, want string
		do         func() error
	}{
		{"unknown device", "GatewayDeviceNotFound", create("x", entry(1, 500))},
		{"network_vlan", "OperationRemoteMacEntryNotSupported", create(vlan.ID, entry(1, 500))},
		{"multicast", "HTTPBadRequest", create(a.ID, entry(2, 500), group)},
		{"zero", "HTTPBadRequest", create(a.ID, model.RemoteMACEntry{SegmentationID: 500})},
		{"duplicate", "DuplicateRemoteMacEntry", create(a.ID, entry(2, 500), entry(1, 500))},
		{"duplicate in the request", "DuplicateRemoteMacEntry", create(a.ID, entry(2, 500), entry(2, 500))},
		{"get unknown", "RemoteMacEntryNotFound", get(a.ID, "x")},
		{"get elsewhere", "RemoteMacEntryWrongGatewayDevice", get(b.ID, first.ID)},
		{"delete unknown", "RemoteMacEntryNotFound", remove(a.ID, "x")},
		{"delete elsewhere", "RemoteMacEntryWrongGatewayDevice", remove(b.ID, first.ID)},
	} {
		t.Run(c.name, func(*testing.T) { f.refused(c.want, f.Definitions(), c.do()) })
	}

	// The same MAC in another VNI, or on another device.
	more, err := f.CreateRemoteMACs(f.ctx, a.ID, []model.RemoteMACEntry{entry(1, 501), entry(2, 500)})
	require.NoError(t, err)
	require.Len(t, more, 2)
	must[model.RemoteMACEntry](f)(f.CreateRemoteMAC(f.ctx, b.ID, entry(1, 500)))
	got := must[model.RemoteMACEntry](f)(f.GetRemoteMAC(a.ID, more[1].ID))
	require.Equal(t, more[1], *got)
	require.NoError(t, f.DeleteRemoteMAC(f.ctx, a.ID, first.ID))
	require.Equal(t, more, f.macsOf(a.ID))
	last := must[model.RemoteMACEntry](f)(f.CreateRemoteMAC(f.ctx, a.ID, entry(1, 500)))
	f.reopen()
	require.Equal(t, append(more, *last), f.macsOf(a.ID), "in the order of creation")
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, a.ID))
	require.Empty(t, f.macsOf(a.ID))
	require.Len(t, f.macsOf(b.ID), 1)
	f.refused("RemoteMacEntryNotFound", f.Definitions(), remove(b.ID, last.ID)())
	f.reopen()
	require.Len(t, f.macsOf(b.ID), 1)
}

func testInventory(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.hwVTEP("sw1", 1)
	f.refused("GatewayDeviceNotFound", f.Definitions(), f.SetInventory(f.ctx, "x", model.Inventory{}))

	sw1, sw2 := physicalSwitch("sw1", "p1", "p2"), physicalSwitch("sw2")
	f.inventory(gd.ID, sw1, sw2)
	before := f.Definitions()
	f.inventory(gd.ID, physicalSwitch("sw2"), physicalSwitch("sw1", "p2", "p1"))
	require.Same(t, before, f.Definitions(), "an inventory that says the same was written")
	f.reopen()
	before = f.Definitions()
	f.inventory(gd.ID, sw1, sw2)
	require.Same(t, before, f.Definitions(), "an inventory that says the same was written after a restart")

	sw1.Ports[0].Faults = []string{"down"}
	f.inventory(gd.ID, sw1)
	inv, _ := f.Definitions().Inventories.Get(gd.ID)
	require.Equal(t, []model.SwitchInventory{sw1}, inv.Switches)
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, gd.ID))
	require.Zero(t, f.Definitions().Inventories.Len())
}
