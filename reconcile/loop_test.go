package reconcile_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
)

const patience = 20 * time.Second

// site is a Loop with a real store and real databases, each with one switch.
type site struct {
	t     testing.TB
	store *store.Store
	loop  *reconcile.Loop
	tors  []*tor
}

// tor is a switch with the port p1.
type tor struct {
	*ovsdbtest.Server
	t                  testing.TB
	id, name, tunnelIP string
}

// newSite runs a Loop over n switches until the test ends.
func newSite(t testing.TB, n int, opts reconcile.Options) *site {
	t.Helper()
	if test, ok := t.(*testing.T); ok { // a benchmark has its own goroutine under way
		t.Cleanup(func() { goleak.VerifyNone(test) })
	}
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	s := &site{t: t, store: st, loop: reconcile.New(st, opts)}
	for i := range n {
		s.add(fmt.Sprintf("tor%d", i), fmt.Sprintf("192.0.2.%d", i+1))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.loop.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	for _, tor := range s.tors {
		s.enters(tor, model.DeviceInSync)
	}
	return s
}

func (s *site) add(name, tunnelIP string) {
	server := ovsdbtest.Start(s.t)
	server.AddSwitch(name, tunnelIP, "p1")
	s.register(server, name, tunnelIP)
}

func (s *site) register(server *ovsdbtest.Server, name, tunnelIP string) *tor {
	tor := &tor{Server: server, t: s.t, name: name, tunnelIP: tunnelIP}
	gd, err := s.store.CreateGatewayDevice(s.t.Context(), model.GatewayDevice{
		Name: name, Type: model.HWVTEP, ManagementIP: "127.0.0.1", ManagementPort: uint16(tor.Port()), ManagementProtocol: model.ProtocolOVSDB,
	})
	require.NoError(s.t, err)
	tor.id = gd.ID
	s.tors = append(s.tors, tor)
	return tor
}

// connectVLAN binds a VLAN of p1 of switches, which need not exist, to a network.
func (s *site) connectVLAN(network string, vlan model.VLAN, switches ...string) (connection string) {
	s.t.Helper()
	g := model.L2Gateway{Name: network}
	for _, name := range switches {
		g.Devices = append(g.Devices, model.Device{DeviceName: name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{vlan}}}})
	}
	gw, err := s.store.CreateL2Gateway(s.t.Context(), g)
	require.NoError(s.t, err)
	c, err := s.store.CreateConnection(s.t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: network})
	require.NoError(s.t, err)
	return c.ID
}

// connect binds VLAN 100 of p1 of switches to a network.
func (s *site) connect(network string, mode model.HAMode, tors ...*tor) (connection string) {
	s.t.Helper()
	g := model.L2Gateway{Name: network, HAMode: mode}
	for _, tor := range tors {
		g.Devices = append(g.Devices, model.Device{DeviceName: tor.name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}})
	}
	gw, err := s.store.CreateL2Gateway(s.t.Context(), g)
	require.NoError(s.t, err)
	c, err := s.store.CreateConnection(s.t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: network})
	require.NoError(s.t, err)
	return c.ID
}

func (s *site) network() string {
	s.t.Helper()
	n, err := s.store.CreateNetwork(s.t.Context(), model.Network{Name: "blue"})
	require.NoError(s.t, err)
	return n.ID
}

func (s *site) eventually(ok func() bool, format string, args ...any) {
	s.t.Helper()
	poll.True(s.t, patience, fmt.Sprintf(format, args...), ok)
}

func (s *site) enters(tor *tor, phase string) {
	s.t.Helper()
	s.eventually(func() bool { return s.loop.DeviceStatus(tor.id).Phase == phase }, "%s is %s", tor.name, phase)
}

func (s *site) active(connection string) {
	s.t.Helper()
	s.eventually(func() bool { return s.loop.ConnectionStatus(connection).State == model.ConnectionActive }, "connection is active")
}

// holds waits until a switch sends frames for a station to an address, "" for
// not at all. No switch ever sends to itself.
func (s *site) holds(tor *tor, network, mac, address string) {
	s.t.Helper()
	selfish := ""
	s.eventually(func() bool {
		for _, t := range s.tors {
			if strings.Contains(t.remotes(network), t.tunnelIP+"\n") {
				selfish = t.name
			}
		}
		return selfish != "" || tor.sends(network, mac) == address
	}, "%s sends frames for %s to %q", tor.name, mac, address)
	require.Empty(s.t, selfish, "it sends to itself")
}

func (t *tor) remotes(network string) string {
	text, err := t.TryVtepCtl("list-remote-macs", network)
	if err != nil {
		return "" // it is away, or has no such logical switch
	}
	return text + "\n"
}

// sends is the address that frames for a station are sent to.
func (t *tor) sends(network, mac string) string {
	_, rest, _ := strings.Cut(t.remotes(network), mac+" -> vxlan_over_ipv4/")
	address, _, _ := strings.Cut(rest, "\n")
	return address
}

func (t *tor) learn(network, mac string) {
	t.t.Helper()
	t.VtepCtl("add-ucast-local", network, mac, t.tunnelIP)
}

func (t *tor) forget(network, mac string) {
	t.t.Helper()
	t.VtepCtl("del-ucast-local", network, mac)
}

func (t *tor) bound() bool {
	text, err := t.TryVtepCtl("list-bindings", t.name, "p1")
	return err == nil && text != ""
}

const (
	m1 = "00:00:00:00:00:01"
	m2 = "00:00:00:00:00:02"
)

func TestStationTravels(t *testing.T) {
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

func TestStoppedSwitchKeepsItsStations(t *testing.T) {
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
	s.eventually(func() bool { return slices.ContainsFunc(log.AllEntries(), lost) }, "the log has it, which is told last")
	looked := time.Now() // whoever looks at the device, looks late
	for _, typ := range []string{model.Reachable, model.InSync} {
		c := model.FindCondition(s.loop.DeviceStatus(a.id).Conditions, typ)
		require.False(t, c.True, typ)
		require.Less(t, c.Since, looked, typ)
	}
}

// Whoever looks for a loop of frames finds the station that goes round in it.
func TestFrozenStationIsTold(t *testing.T) {
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
	s.eventually(func() bool { return metric(t, registry, "bordergw_frozen_macs", "") == 1 }, "the station is counted")
	s.active(connection)
	const told = "stations that moved more than 5 times in 3m0s are frozen: " + m1
	s.eventually(func() bool { return s.loop.ConnectionStatus(connection).Detail == told }, "the connection tells it")
	lines := slices.DeleteFunc(log.AllEntries(), func(e *logrus.Entry) bool { return e.Message != told })
	require.Len(t, lines, 1)
	require.Equal(t, []any{"blue", net}, []any{lines[0].Data["network"], lines[0].Data["network_id"]})
	mac, err := model.ParseMAC(m1)
	require.NoError(t, err)
	require.True(t, s.loop.UnfreezeMAC(net, mac))
	s.eventually(func() bool { return metric(t, registry, "bordergw_frozen_macs", "") == 0 }, "it moves again")
	s.eventually(func() bool { return s.loop.ConnectionStatus(connection).Detail == "" }, "nothing is told any more")
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
	told := func(text string) func() bool {
		return func() bool {
			return slices.ContainsFunc(log.AllEntries(), func(e *logrus.Entry) bool { return strings.HasPrefix(e.Message, text+"border/red ("+c.ID+"): ") })
		}
	}
	s.eventually(told("in error: "), "the log has it")
	profile := "auto+keyed-locators"
	_, err = s.store.UpdateGatewayDevice(t.Context(), s.tors[0].id, model.GatewayDeviceUpdate{Profile: &profile})
	require.NoError(t, err)
	s.eventually(told("no longer in error: "), "and that it is over")
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
// the stations of a switch that is not connected to it are told again.
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
	s.active(s.connect(s.network(), model.ActiveActive, b)) // by then what was told is forgotten
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
