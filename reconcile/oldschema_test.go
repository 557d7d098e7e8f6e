package reconcile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestNameOnASwitchWithoutMarks: schema 1.3.0 has no other_config to mark rows with. A network that is defined with the name
// of a logical switch takes none away from a switch that it is not connected to; it is taken away from one that it was.
func TestNameOnASwitchWithoutMarks(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	server := ovsdbtest.Start(t, ovsdbtest.WithSchema("1.3.0"))
	server.AddSwitch("old", "192.0.2.9", "p1", "p2")
	server.VtepCtl("add-ls", "net", "--", "bind-ls", "old", "p1", "100", "net", "--", "add-ucast-remote", "net", m1, "192.0.2.77")
	s.register(server, "old", "192.0.2.9")
	old := s.tors[1]
	s.enters(old, model.DeviceInSync)
	require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, "tor0")))
	s.carries("c-net", s.tors[0])
	join := func(network string) func(model.Editor) error { // wakes old
		return func(e model.Editor) error {
			if err := e.CreateNetwork(model.Network{Record: model.Record{ID: network}, VNI: 5002}); err != nil {
				return err
			}
			g := model.L2Gateway{Record: model.Record{ID: "g-" + network}, Devices: []model.Device{{DeviceName: "old", Interfaces: []model.Interface{{Name: "p2", VLANs: []model.VLAN{7}}}}}}
			if err := e.CreateL2Gateway(g); err != nil {
				return err
			}
			return e.CreateConnection(model.L2GatewayConnection{Record: model.Record{ID: "c-" + network}, L2GatewayID: g.ID, NetworkID: network})
		}
	}
	require.NoError(t, s.store.Edit(t.Context(), join("beside")))
	s.carries("c-beside", old)
	require.Contains(t, old.remotes("net"), m1)
	require.Contains(t, server.VtepCtl("list-bindings", "old", "p1"), "net")
	gd, _ := s.store.Definitions().Devices.Get(old.id)
	require.Equal(t, "net", s.loop.Occupant(model.Place{Device: gd, Switch: "old"}, "p1", []model.VLAN{100}), "another network's VLAN is refused at once")

	more := func(e model.Editor) error {
		g := model.L2Gateway{Record: model.Record{ID: "g-old"}, Devices: []model.Device{{DeviceName: "old", Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}}}}
		if err := e.CreateL2Gateway(g); err != nil {
			return err
		}
		return e.CreateConnection(model.L2GatewayConnection{Record: model.Record{ID: "c-old"}, L2GatewayID: g.ID, NetworkID: "net"})
	}
	require.NoError(t, s.store.Edit(t.Context(), more))
	s.carries("c-old", old)
	require.NoError(t, s.store.Edit(t.Context(), func(e model.Editor) error { return e.DeleteConnection("c-old") }))
	s.eventually(func() bool { return len(server.Rows("Logical_Switch", "_uuid")) == 1 }, "it was connected, and is gone")
}

// TestStandbyWithoutMarks: what a switch without marks held as the active device of a gateway goes when another one has taken over: two
// that forward are a loop.
func TestStandbyWithoutMarks(t *testing.T) {
	s := newSite(t, 0, reconcile.Options{HAHold: time.Millisecond})
	for i, name := range []string{"tor0", "tor1"} {
		server := ovsdbtest.Start(t, ovsdbtest.WithSchema("1.3.0"))
		tunnelIP := fmt.Sprintf("192.0.2.%d", i+1)
		server.AddSwitch(name, tunnelIP, "p1")
		s.enters(s.register(server, name, tunnelIP), model.DeviceInSync)
	}
	a, b := s.tors[0], s.tors[1]
	s.active(s.connect(s.network(), model.ActivePassive, a, b))
	require.True(t, a.bound())
	require.False(t, b.bound())
	a.Stop()
	s.eventually(b.bound, "tor1 takes over")
	a.Run()
	s.enters(a, model.DeviceInSync)
	s.eventually(func() bool { return !a.bound() && len(a.Rows("Logical_Switch", "_uuid")) == 0 }, "tor0 stands by")
	require.True(t, b.bound())
}
