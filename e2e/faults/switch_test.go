package faults_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestF23_LosesDatabase: a switch comes back with nothing but its name. All of
// it is written anew in one go, and the other switch is not touched.
func TestF23_LosesDatabase(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	others := w.other.Transactions()
	began := time.Now()
	w.server.Wipe()
	w.server.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	w.Device(soon+time.Second, w.device, model.DeviceInSync)
	rig.Holds(t, rig.Patience, w.server, carriedByOne...)
	measured(t, 0, time.Since(began))
	require.Equal(t, others, w.other.Transactions(), "what the other holds is kept")
}

// restored stops a switch, puts a database from a file in place, and starts it.
func restored(t *testing.T, s *ovsdbtest.Server, content []byte) {
	s.Stop()
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "vtep.db"), content, 0o600))
	s.Run()
}

// TestF24_OldBackup: a switch comes back with a database of last week: a network
// that has been deleted since, another VNI and old bindings, and the tombstone
// is long gone. All of it is put right; what is foreign in it stays.
func TestF24_OldBackup(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	gone := o.Join(o.Network("gone", 5003), rig.At{Switch: "tor1", Port: "p2", VLAN: 300})
	o.server.VtepCtl("add-ls", "foreign", "--", "bind-ls", "tor1", "p2", "7", "foreign")
	foreign := []string{"ls foreign []", "bind tor1 p2 7 foreign"}
	rig.Holds(t, rig.Patience, o.server, slices.Concat(carried, foreign, []string{"ls gone 5003", "bind tor1 p2 300 gone"})...)
	o.server.VtepCtl("set", "Logical_Switch", "net", "tunnel_key=4999")
	backup, err := os.ReadFile(filepath.Join(o.server.Dir, "vtep.db"))
	require.NoError(t, err)

	o.Part(gone)
	require.NoError(t, o.Store.DeleteNetwork(t.Context(), "gone"))
	rig.Holds(t, rig.Patience, o.server, append(foreign, carried...)...)
	rig.Eventually(t, soon, func() error {
		if n := o.Store.Definitions().Tombstones.Len(); n > 0 {
			return fmt.Errorf("%d tombstones stand", n)
		}
		return nil
	})
	began := time.Now()
	restored(t, o.server, backup)
	rig.Holds(t, rig.Patience, o.server, append(foreign, carried...)...)
	measured(t, 0, time.Since(began))
}

// TestF25_EmptyDatabase: no Global row, no switch, no port. Nothing breaks, the
// connection waits, and what the switch gets is used at once.
func TestF25_EmptyDatabase(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	require.Empty(t, server.Rows("Global"))
	device := s.Register("tor1", server.Port())
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Device(rig.Patience, device, model.DeviceInSync)
	s.Connection(soon, conn, model.ConnectionPending, "tor1")
	server.VtepCtl("add-ps", "tor1")
	s.Connection(soon, conn, model.ConnectionPending, "p1")
	server.VtepCtl("add-port", "tor1", "p1")
	began := time.Now()
	rig.Holds(t, soon, server, carried...)
	measured(t, 0, time.Since(began))
	s.Connection(soon, conn, model.ConnectionPending, "tunnel")
	server.VtepCtl("set", "Physical_Switch", "tor1", "tunnel_ips=192.0.2.1")
	s.Connection(soon, conn, model.ConnectionActive)
}

// TestF26_TunnelAddresses: none, several, rubbish, IPv6, another one. Peers use
// what is usable and follow a change.
func TestF26_TunnelAddresses(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	set := func(value string) { w.other.VtepCtl("set", "Physical_Switch", "tor2", "tunnel_ips="+value) }
	for value, flood := range map[string]string{
		`192.0.2.7`:                                 "192.0.2.7",
		`["2001:db8::1","192.0.2.8"]`:               "192.0.2.8",
		`["bogus","0.0.0.0","239.0.0.1",192.0.2.3]`: "192.0.2.3",
	} {
		began := time.Now()
		set(value)
		rig.Holds(t, soon, w.server, append([]string{"flood net " + flood}, carried...)...)
		measured(t, 0, time.Since(began))
	}
	w.other.VtepCtl("clear", "Physical_Switch", "tor2", "tunnel_ips")
	rig.Eventually(t, soon, func() error {
		for c := range w.Store.Definitions().Connections.All() {
			if w.Loop.ConnectionStatus(c.ID).State == model.ConnectionPending {
				return nil
			}
		}
		return fmt.Errorf("no connection waits for the address")
	})
	set("192.0.2.2")
	w.stands(soon)
}

// TestF26_AddressTakenOff: a switch that is being set up again shows no tunnel
// address for a while. It stays a member by its last one.
func TestF26_AddressTakenOff(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	written := w.server.Transactions()
	w.other.VtepCtl("clear", "Physical_Switch", "tor2", "tunnel_ips")
	w.Connection(soon, w.otherConn, model.ConnectionPending, "no tunnel IP")
	w.InSync(w.device, w.otherDevice)
	w.stands(0)
	w.other.VtepCtl("set", "Physical_Switch", "tor2", "tunnel_ips=192.0.2.2")
	w.Connection(soon, w.otherConn, model.ConnectionActive)
	require.Equal(t, written, w.server.Transactions(), "what the other holds is kept")
}

// rackBeside is a switch that shares a network with one of two that have one database.
func rackBeside(s *rig.Site) (peer, rack *ovsdbtest.Server, conn string) {
	peer, _ = s.Switch("tor1", "192.0.2.1", "p1")
	rack = ovsdbtest.Start(s.T)
	rack.AddSwitch("tor2", "192.0.2.2", "p1")
	rack.AddSwitch("tor3", "192.0.2.3", "p1")
	s.InSync(s.Register("rack", rack.Port()))
	return peer, rack, s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100}, rig.At{Switch: "tor2", Port: "p1", VLAN: 100})
}

// TestF26_MACsOfAddressTakenOff: a switch shows no address for a while, or leaves a
// database of several. The MACs behind it stay on the switches that have them.
func TestF26_MACsOfAddressTakenOff(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{LocalHold: 100 * time.Millisecond})
	peer, rack, conn := rackBeside(s)
	const row = "mac net 00:00:5e:00:53:01 192.0.2.2"
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	learn(rack, "00:00:5e:00:53:01", "192.0.2.2")
	has := func() error {
		picture, err := rig.TryPicture(peer)
		if err == nil && !slices.Contains(picture, row) {
			err = fmt.Errorf("%s is missing: %v", row, picture)
		}
		return err
	}
	rig.Eventually(t, rig.Patience, has)
	rack.VtepCtl("clear", "Physical_Switch", "tor2", "tunnel_ips")
	s.Connection(soon, conn, model.ConnectionPending, "no tunnel IP")
	poll.Throughout(t, time.Second, has)
	rack.VtepCtl("del-ps", "tor2")
	s.Connection(soon, conn, model.ConnectionPending, "switch tor2 has gone")
	poll.Throughout(t, time.Second, has)
	rack.AddSwitch("tor2", "192.0.2.2", "p1")
	s.Connection(soon, conn, model.ConnectionActive)
	rack.VtepCtl("del-ps", "tor2", "--", "del-ps", "tor3")
	poll.Throughout(t, time.Second, has) // a database without a switch is being set up
}

// TestF29_SwitchGone: one switch of several leaves its database. It stays a
// member as long as its learned MACs are held. Then its address leaves the flood lists.
// A switch that comes back before that changes nothing.
func TestF29_SwitchGone(t *testing.T) {
	t.Parallel()
	const hold = 4 * time.Second
	s := rig.New(t, reconcile.Options{Hold: hold, Interval: 100 * time.Millisecond})
	peer, rack, conn := rackBeside(s)
	rig.Holds(t, rig.Patience, peer, carriedByOne...)
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	written := peer.Transactions()
	rack.VtepCtl("del-ps", "tor2")
	s.Connection(soon, conn, model.ConnectionPending, "switch tor2 has gone")
	rack.AddSwitch("tor2", "192.0.2.2", "p1")
	s.Connection(soon, conn, model.ConnectionActive)
	require.Equal(t, written, peer.Transactions(), "what the other holds is kept")

	rack.VtepCtl("del-ps", "tor2")
	began := time.Now()
	rig.Holds(t, hold+soon, peer, carried...)
	require.GreaterOrEqual(t, time.Since(began), hold-soon)
	s.Connection(soon, conn, model.ConnectionPending, "tor2 is not known")
}

// TestF27_PortMissing and TestF28_PortReplaced: a binding waits for its port and
// follows its name, to another row and to another switch of the database.
func TestF27_PortMissing(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	_, err := o.TryJoin(o.Network("late", 5002), rig.At{Switch: "tor1", Port: "p9", VLAN: 100})
	require.ErrorContains(t, err, "p9", "a port that is known to be missing is refused")
	o.server.VtepCtl("add-port", "tor1", "p9")
	rig.Eventually(t, soon, func() error {
		_, err = o.TryJoin("late", rig.At{Switch: "tor1", Port: "p9", VLAN: 100})
		return err
	})
	with := append([]string{"ls late 5002", "bind tor1 p9 100 late"}, carried...)
	rig.Holds(t, soon, o.server, with...)
	began := time.Now()
	o.server.VtepCtl("del-port", "tor1", "p9")
	rig.Eventually(t, soon, func() error {
		for c := range o.Store.Definitions().Connections.All() {
			if st := o.Loop.ConnectionStatus(c.ID); c.NetworkID == "late" && st.State != model.ConnectionPending {
				return fmt.Errorf("%s: %s", st.State, st.Detail)
			}
		}
		return nil
	})
	detect := time.Since(began)
	o.Connection(soon, o.conn, model.ConnectionActive)
	began = time.Now()
	o.server.VtepCtl("add-port", "tor1", "p9")
	rig.Holds(t, soon, o.server, with...)
	measured(t, detect, time.Since(began))
}

func TestF28_PortReplaced(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	for range 2 {
		began := time.Now()
		o.server.VtepCtl("del-port", "tor1", "p1", "--", "add-port", "tor1", "p1")
		rig.Holds(t, soon, o.server, carried...)
		measured(t, 0, time.Since(began))
	}
	o.server.VtepCtl("set", "Physical_Port", o.portOf("p1"), "name=p8")
	o.Connection(soon, o.conn, model.ConnectionPending, "p1")
	o.server.VtepCtl("set", "Physical_Port", o.portOf("p8"), "name=p1")
	o.Connection(soon, o.conn, model.ConnectionActive)
	rig.Holds(t, soon, o.server, carried...)
}

// portOf is the UUID of the row of a port.
func (o *one) portOf(name string) string {
	for _, r := range o.server.Rows("Physical_Port", "_uuid", "name") {
		if r["name"] == name {
			return fmt.Sprint(r["_uuid"])
		}
	}
	o.T.Fatalf("no port %s", name)
	return ""
}

// TestF29_SwitchRenamed: a switch that is renamed in place is the old one gone
// and a new one come.
func TestF29_SwitchRenamed(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	server.AddSwitch("tor2", "192.0.2.2", "p1")
	s.InSync(s.Register("rack", server.Port()))
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, soon, server, carried...)
	began := time.Now()
	server.VtepCtl("set", "Physical_Switch", "tor1", "name=spine1")
	s.Connection(soon, conn, model.ConnectionPending, "tor1")
	detect := time.Since(began)
	began = time.Now()
	server.VtepCtl("set", "Physical_Switch", "spine1", "name=tor1")
	s.Connection(soon, conn, model.ConnectionActive)
	rig.Holds(t, soon, server, carried...)
	measured(t, detect, time.Since(began))
}

// TestF29_SameNameTwice: a second database announces a switch of a name that a
// database has. The first is not disturbed and nothing is written to the second.
func TestF29_SameNameTwice(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	twin := ovsdbtest.Start(t)
	twin.AddSwitch("tor1", "192.0.2.66", "p1")
	device := o.Register("twin", twin.Port())
	rig.Eventually(t, rig.Patience, func() error {
		if d := o.Loop.DeviceStatus(device); d.LastError == "" && d.Phase != model.DeviceInSync {
			return fmt.Errorf("%s: %s", d.Phase, d.Detail)
		}
		return nil
	})
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	rig.Holds(t, soon, o.server, append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)...)
	require.NoError(t, rig.Differs(twin, nil))
}

// TestF30_SamePortName: two switches of one database have a port of the same
// name. Only the one that is meant changes.
func TestF30_SamePortName(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	server.AddSwitch("tor2", "192.0.2.2", "p1")
	s.Register("tor1", server.Port())
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, rig.Patience, server, carried...)
	s.Join("net", rig.At{Switch: "tor2", Port: "p1", VLAN: 101})
	rig.Holds(t, soon, server, append([]string{"bind tor2 p1 101 net"}, carried...)...)
	s.Part(conn)
	rig.Holds(t, soon, server, "ls net 5001", "bind tor2 p1 101 net")
}
