package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// repaired are the log's lines about drift that was put right.
func repaired(log *logtest.Hook) []*logrus.Entry {
	return slices.DeleteFunc(log.AllEntries(), func(e *logrus.Entry) bool { return !strings.HasPrefix(e.Message, "an external writer changed") })
}

// TestF84_RepairsAreLogged: what was put right is counted, and logged with what it had been.
func TestF84_RepairsAreLogged(t *testing.T) {
	for name, change := range map[string]struct {
		by       func(a, b *tor, net string)
		row, was string
	}{
		"binding": {func(a, _ *tor, _ string) { a.VtepCtl("unbind-ls", a.name, "p1", "100") }, "bind tor0 p1 vlan 100 -> ", "nothing"},
		"VNI": {func(a, _ *tor, net string) { a.VtepCtl("set", "Logical_Switch", net, "tunnel_key=77") },
			"set logical-switch ", "key 77"},
		"far MAC": {func(a, b *tor, net string) { a.VtepCtl("clear-remote-macs", net) }, "", "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			logger, log := logtest.NewNullLogger()
			s := newSite(t, 2, reconcile.Options{Registry: registry, Log: logger})
			a, b := s.tors[0], s.tors[1]
			net := s.network()
			s.active(s.connect(net, model.ActiveActive, a, b))
			b.learn(net, m1)
			s.holds(a, net, m1, b.tunnelIP)
			s.enters(a, model.DeviceInSync)
			require.Empty(t, repaired(log), "what users and MACs change is no drift")
			require.Zero(t, metric(t, registry, "bordergw_device_repairs_total", a.id))

			renamed := "leaf-1"
			_, err := s.store.UpdateGatewayDevice(t.Context(), b.id, model.GatewayDeviceUpdate{Name: &renamed})
			require.NoError(t, err)
			change.by(a, b, net)
			s.eventually(func() bool { return metric(t, registry, "bordergw_device_repairs_total", a.id) > 0 }, "it is counted")
			s.eventually(func() bool { return len(repaired(log)) == 1 }, "it is logged")
			e := repaired(log)[0]
			require.Equal(t, logrus.InfoLevel, e.Level)
			require.Equal(t, []any{a.name, a.id, "blue", net}, []any{e.Data["device"], e.Data["device_id"], e.Data["network"], e.Data["network_id"]})
			require.Contains(t, e.Data["row"], change.row)
			require.Contains(t, e.Data["was"], change.was)
			require.Zero(t, metric(t, registry, "bordergw_device_repairs_total", b.id))
		})
	}
}

// TestF84_RepairsDoNotFloodTheLog: a script that changes a hundred rows has a line, and
// the rest is counted.
func TestF84_RepairsDoNotFloodTheLog(t *testing.T) {
	registry := prometheus.NewRegistry()
	logger, log := logtest.NewNullLogger()
	s := newSite(t, 2, reconcile.Options{Registry: registry, Log: logger})
	a, b := s.tors[0], s.tors[1]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b))
	const macs = 30
	for i := range macs {
		b.learn(net, fmt.Sprintf("02:00:00:00:01:%02x", i))
	}
	s.holds(a, net, fmt.Sprintf("02:00:00:00:01:%02x", macs-1), b.tunnelIP)
	for i := range macs {
		a.VtepCtl("del-ucast-remote", net, fmt.Sprintf("02:00:00:00:01:%02x", i))
	}
	s.eventually(func() bool { return metric(t, registry, "bordergw_device_repairs_total", a.id) >= macs }, "all are counted")
	began, lines := repaired(log)[0].Time, repaired(log)
	require.LessOrEqual(t, len(lines), 1+int(time.Since(began)/(10*time.Second)))
}

// TestF84_DeviceIsCalledAsItIsNow: a log line has the name that the device has then.
func TestF84_DeviceIsCalledAsItIsNow(t *testing.T) {
	logger, log := logtest.NewNullLogger()
	s := newSite(t, 1, reconcile.Options{Log: logger})
	a := s.tors[0]
	renamed := "leaf-7"
	_, err := s.store.UpdateGatewayDevice(t.Context(), a.id, model.GatewayDeviceUpdate{Name: &renamed})
	require.NoError(t, err)
	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	s.eventually(func() bool {
		return slices.ContainsFunc(log.AllEntries(), func(e *logrus.Entry) bool {
			return strings.HasPrefix(e.Message, "switch can not be reached") && e.Data["device"] == renamed && e.Data["device_id"] == a.id
		})
	}, "the line has the new name")
}

// TestF84_ProblemsAreSpeltOut: a device with problems says which, in sync or not.
func TestF84_ProblemsAreSpeltOut(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := newSite(t, 1, reconcile.Options{Registry: registry})
	a := s.tors[0]
	net := s.network()
	conn := s.connect(net, model.ActiveActive, a)
	s.active(conn)
	a.learn(net, m1)
	s.eventually(func() bool { return metric(t, registry, "bordergw_device_rows", a.id) >= 1 }, "it is read")
	require.NoError(t, s.store.DeleteConnection(t.Context(), conn))
	s.eventually(func() bool {
		return s.loop.DeviceStatus(a.id).Detail == "the switch still holds local MACs of "+net
	}, "what the logical switch waits for")
	require.Equal(t, model.DeviceInSync, s.loop.DeviceStatus(a.id).Phase)
	require.Equal(t, 1.0, metric(t, registry, "bordergw_device_problems", a.id))
	a.forget(net, m1)
	s.eventually(func() bool { return s.loop.DeviceStatus(a.id).Detail == "" }, "it is over")
	require.Zero(t, metric(t, registry, "bordergw_device_problems", a.id))

	other := s.network()
	a.VtepCtl("add-ls", "foreign", "--", "bind-ls", a.name, "p1", "200", "foreign")
	s.connectVLAN(other, 200, a.name)
	s.eventually(func() bool {
		return strings.Contains(s.loop.DeviceStatus(a.id).Detail, "VLAN 200 of port p1 on switch "+a.name)
	}, "a VLAN of another")
}

// TestF84_FirstCauseIsNamed: of a switch that can not be reached the reason is shown, and
// not what follows from it.
func TestF84_FirstCauseIsNamed(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	for _, byID := range []bool{false, true} {
		gd, err := s.store.CreateGatewayDevice(t.Context(), model.GatewayDevice{
			Name: fmt.Sprint("away-", byID), Type: model.HWVTEP, ManagementIP: "127.0.0.1", ManagementPort: 1 + uint16(len(s.tors)), ManagementProtocol: model.ProtocolOVSDB})
		require.NoError(t, err)
		s.tors = append(s.tors, nil)
		dev := model.Device{DeviceName: gd.Name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}}
		if byID {
			dev = model.Device{DeviceID: gd.ID, SegmentationID: 6000}
		}
		g, err := s.store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{dev}})
		require.NoError(t, err)
		c, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: s.network()})
		require.NoError(t, err)
		s.eventually(func() bool {
			d := s.loop.ConnectionStatus(c.ID).Detail
			return strings.HasPrefix(d, "device "+gd.Name+": unreachable: ") && strings.Contains(d, "connection refused") &&
				strings.Count(d, "device ") == 1
		}, "the cause is named, once")
	}
}

// A database that has no switch yet is in sync with what can be wanted of it. That it
// has none is the cause to name, until it has one.
func TestF84_DatabaseWithoutSwitch(t *testing.T) {
	s := newSite(t, 0, reconcile.Options{})
	empty := s.register(ovsdbtest.Start(t), "tor0", "192.0.2.1")
	connections := []string{s.connect(s.network(), model.ActiveActive, empty)}
	g, err := s.store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{{DeviceID: empty.id, SegmentationID: 6000}}})
	require.NoError(t, err)
	c, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: s.network()})
	require.NoError(t, err)
	connections = append(connections, c.ID)

	const cause = "the database has no Physical_Switch yet"
	s.eventually(func() bool {
		st := s.loop.DeviceStatus(empty.id)
		return st.Phase == model.DeviceInSync && st.Detail == cause
	}, "the device says so")
	for _, id := range connections {
		s.eventually(func() bool { return s.loop.ConnectionStatus(id).Detail == "device tor0: "+cause }, "the connection says so, and nothing else")
	}
	empty.AddSwitch("tor0", "192.0.2.1", "p1")
	s.eventually(func() bool { return s.loop.DeviceStatus(empty.id).Detail == "" }, "it is over")
	for _, id := range connections {
		s.active(id)
	}
}
