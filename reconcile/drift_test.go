package reconcile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// TestDriftPolicy: under "report" what an operator changes is shown and left,
// what a user changes is written all the same, and "repair" writes the rest.
func TestDriftPolicy(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{Interval: 100 * time.Millisecond})
	a, b := s.tors[0], s.tors[1]
	policy := func(p model.DriftPolicy) {
		_, err := s.store.UpdateGatewayDevice(t.Context(), a.id, model.GatewayDeviceUpdate{DriftPolicy: &p})
		require.NoError(t, err)
	}
	policy(model.DriftReport)
	net := s.network()
	conn := s.connect(net, model.ActiveActive, a, b)
	s.active(conn)

	a.VtepCtl("unbind-ls", a.name, "p1", "100")
	a.VtepCtl("clear-remote-macs", net)
	s.eventually(func() bool {
		st := s.loop.ConnectionStatus(conn)
		return st.State == model.ConnectionError && strings.Contains(st.Detail, "an external writer changed it")
	}, "the drift is shown")
	require.Equal(t, model.DeviceDegraded, s.loop.DeviceStatus(a.id).Phase)

	other := s.network()
	g, err := s.store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{
		{DeviceName: a.name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{200}}}}}})
	require.NoError(t, err)
	c, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: other})
	require.NoError(t, err)
	s.active(c.ID)
	require.Equal(t, "0200 "+other, strings.TrimSpace(a.VtepCtl("list-bindings", a.name, "p1")), "the new one is written, the old one left")
	require.NotContains(t, a.VtepCtl("list-remote-macs", net), "unknown-dst")

	policy(model.DriftRepair)
	s.active(conn)
	require.Contains(t, a.VtepCtl("list-bindings", a.name, "p1"), "0100 "+net)
	require.Contains(t, a.VtepCtl("list-remote-macs", net), b.tunnelIP)
}

// TestDriftPolicyAtOnce: what was left as it is is written as soon as the policy says so, not at the next periodic pass.
func TestDriftPolicyAtOnce(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{Interval: time.Hour})
	a := s.tors[0]
	policy := func(p model.DriftPolicy) {
		_, err := s.store.UpdateGatewayDevice(t.Context(), a.id, model.GatewayDeviceUpdate{DriftPolicy: &p})
		require.NoError(t, err)
	}
	policy(model.DriftReport)
	net := s.network()
	conn := s.connect(net, model.ActiveActive, a)
	s.active(conn)
	a.VtepCtl("unbind-ls", a.name, "p1", "100")
	s.eventually(func() bool {
		return strings.Contains(s.loop.ConnectionStatus(conn).Detail, "`bordergw device update tor0 --drift-policy repair` writes it: bind tor0 p1 vlan 100 -> "+net)
	}, "the drift is shown, with what repairs it: %s", s.loop.ConnectionStatus(conn).Detail)
	policy(model.DriftRepair)
	s.active(conn)
	require.Contains(t, a.VtepCtl("list-bindings", a.name, "p1"), "0100 "+net)
}

// TestDriftPolicyAndPorts: under "report" a port that comes is bound all the same:
// nobody undid that.
func TestDriftPolicyAndPorts(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{Interval: 100 * time.Millisecond})
	a := s.tors[0]
	report := model.DriftReport
	_, err := s.store.UpdateGatewayDevice(t.Context(), a.id, model.GatewayDeviceUpdate{DriftPolicy: &report})
	require.NoError(t, err)
	net := s.network()
	conn := s.connect(net, model.ActiveActive, a)
	s.active(conn)
	a.VtepCtl("del-port", a.name, "p1")
	s.eventually(func() bool { return s.loop.ConnectionStatus(conn).State == model.ConnectionPending }, "the port has gone")
	a.VtepCtl("add-port", a.name, "p1")
	s.active(conn)
	require.Contains(t, a.VtepCtl("list-bindings", a.name, "p1"), "0100 "+net)
}
