package reconcile_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// traced is a direction in words: the verdict, then a line for each hop.
func (s *site) traced(network string, from, to string) (d model.TraceDirection, text string) {
	s.t.Helper()
	tr, err := s.loop.Trace(s.t.Context(), network, traceEnd(from), traceEnd(to))
	require.NoError(s.t, err)
	require.Len(s.t, tr.Directions, 2)
	d = tr.Directions[0]
	lines := []string{d.Verdict}
	for i, h := range d.Hops {
		require.Equal(s.t, i+1, h.N)
		device := "-"
		if h.Device != nil {
			device = h.Device.Name
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s: %s %s", device, h.State, h.Check, h.Message, h.Reason)))
	}
	return d, strings.Join(lines, "\n")
}

// traceEnd is a MAC, or port p1 of a switch.
func traceEnd(text string) model.TraceEnd {
	end := model.TraceEnd{Name: text}
	if mac, err := model.ParseMAC(text); err == nil {
		end.MAC = mac
		return end
	}
	vlan := model.VLAN(100)
	end.Switch, end.Port, end.VLAN = text, "p1", &vlan
	return end
}

// fault waits until the first hop that is not as it should be is one, and returns the text.
func (s *site) fault(network, from, to, verdict, device, check, reason string) string {
	s.t.Helper()
	var text string
	s.eventually(func() bool {
		var d model.TraceDirection
		d, text = s.traced(network, from, to)
		for _, h := range d.Hops {
			if h.State == model.HopOK || h.State == model.HopNote {
				continue
			}
			at := ""
			if h.Device != nil {
				at = h.Device.Name
			}
			return d.Verdict == verdict && at == device && h.Check == check && h.Reason == reason
		}
		return false
	}, "the first fault of %s -> %s is %s %s %s %s", from, to, verdict, device, check, reason)
	return text
}

// twoHosts are two switches with a host each that reach each other.
func twoHosts(t *testing.T, opts reconcile.Options) (s *site, net, conn string) {
	s = newSite(t, 2, opts)
	net = s.network()
	conn = s.connect(net, model.ActiveActive, s.tors...)
	s.active(conn)
	s.tors[0].learn(net, m1)
	s.tors[1].learn(net, m2)
	s.holds(s.tors[0], net, m2, s.tors[1].tunnelIP)
	s.holds(s.tors[1], net, m1, s.tors[0].tunnelIP)
	s.eventually(func() bool {
		d, _ := s.traced(net, m1, m2)
		return d.Verdict == model.TraceReaches
	}, "the first host reaches the second")
	return s, net, conn
}

func (s *site) driftPolicy(tor *tor, p model.DriftPolicy) {
	s.t.Helper()
	_, err := s.store.UpdateGatewayDevice(s.t.Context(), tor.id, model.GatewayDeviceUpdate{DriftPolicy: &p})
	require.NoError(s.t, err)
}

func TestTraceReaches(t *testing.T) {
	s, net, _ := twoHosts(t, reconcile.Options{})
	vni := vniOf(s, net)
	_, text := s.traced(net, m1, m2)
	require.Equal(t, fmt.Sprintf(`reaches
tor0 ok port: p1 vlan 100 bound to blue
tor0 ok switch: Logical_Switch blue key %[1]s
tor0 ok unicast: Ucast_Macs_Remote %[2]s in blue -> 192.0.2.2
tor1 ok switch: Logical_Switch blue takes key %[1]s, as the locator says
tor1 ok local MAC: Ucast_Macs_Local %[2]s at 192.0.2.2
tor1 ok port: p1 vlan 100 bound to blue`, vni, m2), text)

	d, text := s.traced(net, "tor0", "tor1")
	require.Equal(t, model.TraceFloods, d.Verdict, "frames to a port, which has no MAC: %s", text)
	require.Contains(t, text, "unknown-dst has 192.0.2.2: frames arrive flooded")
	_, err := s.loop.Trace(s.t.Context(), "nothing", traceEnd(m1), traceEnd(m2))
	require.Equal(t, model.NotFound, model.KindOf(err))
	_, err = s.loop.Trace(s.t.Context(), net, traceEnd("tor9"), traceEnd(m2))
	require.ErrorContains(t, err, "There is no switch or registered device tor9.")
}

func TestTraceLocal(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	a, net := s.tors[0], s.network()
	s.active(s.connect(net, model.ActiveActive, a))
	a.learn(net, m1)
	a.learn(net, m2)
	s.eventually(func() bool {
		d, _ := s.traced(net, m1, m2)
		return d.Verdict == model.TraceReaches && len(d.Hops) == 4
	}, "both are behind one switch")
}

// TestTraceFindsFault: each of them is named, with why it is so.
func TestTraceFindsFault(t *testing.T) {
	t.Run("row deleted under policy report", func(t *testing.T) {
		s, net, _ := twoHosts(t, reconcile.Options{Interval: 100 * time.Millisecond})
		s.driftPolicy(s.tors[0], model.DriftReport)
		s.tors[0].VtepCtl("del-ucast-remote", net, m2)
		text := s.fault(net, m1, m2, model.TraceFloods, "tor0", model.CheckUnicast, model.WhyDriftReport)
		require.Contains(t, text, "no Ucast_Macs_Remote "+m2+" in blue; expected -> 192.0.2.2")
		s.tors[0].VtepCtl("clear-remote-macs", net)
		s.eventually(func() bool {
			d, text := s.traced(net, m1, m2)
			return d.Verdict == model.TraceBreaks && *d.BreaksAt == 3 && strings.Contains(text, "unknown-dst of blue lacks 192.0.2.2 DriftReport")
		}, "without the flood list nothing arrives")
	})
	t.Run("port missing", func(t *testing.T) {
		s, net, _ := twoHosts(t, reconcile.Options{})
		s.tors[1].VtepCtl("del-port", "tor1", "p1")
		text := s.fault(net, m1, m2, model.TraceBreaks, "tor1", model.CheckPort, model.WhyPortMissing)
		require.Contains(t, text, "p1 vlan 100 is not bound to blue")
		s.fault(net, m2, m1, model.TraceBreaks, "tor1", model.CheckPort, model.WhyPortMissing)
		s.fault(net, "tor1", m1, model.TraceBreaks, "tor1", model.CheckPort, model.WhyPortMissing)
	})
	t.Run("VLAN of an external writer", func(t *testing.T) {
		s, net, _ := twoHosts(t, reconcile.Options{})
		s.tors[1].Transact(`[{"op":"insert","table":"Logical_Switch","row":{"name":"legacy"}}]`)
		s.tors[1].VtepCtl("unbind-ls", "tor1", "p1", "100", "--", "bind-ls", "tor1", "p1", "100", "legacy")
		s.fault(net, m1, m2, model.TraceBreaks, "tor1", model.CheckPort, model.WhyForeignBinding)
	})
	t.Run("switch away", func(t *testing.T) {
		s, net, _ := twoHosts(t, reconcile.Options{})
		s.tors[1].Stop()
		s.enters(s.tors[1], model.DeviceUnreachable)
		s.fault(net, m1, m2, model.TraceUnknown, "tor1", model.CheckSwitch, model.WhySwitchAway)
		s.fault(net, m2, m1, model.TraceUnknown, "tor1", model.CheckSwitch, model.WhySwitchAway)
	})
	t.Run("wrong locator", func(t *testing.T) {
		s, net, _ := twoHosts(t, reconcile.Options{Interval: 100 * time.Millisecond})
		s.driftPolicy(s.tors[0], model.DriftReport)
		s.tors[0].VtepCtl("del-ucast-remote", net, m2, "--", "add-ucast-remote", net, m2, "192.0.2.77")
		text := s.fault(net, m1, m2, model.TraceBreaks, "tor0", model.CheckUnicast, model.WhyDriftReport)
		require.Contains(t, text, "-> 192.0.2.77; expected -> 192.0.2.2")
		require.Contains(t, text, "192.0.2.77 is no tunnel address of a registered switch")
	})
	t.Run("wrong key", func(t *testing.T) {
		s, net, _ := twoHosts(t, reconcile.Options{Interval: 100 * time.Millisecond})
		s.driftPolicy(s.tors[1], model.DriftReport)
		s.tors[1].VtepCtl("set", "Logical_Switch", net, "tunnel_key=4711")
		s.fault(net, m1, m2, model.TraceBreaks, "tor1", model.CheckSwitch, model.WhyDriftReport)
	})
	t.Run("nobody has learned it", func(t *testing.T) {
		s, net, conn := twoHosts(t, reconcile.Options{LocalHold: time.Millisecond})
		s.tors[1].forget(net, m2)
		s.fault(net, m1, m2, model.TraceUnknown, "", model.CheckLocation, model.WhyNotLearned)
		s.tors[1].VtepCtl("del-port", "tor1", "p1")
		s.eventually(func() bool { return s.loop.ConnectionStatus(conn).State == model.ConnectionPending }, "the port has gone")
		d, text := s.traced(net, m1, m2)
		require.Contains(t, d.Hops[len(d.Hops)-1].Why, "port p1", text)
	})
	t.Run("MAC table full", func(t *testing.T) {
		s, net, _ := twoHosts(t, reconcile.Options{})
		s.tors[0].VtepCtl("set", "Physical_Switch", "tor0", "switch_fault_status=mac_table_exhaustion")
		s.eventually(func() bool { return s.full(0) }, "the switch is full")
		s.tors[1].learn(net, "00:00:00:00:00:03")
		s.fault(net, m1, "00:00:00:00:00:03", model.TraceFloods, "tor0", model.CheckUnicast, model.WhyMACsFull)
	})
	t.Run("not defined", func(t *testing.T) {
		s, net, conn := twoHosts(t, reconcile.Options{})
		require.NoError(t, s.store.DeleteConnection(t.Context(), conn))
		s.eventually(func() bool {
			_, text := s.traced(net, "tor0", "tor1")
			return strings.Contains(text, "NotDefined")
		}, "no connection binds the port")
	})
}

// slotEnd is a port with a VLAN.
func slotEnd(sw, port string, vlan model.VLAN) model.TraceEnd {
	return model.TraceEnd{Name: fmt.Sprintf("%s:%s:%s", sw, port, vlan), Switch: sw, Port: port, VLAN: &vlan}
}

// whyNot is what is said of the binding of a port from which frames are to go to m1.
func (s *site) whyNot(network string, from model.TraceEnd) string {
	s.t.Helper()
	tr, err := s.loop.Trace(s.t.Context(), network, from, traceEnd(m1))
	require.NoError(s.t, err)
	h := tr.Directions[0].Hops[0]
	require.Equal(s.t, model.TraceBreaks, tr.Directions[0].Verdict)
	require.Equal(s.t, model.CheckPort, h.Check)
	return h.Reason + ": " + h.Why
}

// TestTraceWrongPort: a port that nobody has defined is not being written.
func TestTraceWrongPort(t *testing.T) {
	s, net, _ := twoHosts(t, reconcile.Options{})
	n, err := s.store.CreateNetwork(t.Context(), model.Network{Name: "red"})
	require.NoError(t, err)
	s.active(s.connectVLAN(n.ID, 10, "tor1"))
	require.Equal(t, "NotDefined: no gateway connected to blue names tor1 p1 vlan 200; "+net+" has tor1 p1 vlan 100", s.whyNot(net, slotEnd("tor1", "p1", 200)))
	require.Equal(t, "NotDefined: p1 vlan 10 is bound to red", s.whyNot(net, slotEnd("tor1", "p1", 10)))
	require.Equal(t, "PortMissing: switch tor1 has no port p9", s.whyNot(net, slotEnd("tor1", "p9", 100)))
	require.Equal(t, "NotDefined: p1 vlan 100 is bound to blue", s.whyNot(n.ID, slotEnd("tor0", "p1", 100)))
	require.Equal(t, "NotDefined: no gateway connected to red names tor0 p1 vlan 7", s.whyNot(n.ID, slotEnd("tor0", "p1", 7)))
	d, text := s.traced(n.ID, "tor1", "tor0")
	require.Equal(t, model.CheckPort, d.Hops[0].Check, text)
	tr, err := s.loop.Trace(t.Context(), n.ID, slotEnd("tor1", "p1", 10), slotEnd("tor0", "p1", 100))
	require.NoError(t, err)
	last := tr.Directions[0].Hops[len(tr.Directions[0].Hops)-1]
	require.Equal(t, model.CheckFlood, last.Check)
	require.Equal(t, "NotDefined: no gateway connected to red names tor0", last.Reason+": "+last.Why)
}

// TestTraceVNITaken: a logical switch that can not stand keeps its ports from being bound.
func TestTraceVNITaken(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	n, err := s.store.CreateNetwork(t.Context(), model.Network{Name: "blue", VNI: 5001})
	require.NoError(t, err)
	s.tors[0].VtepCtl("add-ls", "legacy", "--", "set", "Logical_Switch", "legacy", "tunnel_key=5001")
	net := n.ID
	s.connect(net, model.ActiveActive, s.tors[0])
	text := s.fault(net, "tor0", "tor0", model.TraceBreaks, "tor0", model.CheckPort, model.WhyForeignRow)
	require.Contains(t, text, "p1 vlan 100 is not bound to blue")
	tr, err := s.loop.Trace(t.Context(), net, traceEnd("tor0"), traceEnd("tor0"))
	require.NoError(t, err)
	require.Equal(t, "VNI 5001 is used by logical switch legacy", tr.Directions[0].Hops[0].Why)
}

// TestTraceOtherNetwork: a host that is in another network is named with its place there.
func TestTraceOtherNetwork(t *testing.T) {
	s, net, _ := twoHosts(t, reconcile.Options{})
	n, err := s.store.CreateNetwork(t.Context(), model.Network{Name: "red"})
	require.NoError(t, err)
	s.active(s.connectVLAN(n.ID, 10, "tor1"))
	const m3 = "00:00:00:00:00:03"
	s.tors[1].learn(n.ID, m3)
	text := s.fault(net, m1, m3, model.TraceBreaks, "", model.CheckLocation, model.WhyOtherNetwork)
	require.Contains(t, text, m3+" is in network red (tor1 p1 vlan 10): the hosts are in different networks")
	s.fault(net, m3, m1, model.TraceBreaks, "", model.CheckLocation, model.WhyOtherNetwork)
}

// TestTraceThroughRelays: frames to a port go through the borders of both sites.
func TestTraceThroughRelays(t *testing.T) {
	s := newSite(t, 4, reconcile.Options{})
	net := s.network()
	g := model.L2Gateway{Name: "between"}
	for i, tor := range s.tors { // tor0 and tor1 are in s0; tor1 and tor3 are borders
		u := model.GatewayDeviceUpdate{Site: new(string)}
		*u.Site = fmt.Sprint("s", i/2)
		if i%2 == 1 {
			relay, keyed := model.BorderRelay, "auto+keyed-locators"
			u.BorderMode, u.Profile = &relay, &keyed
			g.Devices = append(g.Devices, model.Device{DeviceID: tor.id})
		}
		_, err := s.store.UpdateGatewayDevice(t.Context(), tor.id, u)
		require.NoError(t, err)
	}
	gw, err := s.store.CreateL2Gateway(t.Context(), g)
	require.NoError(t, err)
	between, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: net, SegmentationID: model.VXLANID(7000)})
	require.NoError(t, err)
	s.active(s.connect(net, model.ActiveActive, s.tors[0], s.tors[2]))
	s.active(between.ID)
	s.eventually(func() bool {
		d, text := s.traced(net, "tor0", "tor2")
		return d.Verdict == model.TraceFloods && strings.Contains(text, "tor1 ok flood") && strings.Contains(text, "tor3 ok flood")
	}, "frames to the port arrive through both borders")
	s.driftPolicy(s.tors[3], model.DriftReport)
	s.tors[3].VtepCtl("clear-remote-macs", net)
	s.fault(net, "tor0", "tor2", model.TraceBreaks, "tor3", model.CheckFlood, model.WhyDriftReport)
}

// TestTraceStops: a request that nobody waits for ends.
func TestTraceStops(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, s.tors[0]))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.loop.Trace(ctx, net, traceEnd("tor0"), traceEnd("tor0"))
	require.ErrorIs(t, err, context.Canceled)
}

// TestTraceManyUndone: of many rows that an external writer undoes none is told as being written.
func TestTraceManyUndone(t *testing.T) {
	s, net, _ := twoHosts(t, reconcile.Options{Interval: 50 * time.Millisecond})
	const more = 8
	last := ""
	for i := range more {
		last = fmt.Sprintf("00:00:00:00:01:%02x", i)
		s.tors[1].learn(net, last)
		s.holds(s.tors[0], net, last, s.tors[1].tunnelIP)
	}
	s.eventually(func() bool {
		s.tors[0].VtepCtl("clear-remote-macs", net)
		tr, err := s.loop.Trace(t.Context(), net, traceEnd(m1), traceEnd(last))
		require.NoError(t, err)
		for _, h := range tr.Directions[0].Hops {
			if h.Check == model.CheckUnicast {
				return h.State == model.HopMiss && (h.Reason == model.WhyWaiting || h.Reason == model.WhyConflict) && strings.Contains(h.Why, "more")
			}
		}
		return false
	}, "the row is told as undone by an external writer")
}

// full reports whether a switch is known to have no room for more MACs.
func (s *site) full(i int) bool {
	for inv := range s.store.Definitions().Inventories.All() {
		for _, sw := range inv.Switches {
			if sw.Name == s.tors[i].name && len(sw.Faults) > 0 {
				return true
			}
		}
	}
	return false
}

// TestTraceFrozen: a MAC that is frozen counts where it is, although another switch shows it.
func TestTraceFrozen(t *testing.T) {
	s, net, _ := twoHosts(t, reconcile.Options{LocalHold: time.Minute})
	const m3 = "00:00:00:00:00:03"
	s.tors[0].learn(net, m3)
	s.holds(s.tors[1], net, m3, s.tors[0].tunnelIP)
	for i := range 6 {
		from, to := s.tors[i%2], s.tors[1-i%2]
		from.forget(net, m3)
		to.learn(net, m3)
		if i < 5 {
			s.holds(from, net, m3, to.tunnelIP)
		}
	}
	mac, err := model.ParseMAC(m3)
	require.NoError(t, err)
	s.eventually(func() bool {
		page, err := s.loop.MACs(model.MACQuery{First: mac, Last: mac, Limit: 1})
		return err == nil && len(page.Entries) == 1 && page.Entries[0].State == model.MACFrozen
	}, "it is frozen")
	s.fault(net, m1, m3, model.TraceBreaks, "tor1", model.CheckLocal, model.WhyMACFrozen)
}

// TestTraceOfSwitchesInOneDatabase: a MAC is behind the switch that has its tunnel address; that another one of the database has a
// port in the network is no way to it.
func TestTraceOfSwitchesInOneDatabase(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("swX", "192.0.2.8", "p1")
	server.AddSwitch("swY", "192.0.2.9", "p1")
	both := s.register(server, "both", "192.0.2.8")
	s.enters(both, model.DeviceInSync)
	net := s.network()
	s.carries(s.connectVLAN(net, 100, "tor0", "swX", "swY"), s.tors[0], both)
	s.tors[0].learn(net, m1)
	both.learn(net, m2)
	s.holds(s.tors[0], net, m2, "192.0.2.8")
	s.holds(both, net, m1, "192.0.2.1")
	s.eventually(func() bool { d, _ := s.traced(net, m1, m2); return d.Verdict == model.TraceReaches }, "it reaches")
	s.driftPolicy(both, model.DriftReport)
	server.VtepCtl("unbind-ls", "swX", "p1", "100")
	s.eventually(func() bool { d, _ := s.traced(net, m1, m2); return d.Verdict == model.TraceBreaks }, "the port of swX is not bound")
}
