package reconcile_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

func TestMACTravels(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{LocalHold: 50 * time.Millisecond})
	a, b, c := s.tors[0], s.tors[1], s.tors[2]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b, c))
	for _, tor := range s.tors {
		require.Contains(t, tor.remotes(net), "unknown-dst -> vxlan_over_ipv4/")
	}
	a.learn(net, m1)
	s.holds(b, net, m1, a.tunnelIP)
	s.holds(c, net, m1, a.tunnelIP)
	require.Empty(t, a.sends(net, m1))

	b.learn(net, m1)
	s.holds(a, net, m1, b.tunnelIP)
	s.holds(c, net, m1, b.tunnelIP)
	s.holds(b, net, m1, "")
	a.forget(net, m1)
	a.learn(net, m2)
	s.holds(c, net, m2, a.tunnelIP) // what was said before has been taken in
	require.Equal(t, b.tunnelIP, c.sends(net, m1), "a late delete changes nothing")

	b.forget(net, m1)
	s.holds(a, net, m1, "")
	s.holds(c, net, m1, "")
	require.Equal(t, a.tunnelIP, b.sends(net, m2))
}

func TestStoppedSwitchKeepsItsMACs(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{LocalHold: 50 * time.Millisecond, Hold: time.Hour})
	a, b := s.tors[0], s.tors[1]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b))
	a.learn(net, m1)
	a.learn(net, m2)
	s.holds(b, net, m1, a.tunnelIP)
	s.holds(b, net, m2, a.tunnelIP)
	written := b.Transactions()
	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	a.Run()
	s.enters(a, model.DeviceInSync)
	require.Equal(t, a.tunnelIP, b.sends(net, m1))
	require.Equal(t, written, b.Transactions(), "a restart of one switch writes nothing to another")

	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	a.Run()
	a.forget(net, m1)
	s.holds(b, net, m1, "")
	require.Equal(t, a.tunnelIP, b.sends(net, m2), "what is gone after a restart is withdrawn, the rest stays")
}

// Since is when a condition changed, not when somebody first asked for it.
func TestSinceWhenAwayThoughNobodyAsks(t *testing.T) {
	logger, log := logtest.NewNullLogger()
	s := newSite(t, 2, reconcile.Options{Log: logger})
	a, b := s.tors[0], s.tors[1]
	connection := s.connect(s.network(), model.ActiveActive, a, b)
	s.active(connection)
	a.Stop()
	lost := func(e *logrus.Entry) bool { return strings.HasPrefix(e.Message, "switch can not be reached") }
	s.eventually(func() bool { return slices.ContainsFunc(log.AllEntries(), lost) }, "the log has it, which is logged last")
	looked := time.Now() // whoever looks at the device, looks late
	for _, typ := range []string{model.Reachable, model.InSync} {
		c := model.FindCondition(s.loop.DeviceStatus(a.id).Conditions, typ)
		require.False(t, c.True, typ)
		require.Less(t, c.Since, looked, typ)
	}
}

// Whoever looks for a loop of frames finds the MAC that goes round in it.
func TestFrozenMACIsShown(t *testing.T) {
	var log logtest.Hook
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	logger.AddHook(&log)
	registry := prometheus.NewRegistry()
	s := newSite(t, 2, reconcile.Options{Log: logger, Registry: registry, LocalHold: time.Minute})
	net := s.network()
	connection := s.connect(net, model.ActiveActive, s.tors...)
	s.active(connection)
	s.tors[0].learn(net, m1)
	s.holds(s.tors[1], net, m1, s.tors[0].tunnelIP)
	for i := range 6 {
		from, to := s.tors[i%2], s.tors[1-i%2]
		from.forget(net, m1)
		to.learn(net, m1)
		if i < 5 {
			s.holds(from, net, m1, to.tunnelIP)
		}
	}
	s.eventually(func() bool { return metric(t, registry, "bordergw_frozen_macs", "") == 1 }, "the MAC is counted")
	s.active(connection)
	const text = "MACs that moved more than 5 times in 3m0s are frozen: " + m1
	s.eventually(func() bool { return s.loop.ConnectionStatus(connection).Detail == text }, "the connection shows it")
	lines := func() []*logrus.Entry {
		return slices.DeleteFunc(log.AllEntries(), func(e *logrus.Entry) bool { return e.Message != text })
	}
	s.eventually(func() bool { return len(lines()) > 0 }, "the log has it, after the status")
	require.Len(t, lines(), 1)
	require.Equal(t, []any{"blue", net}, []any{lines()[0].Data["network"], lines()[0].Data["network_id"]})
	mac, err := model.ParseMAC(m1)
	require.NoError(t, err)
	require.True(t, s.loop.UnfreezeMAC(net, mac))
	s.eventually(func() bool { return metric(t, registry, "bordergw_frozen_macs", "") == 0 }, "it moves again")
	s.eventually(func() bool { return s.loop.ConnectionStatus(connection).Detail == "" }, "nothing is shown any more")
}

// The count is of all connections, also of those that no switch has a say in; the log
// tells when one is in error, and when it no longer is.
func TestConnectionsAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	logger, log := logtest.NewNullLogger()
	s := newSite(t, 1, reconcile.Options{Registry: registry, Log: logger})
	s.active(s.connect(s.network(), model.ActiveActive, s.tors[0]))
	n, err := s.store.CreateNetwork(t.Context(), model.Network{Name: "red", VNI: 5000})
	require.NoError(t, err)
	g, err := s.store.CreateL2Gateway(t.Context(), model.L2Gateway{Name: "border", Devices: []model.Device{{DeviceID: s.tors[0].id, SegmentationID: 7000}}})
	require.NoError(t, err)
	c, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: n.ID})
	require.NoError(t, err)
	s.eventually(func() bool { return metric(t, registry, "bordergw_connections", model.ConnectionError) == 1 }, "one can not be realised")
	require.Equal(t, 1.0, metric(t, registry, "bordergw_connections", model.ConnectionActive))
	logged := func(text string) func() bool {
		return func() bool {
			return slices.ContainsFunc(log.AllEntries(), func(e *logrus.Entry) bool { return strings.HasPrefix(e.Message, text+"border/red ("+c.ID+"): ") })
		}
	}
	s.eventually(logged("in error: "), "the log has it")
	profile := "auto+keyed-locators"
	_, err = s.store.UpdateGatewayDevice(t.Context(), s.tors[0].id, model.GatewayDeviceUpdate{Profile: &profile})
	require.NoError(t, err)
	s.eventually(logged("no longer in error: "), "and that it is over")
}

func TestHoldEnds(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{Hold: 100 * time.Millisecond})
	a, b := s.tors[0], s.tors[1]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b))
	a.learn(net, m1)
	s.holds(b, net, m1, a.tunnelIP)
	a.Stop()
	s.holds(b, net, m1, "")
	require.Contains(t, b.remotes(net), "unknown-dst -> vxlan_over_ipv4/"+a.tunnelIP, "it is still flooded at")
}

// A network that is deleted and defined anew, under the id that it had, is a new one:
// the MACs of a switch that is not connected to it are reported again.
func TestNetworkIsDefinedAnew(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	a, b := s.tors[0], s.tors[1]
	define := func() string {
		n, err := s.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "green"}, Name: "green", VNI: 7000})
		require.NoError(t, err)
		return n.ID
	}
	net := define()
	a.VtepCtl("add-ls", net, "--", "set", "Logical_Switch", net, "tunnel_key=7000")
	a.learn(net, m1)
	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	a.Run() // the new session tells all that stands
	s.enters(a, model.DeviceInSync)

	require.NoError(t, s.store.DeleteNetwork(t.Context(), net))
	s.active(s.connect(s.network(), model.ActiveActive, b)) // by then what was reported is forgotten
	net = define()
	s.connectVLAN(net, 200, a.name, b.name)
	s.holds(b, net, m1, a.tunnelIP)
}

func TestConnectionIsDeleted(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{})
	a, b, c := s.tors[0], s.tors[1], s.tors[2]
	net := s.network()
	first := s.connect(net, model.ActiveActive, a)
	s.active(first)
	s.active(s.connect(net, model.ActiveActive, b, c))
	a.learn(net, m1)
	s.holds(b, net, m1, a.tunnelIP)
	require.NoError(t, s.store.DeleteConnection(t.Context(), first))
	s.eventually(func() bool { return !a.bound() && !strings.Contains(a.remotes(net), "->") }, "nothing is left on the port, nor a remote MAC")
	s.holds(b, net, m1, "")
	require.NotContains(t, b.remotes(net), a.tunnelIP+"\n")
	a.forget(net, m1)
	s.eventually(func() bool { return a.VtepCtl("list-ls") == "" }, "the logical switch goes with the last local MAC")
	require.Contains(t, c.remotes(net), b.tunnelIP, "the others stand")
	require.True(t, b.bound() && c.bound())
}

func TestActivePassiveTakeover(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{HAHold: 300 * time.Millisecond, Hold: time.Hour})
	a, b, c := s.tors[0], s.tors[1], s.tors[2]
	net := s.network()
	s.active(s.connect(net, model.ActivePassive, a, b))
	s.active(s.connect(net, model.ActiveActive, c))
	only := func(tor, other *tor) {
		t.Helper()
		both := false
		s.eventually(func() bool {
			is := tor.bound() // looked at first: the other one has left before it comes
			was := other.bound()
			both = was && is
			flood := c.remotes(net)
			return both || is && !was && strings.Contains(flood, "unknown-dst -> vxlan_over_ipv4/"+tor.tunnelIP+"\n") &&
				!strings.Contains(flood, other.tunnelIP+"\n")
		}, "only %s is bound", tor.name)
		require.False(t, both, "both are bound")
	}
	only(a, b)
	a.Stop()
	only(b, a)
	a.Run()
	s.enters(a, model.DeviceInSync)
	s.eventually(func() bool { return !a.bound() }, "%s gives up what it had", a.name)
	only(b, a)
	b.Stop()
	only(a, b)
}
