package reconcile_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep/transport"
)

func TestUnknownSwitchIsDiscoveredAndNotWritten(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	call(sw, "tcp:"+g.addresses[0])
	got := g.discovers("sw1", "switch sw1 is not registered")
	require.Equal(t, "DISCOVERED", got.Status.Phase)
	require.Equal(t, "tcp:127.0.0.1", got.Endpoint)
	require.Equal(t, "1.7.0", got.SchemaVersion)
	require.Equal(t, "p1", got.Switches[0].Ports[0].Name)
	require.NotNil(t, model.FindCondition(got.Status.Conditions, model.Reachable))
	require.Equal(t, 1.0, g.metric("bordergw_discovered_sessions", ""))

	before := sw.Transactions()
	net := g.network()
	other := g.register(listener("sw2"))
	g.eventually(func() bool { return strings.Contains(g.loop.DeviceStatus(other).Detail, "waiting for the switch") }, "sw2 is waited for")
	require.Equal(t, before, sw.Transactions())
	require.Equal(t, uint64(0), g.unregistered()[0].Transactions)

	id := g.register(listener("sw1"))
	g.reaches(id, model.DeviceInSync)
	require.Empty(t, g.unregistered())
	require.Equal(t, "tcp:127.0.0.1", g.report(id).Endpoint)
	g.active(g.connect(net, "", &tor{name: "sw1"}))
	require.Contains(t, sw.VtepCtl("list-ls"), net)
	require.Equal(t, 1, g.sessions(id), "the session it had is used")
}

func TestSwitchThatIsDeletedBecomesUnknown(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	call(sw, "tcp:"+g.addresses[0])
	id := g.register(listener("sw1"))
	g.reaches(id, model.DeviceInSync)
	require.NoError(t, g.store.DeleteGatewayDevice(t.Context(), id))
	g.discovers("sw1", "not registered")

	renamed := g.register(listener("leaf"))
	name := "sw1"
	_, err := g.store.UpdateGatewayDevice(t.Context(), renamed, model.GatewayDeviceUpdate{Name: &name})
	require.NoError(t, err)
	g.reaches(renamed, model.DeviceInSync)
}

// A switch that dials in only after its device was deleted is cleaned then, over the
// connection that it makes.
func TestDeletedWhileAwayIsCleanedWhenItDialsIn(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	call(sw, "tcp:"+g.addresses[0])
	id := g.register(listener("sw1"))
	g.reaches(id, model.DeviceInSync)
	net := g.network()
	c := g.connect(net, "", &tor{name: "sw1"})
	g.active(c)
	sw.Stop()
	g.reaches(id, model.DeviceUnreachable)
	require.NoError(t, g.store.DeleteConnection(t.Context(), c))
	for gw := range g.store.Definitions().Gateways.All() {
		require.NoError(t, g.store.DeleteL2Gateway(t.Context(), gw.ID))
	}
	require.NoError(t, g.store.DeleteNetwork(t.Context(), net))
	require.NoError(t, g.store.DeleteGatewayDevice(t.Context(), id))
	g.eventually(func() bool { return len(g.loop.DeviceReports()) == 0 }, "no device is left")
	require.Len(t, g.loop.DeletedDevices(), 1)
	sw.Run()
	g.eventually(func() bool { return g.store.Definitions().Retired.Len() == 0 }, "it is cleaned")
	require.NotContains(t, sw.VtepCtl("list-ls"), net)
	g.discovers("sw1", "not registered")
}

// Devices come and go for years: nothing is kept of one that has gone.
func TestDeletedDeviceLeavesNoMetrics(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	id := g.register(model.GatewayDevice{Name: "sw1", ManagementIP: "127.0.0.1", ManagementPort: uint16(sw.Port())})
	g.reaches(id, model.DeviceInSync)
	require.Positive(t, g.sessions(id))
	require.NoError(t, g.store.DeleteGatewayDevice(t.Context(), id))
	g.eventually(func() bool { return g.store.Definitions().Retired.Len() == 0 }, "it is cleaned")
	g.eventually(func() bool { return g.sessions(id) == 0 }, "its series end")
}

func TestSwitchIsRenamed(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	call(sw, "tcp:"+g.addresses[0])
	one, two := g.register(listener("sw1")), g.register(listener("sw2"))
	g.reaches(one, model.DeviceInSync)
	sw.VtepCtl("set", "Physical_Switch", "sw1", "name=sw2")
	g.reaches(two, model.DeviceInSync)
	g.reaches(one, model.DeviceUnreachable)
	require.Contains(t, g.loop.DeviceStatus(one).LastError, "the switch is called sw2 now")
}

func TestWaitingForASwitchIsNoReasonNotToBeReady(t *testing.T) {
	g := newPlainGate(t)
	id := g.register(listener("sw1"))
	g.eventually(func() bool { return g.loop.DeviceStatus(id).Detail == "waiting for the switch to connect" }, "it waits")
	g.eventually(func() bool { return g.loop.Ready() == nil }, "it is ready")
	require.Equal(t, "ovsdb-listen", g.report(id).Endpoint)
}

func TestNobodyListensForASwitch(t *testing.T) {
	g := newGate(t, &transport.TLS{})
	id := g.register(listener("sw1"))
	g.eventually(func() bool {
		return g.loop.DeviceStatus(id).Detail == "the daemon does not listen for switches (ovsdb-listen)"
	}, "it says that there is no listener")
}

// F-09: a device that is dialled dials in as well.
func TestF09DialAndAccept(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	id := g.register(model.GatewayDevice{Name: "sw1", ManagementIP: "127.0.0.1", ManagementPort: uint16(sw.Port())})
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, fmt.Sprintf("ovsdb:127.0.0.1:%d", sw.Port()), g.report(id).Endpoint)

	call(sw, "tcp:"+g.addresses[0])
	g.eventually(func() bool { return g.report(id).Endpoint == "tcp:127.0.0.1" }, "the newer session is used")
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, 2, g.sessions(id))
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))
	require.Empty(t, g.unregistered())
	require.Equal(t, 2, g.sessions(id), "it is not dialled while it calls")

	sw.VtepCtl("del-manager")
	g.eventually(func() bool { return strings.HasPrefix(g.report(id).Endpoint, "ovsdb:") }, "it is dialled again")
	g.reaches(id, model.DeviceInSync)
}

// F-09: a switch with two managers that are both this controller has one
// writer, and does not go back and forth.
func TestF09TwoSessionsOfOneSwitch(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	a, b := "tcp:"+g.addresses[0], "tcp:"+g.addresses[1]
	id := g.register(listener("sw1"))
	call(sw, a)
	g.reaches(id, model.DeviceInSync)
	call(sw, a, b)
	g.discovers("sw1", "device sw1 has a newer session")
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, 2, g.sessions(id))

	before := g.unregistered()[0].Transactions
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))
	require.Equal(t, before, g.unregistered()[0].Transactions, "one writer")
	call(sw, a)
	g.eventually(func() bool { return len(g.unregistered()) == 0 && g.sessions(id) == 3 }, "the other session takes over")
	g.reaches(id, model.DeviceInSync)
}

// F-29: two databases announce the same switch.
func TestF29SecondDatabaseOfAName(t *testing.T) {
	g := newPlainGate(t)
	first, second := newSwitch(t, "sw1", "192.0.2.1"), newSwitch(t, "sw1", "192.0.2.2")
	id := g.register(listener("sw1"))
	call(first, "tcp:"+g.addresses[0])
	g.reaches(id, model.DeviceInSync)
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))
	call(second, "tcp:"+g.addresses[0])
	got := g.discovers("sw1", "another database announces the switches of device sw1")
	require.Equal(t, uint64(0), got.Transactions)
	require.NotContains(t, second.Dump("Logical_Switch"), "Logical_Switch")
	g.warns("another database announces")

	for range 3 { // it is not taken for the first one while that is away
		first.Stop()
		g.reaches(id, model.DeviceUnreachable)
		second.VtepCtl("del-manager")
		g.eventually(func() bool { return len(g.unregistered()) == 0 }, "it hangs up")
		call(second, "tcp:"+g.addresses[0])
		g.discovers("sw1", "the device is known by tunnel IP 192.0.2.1")
		first.Run()
		g.reaches(id, model.DeviceInSync)
		require.NotContains(t, second.Dump("Logical_Switch"), "Logical_Switch")
	}
	first.Stop()
	g.reaches(id, model.DeviceUnreachable)
	g.discovers("sw1", "accept_replacement")
	_, err := g.store.UpdateGatewayDevice(t.Context(), id, model.GatewayDeviceUpdate{Replaced: true})
	require.NoError(t, err)
	g.eventually(func() bool { return strings.Contains(second.Dump("Logical_Switch"), "blue") }, "the second takes its place")
	first.Run()
	g.discovers("sw1", "sw1")
	g.reaches(id, model.DeviceInSync)
	require.Equal(t, "192.0.2.2", g.report(id).Switches[0].TunnelIPs[0].String(), "and keeps it")
}

// A switch that makes its database anew when it starts is known by its tunnel address.
func TestF29DatabaseMadeAnew(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	id := g.register(listener("sw1"))
	call(sw, "tcp:"+g.addresses[0])
	g.reaches(id, model.DeviceInSync)
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))
	sw.Wipe()
	sw.AddSwitch("sw1", "192.0.2.1", "p1")
	call(sw, "tcp:"+g.addresses[0])
	g.eventually(func() bool { return strings.Contains(sw.Dump("Logical_Switch"), "blue") }, "it is written anew")
	g.reaches(id, model.DeviceInSync)
}

func TestF29DialledDatabaseOfAnotherDevice(t *testing.T) {
	g := newPlainGate(t)
	first, second := newSwitch(t, "sw1", "192.0.2.1"), newSwitch(t, "sw1", "192.0.2.2")
	one := g.register(model.GatewayDevice{Name: "one", ManagementIP: "127.0.0.1", ManagementPort: uint16(first.Port())})
	g.reaches(one, model.DeviceInSync)
	two := g.register(model.GatewayDevice{Name: "two", ManagementIP: "127.0.0.1", ManagementPort: uint16(second.Port())})
	g.eventually(func() bool {
		return g.loop.DeviceStatus(two).LastError == "switch sw1 (tunnel IP 192.0.2.2) is another switch than that of device one ("+
			g.report(one).Endpoint+", tunnel IP 192.0.2.1), which is known by that name; nothing is written to it"
	}, "the second is refused")
	call(second, "tcp:"+g.addresses[0])
	g.discovers("sw1", "not registered")
	listening := g.register(listener("sw1"))
	g.discovers("sw1", "is another switch than that of device one")
	g.reaches(listening, model.DeviceUnreachable)
}

// One database that is registered by two addresses has one writer.
func TestF09OneDatabaseOfTwoDevices(t *testing.T) {
	g := newPlainGate(t)
	second := freePort(t)
	sw := newSwitch(t, "sw1", "192.0.2.1", ovsdbtest.WithArgs(fmt.Sprintf("--remote=ptcp:%d:127.0.0.1", second)))
	one := g.register(model.GatewayDevice{Name: "one", ManagementIP: "127.0.0.1", ManagementPort: uint16(sw.Port())})
	g.reaches(one, model.DeviceInSync)
	two := g.register(model.GatewayDevice{Name: "two", ManagementIP: "127.0.0.1", ManagementPort: second})
	g.eventually(func() bool { return g.sessions(two) >= 2 }, "the second tries")
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))
	require.Equal(t, "switch sw1 is driven as device one", g.loop.DeviceStatus(two).LastError)
	g.reaches(two, model.DeviceDrivenElsewhere)
	g.eventually(func() bool {
		require.Equal(t, model.DeviceDrivenElsewhere, g.loop.DeviceStatus(two).Phase, "it says so all the time")
		return g.sessions(two) >= 5
	}, "the second tries again and again")
	require.True(t, model.FindCondition(g.loop.DeviceStatus(two).Conditions, model.Reachable).True)
	require.Equal(t, 1, g.sessions(one))
	require.NoError(t, g.store.DeleteL2Gateway(t.Context(), g.disconnect()))
	require.NoError(t, g.store.DeleteGatewayDevice(t.Context(), one))
	g.reaches(two, model.DeviceInSync)
}

// An address has 16 connections at most that no device has.
func TestUnregisteredConnectionsAreBounded(t *testing.T) {
	g := newPlainGate(t)
	var open atomic.Int32
	var all sync.WaitGroup
	defer all.Wait()
	for range 20 {
		c, err := net.Dial("tcp", g.addresses[0])
		require.NoError(t, err)
		open.Add(1)
		all.Go(func() {
			_, _ = io.Copy(io.Discard, c)
			open.Add(-1)
		})
		defer c.Close()
	}
	g.eventually(func() bool { return open.Load() == 16 && g.metric("bordergw_refused_connections_total", "limit") == 4 }, "four are closed")
}

func TestCallerThatIsNoSwitch(t *testing.T) {
	g := newPlainGate(t)
	c, err := net.Dial("tcp", g.addresses[0])
	require.NoError(t, err)
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, c)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	g.eventually(func() bool { return g.metric("bordergw_refused_connections_total", "failed") == 1 }, "it is refused")
	g.warns("connection from 127.0.0.1 refused")
	require.Empty(t, g.unregistered())
}

// A listener that fails is logged and does not end the Loop.
func TestListenerFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	log, logs := logtest.NewNullLogger()
	s := newSite(t, 1, reconcile.Options{Log: log, Listeners: []net.Listener{l}})
	s.enters(s.tors[0], model.DeviceInSync)
	require.Contains(t, fmt.Sprint(messages(logs)), "switches can not dial in any more")
}

func messages(logs *logtest.Hook) (out []string) {
	for _, e := range logs.AllEntries() {
		out = append(out, e.Message)
	}
	return out
}
