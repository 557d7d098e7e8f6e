package reconcile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// previewed is what a change of definitions would have written to switches.
func (s *site) previewed(change func(model.Editor) error) model.Preview {
	s.t.Helper()
	next, err := s.store.Try(change)
	require.NoError(s.t, err)
	p, err := s.loop.Preview(s.store.Definitions(), next)
	require.NoError(s.t, err)
	return p
}

// joining defines a network with a connection to VLAN 100 of p1 of switches.
func joining(network string, vni model.VNI, switches ...string) func(model.Editor) error {
	return func(e model.Editor) error {
		if err := e.CreateNetwork(model.Network{Record: model.Record{ID: network}, Name: network + "-name", VNI: vni}); err != nil {
			return err
		}
		g := model.L2Gateway{Record: model.Record{ID: "g-" + network}}
		for _, name := range switches {
			g.Devices = append(g.Devices, model.Device{DeviceName: name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}})
		}
		if err := e.CreateL2Gateway(g); err != nil {
			return err
		}
		return e.CreateConnection(model.L2GatewayConnection{Record: model.Record{ID: "c-" + network}, L2GatewayID: g.ID, NetworkID: network})
	}
}

// carries waits until what was defined stands on a switch.
func (s *site) carries(connection string, tors ...*tor) {
	s.t.Helper()
	s.active(connection)
	for _, tor := range tors {
		s.enters(tor, model.DeviceInSync)
	}
}

// TestPreviewOfNewNetwork: what would be written is told switch by switch, with names, and nothing is written.
func TestPreviewOfNewNetwork(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	written := s.tors[0].Transactions()
	p := s.previewed(joining("net", 5001, "tor0", "tor1"))
	require.Empty(t, p.Refused)
	require.Len(t, p.Switches, 2)
	for i, sw := range p.Switches {
		require.Equal(t, s.tors[i].name, sw.Name)
		require.True(t, sw.Known)
		require.Equal(t, model.DeviceInSync, sw.Status)
		require.Len(t, sw.Steps, 2)
		require.Regexp(t, "^add logical-switch net-name key 5001 ", sw.Steps[0])
		require.Equal(t, "bind "+sw.Name+" p1 vlan 100 -> net-name", sw.Steps[1])
		require.Equal(t, 2, sw.StepsTotal)
		require.Equal(t, 1, sw.Floods)
		require.Empty(t, sw.Obstacles)
	}
	require.Equal(t, written, s.tors[0].Transactions())
	require.Empty(t, s.previewed(func(model.Editor) error { return nil }).Switches)
}

// TestPreviewCountsMACs: a switch that joins a network gets its MACs, one that leaves loses them, and so do the others
// lose its own.
func TestPreviewCountsMACs(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	a, b := s.tors[0], s.tors[1]
	require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, "tor0")))
	s.carries("c-net", a)
	a.learn("net", m1)
	a.learn("net", m2)
	join := func(e model.Editor) error {
		devices := []model.Device{{DeviceName: "tor1", Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{200}}}}}
		if err := e.CreateL2Gateway(model.L2Gateway{Record: model.Record{ID: "g-more"}, Devices: devices}); err != nil {
			return err
		}
		return e.CreateConnection(model.L2GatewayConnection{Record: model.Record{ID: "c-more"}, L2GatewayID: "g-more", NetworkID: "net"})
	}
	s.eventually(func() bool {
		p := s.previewed(join)
		return len(p.Switches) == 2 && p.Switches[1].MACs == model.MACSteps{Add: 2}
	}, "tor1 gets the MACs of tor0")
	first := s.previewed(join)
	require.Equal(t, "tor0", first.Switches[0].Name)
	require.Empty(t, first.Switches[0].Steps, "tor0 gets a member of its flood list, and nothing else")
	require.Equal(t, 1, first.Switches[0].Floods)
	a.learn("net", "00:00:00:00:00:03")
	s.eventually(func() bool { return s.previewed(join).Switches[1].MACs.Add == 3 }, "one MAC more")
	require.Equal(t, first.Switches[1].Structure, s.previewed(join).Switches[1].Structure, "MACs have no part in it")

	require.NoError(t, s.store.Edit(t.Context(), join))
	s.holds(b, "net", m1, a.tunnelIP)
	s.carries("c-more", a, b)
	gone := s.previewed(func(e model.Editor) error { return e.DeleteConnection("c-more") })
	require.Len(t, gone.Switches, 2)
	require.Equal(t, model.MACSteps{Delete: 3}, gone.Switches[1].MACs)
	require.Contains(t, gone.Switches[1].Steps, "unbind tor1 p1 vlan 200 from net-name")
}

// TestPreviewFindsObstacles: what a switch can not hold is told by its kind; so is that it has not been read.
func TestPreviewFindsObstacles(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	a, b := s.tors[0], s.tors[1]
	find := func(change func(model.Editor) error, kind model.ObstacleKind, text string) {
		t.Helper()
		s.eventually(func() bool {
			for _, sw := range s.previewed(change).Switches {
				for _, o := range sw.Obstacles {
					if o.Kind == kind {
						require.Contains(t, o.Text, text)
						return true
					}
				}
			}
			return false
		}, "%s: %s", kind, text)
	}
	before := s.previewed(joining("net", 5001, "tor0")).Switches[0]
	a.VtepCtl("add-ls", "theirs", "--", "bind-ls", "tor0", "p1", "100", "theirs")
	find(joining("net", 5001, "tor0"), model.TakenVLAN, "VLAN 100 of port p1 on switch tor0 is bound to logical switch theirs")
	require.NotEqual(t, before.Structure, s.previewed(joining("net", 5001, "tor0")).Switches[0].Structure)
	a.VtepCtl("set", "Logical_Switch", "theirs", "tunnel_key=5001")
	find(joining("net", 5001, "tor0"), model.TakenVNI, "VNI 5001 is used by logical switch theirs")
	find(joining("theirs", 5002, "tor0"), model.TakenName, "logical switch theirs stands with VNI 5001 and is unmanaged")
	b.Stop()
	s.enters(b, model.DeviceUnreachable)
	p := s.previewed(joining("net", 5003, "tor1"))
	require.Len(t, p.Switches, 1)
	require.False(t, p.Switches[0].Known)
	require.Equal(t, model.DeviceUnreachable, p.Switches[0].Status)
}

// TestPreviewOverStandingRows: a network that is defined over rows that stand has them marked, and no more.
func TestPreviewOverStandingRows(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	s.standing(10, "net")
	for i, tor := range s.tors {
		tor.VtepCtl("bind-ls", tor.name, "p1", "100", "net", "--", "add-mcast-remote", "net", "unknown-dst", s.tors[1-i].tunnelIP)
		tor.VtepCtl("set", "Logical_Switch", "net", "replication_mode=source_node")
		s.standingOf(tor, "net", 10)
	}
	s.eventually(func() bool {
		p := s.previewed(joining("net", 5001, "tor0", "tor1"))
		for _, sw := range p.Switches {
			if sw.StepsTotal != 1 || sw.MACs != (model.MACSteps{}) || sw.Floods != 0 || len(sw.Obstacles) > 0 {
				return false
			}
			require.Regexp(t, "^set logical-switch net-name description ", sw.Steps[0])
		}
		return len(p.Switches) == 2
	}, "only marks")
}

// TestPreviewOfDeletedDevice: what it holds would go.
func TestPreviewOfDeletedDevice(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, "tor0")))
	s.carries("c-net", s.tors[0])
	p := s.previewed(func(e model.Editor) error {
		if err := e.DeleteConnection("c-net"); err != nil {
			return err
		}
		if err := e.DeleteL2Gateway("g-net"); err != nil {
			return err
		}
		return e.DeleteGatewayDevice(s.tors[0].id)
	})
	require.Len(t, p.Switches, 1)
	require.Contains(t, p.Switches[0].Steps, "unbind tor0 p1 vlan 100 from net-name")
	require.Contains(t, p.Switches[0].Steps, "delete logical-switch net-name")
	require.Equal(t, []string{"net"}, p.Switches[0].Removed)
}

// TestPreviewOfNetworkInUse: a switch gives local MACs up when its ports are unbound, and the logical switch goes after
// that. It is told at once, and in the same words as where there are none.
func TestPreviewOfNetworkInUse(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, "tor0")))
	s.carries("c-net", s.tors[0])
	gone := func(e model.Editor) error { return e.DeleteConnection("c-net") }
	unused := s.previewed(gone)
	s.tors[0].VtepCtl("add-ucast-local", "net", m1, s.tors[0].tunnelIP)
	s.eventually(func() bool { return s.loop.DeviceReports()[0].LocalMACs == 1 }, "the MAC is reported")
	used := s.previewed(gone)
	require.Equal(t, []string{"net"}, used.Switches[0].Removed)
	require.ElementsMatch(t, unused.Switches[0].Steps, used.Switches[0].Steps)
	require.Equal(t, unused.Switches[0].Structure, used.Switches[0].Structure)
}

// TestPreviewBeforeTheFirstView is refused: nothing is known yet.
func TestPreviewBeforeTheFirstView(t *testing.T) {
	s := newSite(t, 0, reconcile.Options{})
	idle := reconcile.New(s.store, reconcile.Options{})
	_, err := idle.Preview(s.store.Definitions(), s.store.Definitions())
	require.ErrorContains(t, err, "No switch is driven yet")
}

// TestPreviewOfStandbys: of an active-passive gateway that is new the device is looked at that would become active.
func TestPreviewOfStandbys(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	s.tors[0].VtepCtl("add-ls", "theirs", "--", "bind-ls", "tor0", "p1", "100", "theirs")
	s.eventually(func() bool { return s.loop.DeviceReports()[0].LogicalSwitches == 1 }, "it is seen")
	p := s.previewed(passively("tor0", "tor1"))
	require.Len(t, p.Switches, 1)
	require.Equal(t, "tor0", p.Switches[0].Name)
	require.NotEmpty(t, p.Switches[0].Obstacles)
	require.Contains(t, p.Switches[0].Steps[0], "add logical-switch")
}
