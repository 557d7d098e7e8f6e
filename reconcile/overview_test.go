package reconcile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// inSites puts switches into sites.
func (s *site) inSites(names ...string) {
	s.t.Helper()
	for i, name := range names {
		_, err := s.store.UpdateGatewayDevice(s.t.Context(), s.tors[i].id, model.GatewayDeviceUpdate{Site: &name})
		require.NoError(s.t, err)
	}
}

// stretch joins a network to sites by borders.
func (s *site) stretch(network string, vni model.VNI, tors ...*tor) (connection string) {
	s.t.Helper()
	g := model.L2Gateway{Name: "wan"}
	for _, tor := range tors {
		g.Devices = append(g.Devices, model.Device{DeviceID: tor.id, SegmentationID: vni})
	}
	gw, err := s.store.CreateL2Gateway(s.t.Context(), g)
	require.NoError(s.t, err)
	c, err := s.store.CreateConnection(s.t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: network})
	require.NoError(s.t, err)
	return c.ID
}

// TestOverview: what a running Loop says of switches and connections as a whole.
func TestOverview(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{})
	a, b, c := s.tors[0], s.tors[1], s.tors[2]
	s.inSites("east", "west", "east")
	n, err := s.store.CreateNetwork(t.Context(), model.Network{Name: "blue", VNI: 7000})
	require.NoError(t, err)
	s.active(s.stretch(n.ID, 7000, a, b))
	gw, err := s.store.CreateL2Gateway(t.Context(), model.L2Gateway{Name: "gw1", Devices: []model.Device{
		{DeviceName: c.name, Interfaces: []model.Interface{{Name: "p9", VLANs: []model.VLAN{7}, ProvisionAhead: true}}},
	}})
	require.NoError(t, err)
	pending, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: n.ID})
	require.NoError(t, err)

	var got model.Overview
	s.eventually(func() bool {
		got = s.loop.Overview()
		return len(got.Attention) == 1 && got.Connections[model.ConnectionActive] == 1 && got.Devices[model.DeviceInSync] == 3
	}, "one connection is not active")
	require.Equal(t, pending.ID, got.Attention[0].ID)
	require.Equal(t, "gw1/blue", got.Attention[0].Name)
	require.Equal(t, model.ConnectionPending, got.Attention[0].Status)
	require.Equal(t, s.loop.ConnectionStatus(pending.ID).Detail, got.Attention[0].Message)
	require.WithinDuration(t, time.Now(), got.Attention[0].Since, patience)
	require.Equal(t, 1, got.AttentionTotal)
	require.Equal(t, map[string]int{model.ConnectionActive: 1, model.ConnectionPending: 1, model.ConnectionError: 0, model.ConnectionUnsupported: 0}, got.Connections)
	require.Equal(t, map[string]int{
		model.DeviceInSync: 3, model.DeviceUnreachable: 0, model.DeviceReading: 0, model.DeviceSyncing: 0, model.DeviceDegraded: 0,
		model.DeviceDrivenElsewhere: 0, model.DeviceDiscovered: 0, model.DeviceUnsupported: 0,
	}, got.Devices)
	require.Equal(t, []model.Stretch{{Sites: []string{"east", "west"}, Networks: 1, Down: []string{}}}, got.Stretches)
	require.Equal(t, []model.SiteDevices{
		{Name: "east", Devices: []model.SiteDevice{
			{ID: a.id, Name: a.name, Status: model.DeviceInSync, Border: true}, {ID: c.id, Name: c.name, Status: model.DeviceInSync},
		}},
		{Name: "west", Devices: []model.SiteDevice{{ID: b.id, Name: b.name, Status: model.DeviceInSync, Border: true}}},
	}, got.Sites)
	require.Equal(t, s.store.Definitions().Revision, got.Revision)
	require.Empty(t, got.Ready)
	require.Equal(t, 1, got.Networks)
	require.False(t, got.Settled)

	b.Stop()
	s.enters(b, model.DeviceUnreachable)
	got = s.loop.Overview()
	require.Equal(t, model.Attention{
		Kind: model.KindDevice, ID: b.id, Name: b.name, Status: model.DeviceUnreachable, Since: got.Attention[0].Since, Message: got.Attention[0].Message,
	}, got.Attention[0])
	require.NotEmpty(t, got.Attention[0].Message)
	require.Equal(t, model.FindCondition(s.loop.DeviceStatus(b.id).Conditions, model.Reachable).Since, got.Attention[0].Since)
	require.Equal(t, 1, got.Devices[model.DeviceUnreachable])
	require.Equal(t, []string{b.name}, got.Stretches[0].Down)
}

// TestOneDevice: the report and the plan of one device are those of the list; of a device that is not driven they have the
// status.
func TestOneDevice(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	for i, tor := range s.tors {
		got, is := s.loop.DeviceReport(tor.id)
		require.True(t, is)
		require.Equal(t, s.loop.DeviceReports()[i], got)
		require.Equal(t, tor.name, got.Switches[0].Name)
		p, is := s.loop.Plan(tor.id, 0)
		require.True(t, is)
		require.Equal(t, slices.Collect(s.loop.Plans(0))[i].ID, p.ID)
		require.True(t, p.Known)
	}
	gd, err := s.store.CreateGatewayDevice(t.Context(), model.GatewayDevice{Name: "router", Type: model.RouterVTEP, ResourceID: "r", TunnelIPs: []model.VTEPAddress{{192, 0, 2, 9}}})
	require.NoError(t, err)
	got, is := s.loop.DeviceReport(gd.ID)
	require.True(t, is)
	require.Equal(t, model.DeviceUnsupported, got.Status.Phase)
	require.Equal(t, "router", got.Name)
	p, is := s.loop.Plan(gd.ID, 0)
	require.True(t, is)
	require.Equal(t, model.DevicePlan{ID: gd.ID, Name: "router", Detail: "nothing is driven for this type of device"}, p)
	_, is = s.loop.DeviceReport("nobody")
	require.False(t, is)
	_, is = s.loop.Plan("nobody", 0)
	require.False(t, is)
}

// TestOverviewOfDiscovered: a switch that no device stands for needs somebody.
func TestOverviewOfDiscovered(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	call(sw, "tcp:"+g.addresses[0])
	report := g.discovers("sw1", "switch sw1 is not registered")
	got := g.loop.Overview()
	require.Equal(t, 1, got.Devices[model.DeviceDiscovered])
	require.Equal(t, []model.Attention{{
		Kind: model.KindDevice, Name: "sw1", Status: model.DeviceDiscovered, Since: report.Status.Conditions[0].Since, Message: report.Status.Detail,
	}}, got.Attention)
	require.Empty(t, got.Sites)

	id := g.register(listener("sw1"))
	g.reaches(id, model.DeviceInSync)
	got = g.loop.Overview()
	require.Zero(t, got.Devices[model.DeviceDiscovered])
	require.Empty(t, got.Attention)
}
