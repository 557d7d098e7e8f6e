package storetest

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

var none model.SegmentationID

// Each request is wrong in more than one way; the check that comes first wins.
func testConnectionOrder(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.seen("sw1", 1, "p1", "p2")
	f.network("n", 0)
	tagged := f.gateway(named("sw1", port("p1", 10)))
	untagged := f.gateway(named("sw1", port("p2")))
	absent := f.gateway(named("sw9", port("p1")))
	noPort := f.gateway(named("sw1", port("p9")))
	nobody := &model.L2Gateway{Record: model.Record{ID: "x"}}
	f.connect(tagged, "n", none)
	f.connect(untagged, "n", model.VLANID(20))

	for _, c := range []struct {
		name, want string
		g          *model.L2Gateway
		network    string
		seg        model.SegmentationID
	}{
		{"network before all", "NetworkNotFound", nobody, "x", none},
		{"given twice before exists", "InvalidInput", tagged, "n", model.VLANID(10)},
		{"range before exists", "InvalidInput", untagged, "n", model.SegmentationID{Kind: model.VLANSegmentation, Value: 4095}},
		{"missing before unknown gateway", "InvalidInput", nobody, "n", none},
		{"missing before exists", "InvalidInput", untagged, "n", none},
		{"exists", "L2GatewayConnectionExists", untagged, "n", model.VLANID(21)},
		{"exists before its kind", "L2GatewayConnectionExists", untagged, "n", model.VXLANID(21)},
		{"unknown gateway", "L2GatewayNotFound", nobody, "n", model.VLANID(10)},
		{"kind before switch", "InvalidInput", absent, "n", model.VXLANID(10)},
		{"unknown switch", "L2GatewayDeviceNotFound", absent, "n", model.VLANID(10)},
		{"unknown port", "L2GatewayInterfaceNotFound", noPort, "n", model.VLANID(10)},
	} {
		t.Run(c.name, func(*testing.T) { f.connectRefused(c.want, c.g, c.network, c.seg) })
	}
	f.refused("L2GatewayConnectionNotFound", f.Definitions(), f.DeleteConnection(f.ctx, "x"))
}

func testConnectionSegmentation(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.seen("sw1", 1, "p1", "p2")
	f.network("n", 0)
	for _, c := range []struct {
		name    string
		devices []model.Device
		seg     model.SegmentationID
		ok      bool
	}{
		{"VLAN by the gateway", []model.Device{named("sw1", port("p1", 10))}, none, true},
		{"VLAN by the connection", []model.Device{named("sw1", port("p1"))}, model.VLANID(10), true},
		{"VLAN 0 by the connection", []model.Device{named("sw1", port("p1"))}, model.VLANID(0), true},
		{"no VLAN", []model.Device{named("sw1", port("p1"))}, none, false},
		{"VLAN 0 by the gateway", []model.Device{named("sw1", port("p1", 0))}, none, true},
		{"VLAN 0 by the gateway, another by the connection", []model.Device{named("sw1", port("p1", 0))}, model.VLANID(10), true},
		{"VLAN 0 and 7 by the gateway", []model.Device{named("sw1", port("p1", 0, 7))}, model.VLANID(10), false},
		{"VNI for a VLAN", []model.Device{named("sw1", port("p1"))}, model.VXLANID(10), false},
		{"VNI by the gateway", []model.Device{byID(gd.ID, 500)}, none, true},
		{"VNI by the connection", []model.Device{byID(gd.ID, 0)}, model.VXLANID(500), true},
		{"highest VNI", []model.Device{byID(gd.ID, 0)}, model.VXLANID(model.MaxVNI), true},
		{"VNI out of range", []model.Device{byID(gd.ID, 0)}, model.VXLANID(model.MaxVNI + 1), false},
		{"VNI by both", []model.Device{byID(gd.ID, 500)}, model.VXLANID(500), false},
		{"no VNI", []model.Device{byID(gd.ID, 0)}, none, false},
		{"VLAN for a VNI", []model.Device{byID(gd.ID, 0)}, model.VLANID(10), false},
		{"id with ports", []model.Device{byID(gd.ID, 0, port("p1"))}, model.VLANID(10), true},
		{"id with ports and VNI", []model.Device{byID(gd.ID, 500, port("p1"))}, model.VLANID(10), true},
		{"VLAN by the gateway, VNI by the connection", []model.Device{named("sw1", port("p1", 10)), byID(gd.ID, 0)}, model.VXLANID(500), true},
		{"VNI by the gateway, VLAN by the connection", []model.Device{named("sw1", port("p1")), byID(gd.ID, 500)}, model.VLANID(10), true},
		{"VLAN 0 by the gateway, VNI by the connection", []model.Device{named("sw1", port("p1", 0)), byID(gd.ID, 0)}, model.VXLANID(500), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.network(c.name, 0)
			g := f.gateway(c.devices...)
			if !c.ok {
				f.connectRefused("InvalidInput", g, c.name, c.seg)
				return
			}
			conn := f.connect(g, c.name, c.seg)
			require.Equal(t, c.seg, conn.SegmentationID)
			require.Equal(t, "owner", conn.ProjectID)
			require.NoError(t, f.DeleteConnection(f.ctx, conn.ID))
			require.NoError(t, f.DeleteNetwork(f.ctx, c.name))
			f.confirm(gd.ID)
		})
	}
}

func testConnectionSwitches(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.hwVTEP("box", 1)
	bad, up := physicalSwitch("bad", "p1"), physicalSwitch("sw1", "p1", "p2")
	bad.Faults = []string{"fan"}
	up.Faults, up.Ports[0].Faults, up.Ports[1].Faults = []string{"UP"}, []string{"UP"}, []string{"UP", "no carrier"}
	f.inventory(gd.ID, bad, up)
	f.network("n", 0)
	for _, c := range []struct {
		name, want string
		dev        model.Device
	}{
		{"switch fault", "L2GatewayPhysicalSwitchFaultStatus", named("bad", port("p9", 1))},
		{"port fault", "L2GatewayPhysicalPortFaultStatus", named("sw1", port("p1", 1), port("p2", 1))},
		{"unknown port", "L2GatewayInterfaceNotFound", named("sw1", port("p1", 1), port("p3", 1))},
		{"unknown switch", "L2GatewayDeviceNotFound", named("sw2", port("p1", 1))},
	} {
		t.Run(c.name, func(*testing.T) { f.connectRefused(c.want, f.gateway(c.dev), "n", none) })
	}
	f.connect(f.gateway(named("sw1", port("p1", 1))), "n", none)

	// sw2 may be on a database that was never read.
	f.hwVTEP("unread", 2)
	f.connect(f.gateway(named("sw2", port("p1", 1))), "n", none)
	f.connect(f.gateway(named("unread", port("p1", 1))), "n", none)
	f.connectRefused("L2GatewayInterfaceNotFound", f.gateway(named("sw1", port("p3", 1))), "n", none)
}

func testConnectionVLANs(t *testing.T, open Open) {
	f := newFixture(t, open)
	gd := f.seen("sw1", 1, "p1", "p2", "p3")
	f.seen("sw2", 2, "p1")
	f.hwVTEP("unread", 3)
	f.network("n", 0)
	f.network("m", 0)
	first := f.gateway(named("sw1", port("p1", 10, 11)), named("later", port("p1", 10)))
	f.connect(first, "n", none)
	other := f.gateway(named("sw1", port("p2")))
	f.connect(other, "n", model.VLANID(0))
	for _, c := range []struct {
		name    string
		dev     model.Device
		network string
		seg     model.SegmentationID
	}{
		{"same place", named("sw1", port("p2", 11), port("p1", 12, 11)), "m", none},
		{"by the connection", named("sw1", port("p1")), "m", model.VLANID(11)},
		{"by id", byID(gd.ID, 0, port("p1", 10)), "m", none},
		{"untagged", named("sw1", port("p2")), "m", model.VLANID(0)},
		{"VLAN 0 of the gateway", named("sw1", port("p2", 0)), "m", none},
		{"switch not known", named("later", port("p1", 10)), "m", none},
		{"same network", named("sw1", port("p1", 10)), "n", none},
	} {
		t.Run(c.name, func(*testing.T) {
			f.connectRefused("L2GatewayDuplicateSegmentationID", f.gateway(c.dev), c.network, c.seg)
		})
	}
	f.connectRefused("L2GatewayDuplicateSegmentationID", first, "m", none)
	f.connect(f.gateway(named("sw1", port("p1", 12)), named("sw2", port("p1", 10))), "m", none)
	f.connect(other, "m", model.VLANID(10))
	// One gateway that lists a port twice does not clash with itself.
	f.network("twice", 0)
	f.connect(f.gateway(named("sw1", port("p3", 1, 1)), byID(gd.ID, 0, port("p3", 1))), "twice", none)
}
