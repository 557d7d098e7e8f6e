package rig

import (
	"cmp"
	"context"
	"net"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
)

// Patience is for what the machine's load may delay. What has a limit of its
// own is not given it.
const Patience = 45 * time.Second

// Site is a controller. Store and Loop are replaced by Start.
type Site struct {
	T     testing.TB
	Store *store.Store
	Loop  *reconcile.Loop
	// Path is the file of the store.
	Path string

	options reconcile.Options
	storeOf store.Options
	stop    context.CancelFunc
	ended   chan error
}

// New starts a controller. Of the options, those that are zero are set to wait
// no longer than a test should.
func New(t testing.TB, o reconcile.Options) *Site {
	t.Helper()
	return NewWith(t, o, store.Options{})
}

// NewWith is New with a store that is opened with options.
func NewWith(t testing.TB, o reconcile.Options, of store.Options) *Site {
	t.Helper()
	if o.Settle == 0 {
		o.Settle = 200 * time.Millisecond
	}
	if o.LocalHold == 0 {
		o.LocalHold = 300 * time.Millisecond
	}
	s := &Site{T: t, Path: filepath.Join(t.TempDir(), "store.db"), options: o, storeOf: of}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Start opens the store and runs the Loop.
func (s *Site) Start() {
	s.T.Helper()
	var err error
	s.Store, err = store.Open(s.Path, s.storeOf)
	require.NoError(s.T, err)
	s.Loop = reconcile.New(s.Store, s.options)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	loop := s.Loop
	go func() { ended <- loop.Run(ctx) }()
	s.stop, s.ended = stop, ended
}

// Stop ends the Loop and closes the store. Stopping twice does nothing.
func (s *Site) Stop() {
	if s.stop == nil {
		return
	}
	s.stop()
	s.stop = nil
	require.NoError(s.T, <-s.ended)
	_ = s.Store.Close() // a test may have closed it
}

// Serve gives the URL of an API on the Site, until the test ends.
func (s *Site) Serve() string {
	log := logrus.New()
	log.SetLevel(logrus.PanicLevel)
	server := httptest.NewServer(api.New(api.Config{Store: s.Store, Status: s.Loop, Log: log, Registry: prometheus.NewRegistry()}))
	s.T.Cleanup(server.Close)
	return server.URL
}

// Register makes the switch database at a local TCP port known.
func (s *Site) Register(name string, port int) string {
	s.T.Helper()
	return s.RegisterAs(model.GatewayDevice{Name: name, ManagementPort: uint16(port)})
}

// RegisterAs is Register with more attributes.
func (s *Site) RegisterAs(gd model.GatewayDevice) string {
	s.T.Helper()
	gd.Type, gd.ManagementIP = model.HWVTEP, "127.0.0.1"
	gd.ManagementProtocol = cmp.Or(gd.ManagementProtocol, model.ProtocolOVSDB)
	made, err := s.Store.CreateGatewayDevice(s.T.Context(), gd)
	require.NoError(s.T, err)
	return made.ID
}

// Move has a device be reached at another local TCP port.
func (s *Site) Move(device string, port int) {
	s.T.Helper()
	to := uint16(port)
	_, err := s.Store.UpdateGatewayDevice(s.T.Context(), device, model.GatewayDeviceUpdate{ManagementPort: &to})
	require.NoError(s.T, err)
}

// Report is what the controller reports of a device.
func (s *Site) Report(device string) model.DeviceReport {
	for _, r := range s.Loop.DeviceReports() {
		if r.ID == device {
			return r
		}
	}
	return model.DeviceReport{}
}

// Network makes a network; VNI 0 leaves it to the store.
func (s *Site) Network(id string, vni model.VNI) string {
	s.T.Helper()
	n, err := s.Store.CreateNetwork(s.T.Context(), model.Network{Record: model.Record{ID: id}, VNI: vni, AdminStateUp: true})
	require.NoError(s.T, err)
	return n.ID
}

// At is a port of a switch with a VLAN.
type At struct {
	Switch, Port string
	VLAN         model.VLAN
}

// Join connects a network to ports of switches and returns the connection.
func (s *Site) Join(network string, at ...At) string {
	s.T.Helper()
	c, err := s.TryJoin(network, at...)
	require.NoError(s.T, err)
	return c.ID
}

// TryJoin is Join of what may be refused.
func (s *Site) TryJoin(network string, at ...At) (*model.L2GatewayConnection, error) {
	var g model.L2Gateway
	for _, a := range at {
		i := len(g.Devices) - 1
		if i < 0 || g.Devices[i].DeviceName != a.Switch {
			g.Devices = append(g.Devices, model.Device{DeviceName: a.Switch})
			i++
		}
		g.Devices[i].Interfaces = append(g.Devices[i].Interfaces, model.Interface{Name: a.Port, VLANs: []model.VLAN{a.VLAN}})
	}
	gw, err := s.Store.CreateL2Gateway(s.T.Context(), g)
	if err != nil {
		return nil, err
	}
	return s.Store.CreateConnection(s.T.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: network})
}

// Part removes a connection.
func (s *Site) Part(connection string) {
	s.T.Helper()
	require.NoError(s.T, s.Store.DeleteConnection(s.T.Context(), connection))
}

// Border joins a network to a border device by a VNI.
func (s *Site) Border(network, device string, vni model.VNI) string {
	s.T.Helper()
	gw, err := s.Store.CreateL2Gateway(s.T.Context(), model.L2Gateway{Devices: []model.Device{{DeviceID: device, SegmentationID: vni}}})
	require.NoError(s.T, err)
	c, err := s.Store.CreateConnection(s.T.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: network})
	require.NoError(s.T, err)
	return c.ID
}

// Far adds a MAC of another site to a device.
func (s *Site) Far(device string, mac model.MAC, vtep model.VTEPAddress, vni model.VNI) {
	s.T.Helper()
	_, err := s.Store.CreateRemoteMAC(s.T.Context(), device, model.RemoteMACEntry{MAC: mac, VTEPAddress: vtep, SegmentationID: vni})
	require.NoError(s.T, err)
}

// Switch starts a database with one switch of that name and registers it.
func (s *Site) Switch(name, tunnelIP string, ports ...string) (*ovsdbtest.Server, string) {
	s.T.Helper()
	server := ovsdbtest.Start(s.T)
	server.AddSwitch(name, tunnelIP, ports...)
	return server, s.Register(name, server.Port())
}

// Behind starts a database with one switch and registers it behind a Proxy.
func (s *Site) Behind(name, tunnelIP string, ports ...string) (*ovsdbtest.Server, *Proxy, string) {
	s.T.Helper()
	server := ovsdbtest.Start(s.T)
	server.AddSwitch(name, tunnelIP, ports...)
	p := NewProxy(s.T, server.Port())
	return server, p, s.Register(name, p.Port())
}

// port is the port of a listener's address.
func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
