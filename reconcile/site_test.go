package reconcile_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	s.run(t)
	for _, tor := range s.tors {
		s.enters(tor, model.DeviceInSync)
	}
	return s
}

// run runs the Loop until the test ends.
func (s *site) run(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.loop.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
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

// holds waits until a switch sends frames for a MAC to an address, "" for
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

// sends is the address that frames for a MAC are sent to.
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
