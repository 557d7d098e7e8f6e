package reconcile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// schemas are one without marks and a later one.
var schemas = []string{"1.3.0", "1.7.0"}

// foreignSwitch has a logical switch "net" of an external writer, with a VNI, a port, and a MAC.
func (s *site) foreignSwitch(name, schema, vni string) *tor {
	server := ovsdbtest.Start(s.t, ovsdbtest.WithSchema(schema))
	server.AddSwitch(name, "192.0.2.9", "p1", "p2")
	server.VtepCtl("add-ls", "net", "--", "set", "Logical_Switch", "net", "tunnel_key="+vni, "--",
		"bind-ls", name, "p2", "100", "net", "--", "add-ucast-remote", "net", m1, "192.0.2.77")
	t := s.register(server, name, "192.0.2.9")
	s.enters(t, model.DeviceInSync)
	return t
}

// passively defines a network with a connection to p1 of switches, of which one carries it.
func passively(switches ...string) func(model.Editor) error {
	return func(e model.Editor) error {
		if err := e.CreateNetwork(model.Network{Record: model.Record{ID: "net"}, VNI: 5001}); err != nil {
			return err
		}
		g := model.L2Gateway{Record: model.Record{ID: "g-net"}, HAMode: model.ActivePassive}
		for _, name := range switches {
			g.Devices = append(g.Devices, model.Device{DeviceName: name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}})
		}
		if err := e.CreateL2Gateway(g); err != nil {
			return err
		}
		return e.CreateConnection(model.L2GatewayConnection{Record: model.Record{ID: "c-net"}, L2GatewayID: "g-net", NetworkID: "net"})
	}
}

// untouched fails unless the external writer's rows stand as they were.
func (t *tor) untouched(vni string) {
	require.Contains(t.t, t.VtepCtl("get", "Logical_Switch", "net", "tunnel_key"), vni)
	require.Contains(t.t, t.VtepCtl("list-bindings", t.name, "p2"), "0100 net")
	require.Contains(t.t, t.remotes("net"), m1)
}

// TestStandbyHoldsNothing: a device that only stands by never held the network. What an external writer has there under
// the network's name and VNI stays when the connection goes.
func TestStandbyHoldsNothing(t *testing.T) {
	for _, schema := range schemas {
		t.Run(schema, func(t *testing.T) {
			s := newSite(t, 1, reconcile.Options{})
			theirs := s.foreignSwitch("theirs", schema, "5001")
			require.NoError(t, s.store.Edit(t.Context(), passively("tor0", "theirs")))
			s.active("c-net")
			theirs.untouched("5001")
			require.NoError(t, s.store.Edit(t.Context(), func(e model.Editor) error { return e.DeleteConnection("c-net") }))
			s.eventually(func() bool { return s.store.Definitions().Tombstones.Len() == 0 }, "all is clean")
			theirs.untouched("5001")
		})
	}
}

// TestOtherVNIWithoutMarks: a row of a wanted name with another VNI is an external writer's, also where rows can have no mark.
func TestOtherVNIWithoutMarks(t *testing.T) {
	for _, schema := range schemas {
		t.Run(schema, func(t *testing.T) {
			s := newSite(t, 1, reconcile.Options{})
			theirs := s.foreignSwitch("theirs", schema, "998")
			require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, "tor0", "theirs")))
			s.eventually(func() bool { return s.loop.ConnectionStatus("c-net").State == model.ConnectionError }, "the name is taken")
			theirs.untouched("998")
			require.NoError(t, s.store.Edit(t.Context(), func(e model.Editor) error { return e.DeleteConnection("c-net") }))
			s.eventually(func() bool { return s.store.Definitions().Tombstones.Len() == 0 }, "all is clean")
			theirs.untouched("998")
		})
	}
}

// TestNameOfASecondLogicalSwitch: NETWORK-border of an external writer stays where the network never had a cable.
func TestNameOfASecondLogicalSwitch(t *testing.T) {
	for _, schema := range schemas {
		t.Run(schema, func(t *testing.T) {
			s := newSite(t, 0, reconcile.Options{})
			server := ovsdbtest.Start(t, ovsdbtest.WithSchema(schema))
			server.AddSwitch("sw", "192.0.2.9", "p1", "p2")
			server.VtepCtl("add-ls", "net-border", "--", "bind-ls", "sw", "p2", "201", "net-border")
			sw := s.register(server, "sw", "192.0.2.9")
			require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, "sw")))
			s.carries("c-net", sw)
			require.NoError(t, s.store.Edit(t.Context(), func(e model.Editor) error { return e.DeleteConnection("c-net") }))
			s.eventually(func() bool { return len(server.Rows("Logical_Switch", "_uuid")) == 1 }, "ours is gone")
			s.eventually(func() bool { return s.store.Definitions().Tombstones.Len() == 0 }, "all is clean")
			require.Contains(t, server.VtepCtl("list-bindings", "sw", "p2"), "net-border")
		})
	}
}

// TestNetworkTwiceDefinedWhileAway: what a switch holds of a former network of the id goes when it comes back, with the VNI that
// it had then.
func TestNetworkTwiceDefinedWhileAway(t *testing.T) {
	for _, schema := range schemas {
		t.Run(schema, func(t *testing.T) {
			s := newSite(t, 0, reconcile.Options{})
			server := ovsdbtest.Start(t, ovsdbtest.WithSchema(schema))
			server.AddSwitch("sw", "192.0.2.9", "p1")
			sw := s.register(server, "sw", "192.0.2.9")
			gone := func(e model.Editor) error {
				for _, do := range []error{e.DeleteConnection("c-net"), e.DeleteL2Gateway("g-net"), e.DeleteNetwork("net")} {
					if do != nil {
						return do
					}
				}
				return nil
			}
			require.NoError(t, s.store.Edit(t.Context(), joining("net", 6500, "sw")))
			s.carries("c-net", sw)
			sw.Stop()
			require.NoError(t, s.store.Edit(t.Context(), gone))
			require.NoError(t, s.store.Edit(t.Context(), joining("net", 6510, "sw")))
			require.NoError(t, s.store.Edit(t.Context(), gone))
			sw.Run()
			s.eventually(func() bool { return len(server.Rows("Logical_Switch", "_uuid")) == 0 }, "nothing is left")
			s.eventually(func() bool { return s.store.Definitions().Holdings.Len() == 0 }, "nothing is remembered")
		})
	}
}

// TestStandbyThatLostItsMark: a switch whose database was restored from before it was marked gives up what it held as the
// active device.
func TestStandbyThatLostItsMark(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{HAHold: time.Millisecond, Interval: time.Second})
	a, b := s.tors[0], s.tors[1]
	s.active(s.connect(s.network(), model.ActivePassive, a, b))
	require.True(t, a.bound())
	s.eventually(func() bool { return s.store.Definitions().Holdings.Len() == 1 }, "the store knows what tor0 holds")
	a.Stop()
	s.eventually(b.bound, "tor1 takes over")
	a.Edit(`{"op": "update", "table": "Logical_Switch", "where": [], "row": {"other_config": ["map", []]}}`)
	a.Run()
	s.enters(a, model.DeviceInSync)
	s.eventually(func() bool { return !a.bound() && len(a.Rows("Logical_Switch", "_uuid")) == 0 }, "tor0 stands by")
}

// TestStandbyOfALostStore: what another store wrote for the same network and VNI goes where the network stands by.
func TestStandbyOfALostStore(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	a, b := s.tors[0], s.tors[1]
	b.VtepCtl("add-ls", "net", "--", "set", "Logical_Switch", "net", "tunnel_key=5001", "other_config:bordergw=another", "--", "bind-ls", b.name, "p1", "100", "net")
	require.NoError(t, s.store.Edit(t.Context(), passively(a.name, b.name)))
	s.active("c-net")
	bound := func(sw *tor) bool { return len(sw.VtepCtl("list-bindings", sw.name, "p1")) > 0 }
	s.eventually(func() bool { return bound(a) != bound(b) }, "one of them is bound")
}

// TestActiveDeviceLeavesFirst: a switch that was taken out of a gateway and is slow has its part until it gives it up.
func TestActiveDeviceLeavesFirst(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{HAHold: time.Hour})
	a, b := s.tors[0], s.tors[1]
	require.NoError(t, s.store.Edit(t.Context(), passively(a.name, b.name)))
	s.active("c-net")
	bound := func(sw *tor) bool { return len(sw.VtepCtl("list-bindings", sw.name, "p1")) > 0 }
	require.True(t, bound(a))
	a.Pause()
	g, _ := s.store.Definitions().Gateways.Get("g-net")
	only := slices.DeleteFunc(slices.Clone(g.Devices), func(d model.Device) bool { return d.DeviceName == a.name })
	_, err := s.store.UpdateL2Gateway(t.Context(), "g-net", model.L2GatewayUpdate{Devices: only, ReplaceDevices: true})
	require.NoError(t, err)
	active := func() string {
		g, _ := s.store.Definitions().Gateways.Get("g-net")
		return g.Active
	}
	s.eventually(func() bool { return active() == "" }, "nobody is active")
	s.enters(b, model.DeviceInSync)
	require.False(t, bound(b))
	a.Resume()
	s.eventually(func() bool { return bound(b) }, "tor1 has it")
	require.False(t, bound(a))
}

// TestMarkLostBeforeItIsNoted: an external writer takes the mark off a row that has just been written, and the connection goes, while
// the switch is away. The row goes when it is back.
func TestMarkLostBeforeItIsNoted(t *testing.T) {
	for name, connected := range map[string]bool{"away": false, "there": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 1, reconcile.Options{Interval: time.Hour})
			a := s.tors[0]
			require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, a.name)))
			s.carries("c-net", a)
			unmark := `{"op": "update", "table": "Logical_Switch", "where": [], "row": {"other_config": ["map", []]}}`
			gone := func(e model.Editor) error { return e.DeleteConnection("c-net") }
			if connected {
				a.Pause()
				require.NoError(t, s.store.Edit(t.Context(), gone))
				a.Resume()
			} else {
				a.Stop()
				a.Edit(unmark)
				require.NoError(t, s.store.Edit(t.Context(), gone))
				a.Run()
			}
			s.eventually(func() bool { return len(a.Rows("Logical_Switch", "_uuid")) == 0 }, "it is gone")
		})
	}
}
