package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
)

// crossing has a controller write a plan that crosses what other hands do: they
// act while it can not see it, and what it sends meets what they did.
func crossing(t *testing.T, prepare, other func(*ovsdbtest.Server), define func(*rig.Site)) (*rig.Site, *ovsdbtest.Server, string) {
	t.Helper()
	s := rig.New(t, reconcile.Options{})
	server, proxy, device := s.Behind("tor1", "192.0.2.1", "p1", "p2")
	prepare(server)
	rig.Eventually(t, rig.Patience, func() error { // it may be reading what was prepared
		rows := len(server.Rows("Ucast_Macs_Remote"))
		reports := s.Loop.DeviceReports()
		if len(reports) == 0 || reports[0].RemoteMACs != rows {
			return fmt.Errorf("not all of %d rows were seen: %v", rows, reports)
		}
		return nil
	})
	s.InSync(device)
	asked := proxy.Asked()
	proxy.Hold(rig.Down)
	other(server)
	began := time.Now()
	define(s)
	rig.Eventually(t, rig.Patience, func() error {
		if proxy.Asked() == asked {
			return fmt.Errorf("nothing was sent yet")
		}
		return nil
	})
	proxy.Open()
	s.InSync(device)
	measured(t, 0, time.Since(began))
	return s, server, device
}

func nothing(*ovsdbtest.Server) {}

// bound joins networks net and beside to tor1.
func bound(s *rig.Site) {
	s.Join(s.Network("beside", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
}

var boundLines = []string{"ls net 5001", "bind tor1 p1 100 net", "ls beside 5002", "bind tor1 p2 200 beside"}

// farMAC adds a border with a MAC behind 198.51.100.7.
func farMAC(t *testing.T) func(*rig.Site) {
	return func(s *rig.Site) {
		var device string
		for d := range s.Store.Definitions().Devices.All() {
			device = d.ID
		}
		s.Far(device, mac(t, "00:aa:00:00:00:01"), address(t, "198.51.100.7"), 7000)
		s.Border(s.Network("far", 7000), device, 7000)
	}
}

var farLines = []string{"ls far 7000", "flood far 198.51.100.7", "mac far 00:aa:00:00:00:01 198.51.100.7"}

// theirs is a foreign network with a MAC behind the same address.
func theirs(s *ovsdbtest.Server) {
	s.VtepCtl("add-ls", "theirs", "--", "add-ucast-remote", "theirs", "00:bb:00:00:00:01", "198.51.100.7")
}

var theirLines = []string{"ls theirs []", "mac theirs 00:bb:00:00:00:01 198.51.100.7"}

// TestF12_LocatorExists: somebody else made the locator that our transaction
// makes.
func TestF12_LocatorExists(t *testing.T) {
	t.Parallel()
	_, server, _ := crossing(t, nothing, theirs, farMAC(t))
	rig.Holds(t, rig.Patience, server, append(farLines, theirLines...)...)
}

// TestF13_RowsGone: a locator or a port that our transaction refers to has gone,
// a port came anew.
func TestF13_RowsGone(t *testing.T) {
	t.Parallel()
	t.Run("locator", func(t *testing.T) {
		t.Parallel()
		_, server, _ := crossing(t, theirs, func(s *ovsdbtest.Server) {
			s.VtepCtl("del-ucast-remote", "theirs", "00:bb:00:00:00:01")
		}, farMAC(t))
		rig.Holds(t, rig.Patience, server, append(farLines, "ls theirs []")...)
	})
	t.Run("port", func(t *testing.T) {
		t.Parallel()
		s, server, _ := crossing(t, nothing, func(s *ovsdbtest.Server) { s.VtepCtl("del-port", "tor1", "p1") }, bound)
		rig.Holds(t, rig.Patience, server, "ls net 5001", "ls beside 5002", "bind tor1 p2 200 beside")
		server.VtepCtl("add-port", "tor1", "p1")
		rig.Holds(t, soon, server, boundLines...)
		s.Stop()
	})
}

// TestF14_NameExists: a logical switch of our name appears while we make it. One
// for the same VNI is taken over; any other is theirs, and only the connection
// that wanted the name is in error.
func TestF14_NameExists(t *testing.T) {
	t.Parallel()
	make := func(key string) func(*ovsdbtest.Server) {
		return func(s *ovsdbtest.Server) {
			s.VtepCtl("add-ls", "net", "--", "set", "Logical_Switch", "net", "tunnel_key="+key)
		}
	}
	t.Run("same VNI", func(t *testing.T) {
		t.Parallel()
		_, server, _ := crossing(t, nothing, make("5001"), bound)
		rig.Holds(t, rig.Patience, server, boundLines...)
	})
	t.Run("other VNI", func(t *testing.T) {
		t.Parallel()
		s, server, _ := crossing(t, nothing, make("4711"), bound)
		rig.Holds(t, rig.Patience, server, "ls net 4711", "ls beside 5002", "bind tor1 p2 200 beside")
		for c := range s.Store.Definitions().Connections.All() {
			want := map[string]string{"net": model.ConnectionError, "beside": model.ConnectionActive}[c.NetworkID]
			s.Connection(soon, c.ID, want)
		}
	})
}

// TestF15_GuardFails: the port that our transaction guards is another row of the
// same name by then.
func TestF15_GuardFails(t *testing.T) {
	t.Parallel()
	_, server, _ := crossing(t, nothing, func(s *ovsdbtest.Server) {
		s.VtepCtl("del-port", "tor1", "p1", "--", "add-port", "tor1", "p1")
	}, bound)
	rig.Holds(t, rig.Patience, server, boundLines...)
}

// TestF21_OneBadObject: somebody binds the VLAN that one of two networks in one
// transaction wants. Only that one is in error.
func TestF21_OneBadObject(t *testing.T) {
	t.Parallel()
	s, server, _ := crossing(t, func(s *ovsdbtest.Server) { s.VtepCtl("add-ls", "theirs") },
		func(s *ovsdbtest.Server) { s.VtepCtl("bind-ls", "tor1", "p1", "100", "theirs") }, bound)
	rig.Holds(t, rig.Patience, server, "ls theirs []", "bind tor1 p1 100 theirs", "ls net 5001", "ls beside 5002", "bind tor1 p2 200 beside")
	for c := range s.Store.Definitions().Connections.All() {
		want := map[string]string{"net": model.ConnectionError, "beside": model.ConnectionActive}[c.NetworkID]
		s.Connection(soon, c.ID, want)
	}
}

// thief is a session of somebody else on a switch.
type thief struct{ net.Conn }

func steal(t testing.TB, server *ovsdbtest.Server, lock string) *thief {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(server.Port())))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = fmt.Fprintf(conn, `{"id":1,"method":"steal","params":[%q]}`, lock)
	require.NoError(t, err)
	var reply struct{ Result struct{ Locked bool } }
	require.NoError(t, json.NewDecoder(conn).Decode(&reply))
	require.True(t, reply.Result.Locked)
	return &thief{conn}
}

// lockOf is the name of a controller's lock.
func lockOf(s *rig.Site) string {
	return "bordergw_" + strings.ReplaceAll(s.Store.Definitions().StoreID, "-", "_")
}

// TestF16_LockStolen: who lost the lock reads on and writes nothing, says so,
// and writes again when it has the lock back.
func TestF16_LockStolen(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	began := time.Now()
	other := steal(t, o.server, lockOf(o.Site))
	o.Device(soon, o.device, model.DeviceDegraded, "another session")
	detect := time.Since(began)
	before := o.server.Transactions()
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	o.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
	o.Device(soon, o.device, model.DeviceDegraded, "another session")
	require.Equal(t, before+1, o.server.Transactions(), "only the operator wrote")
	began = time.Now()
	require.NoError(t, other.Close())
	rig.Holds(t, soon, o.server, append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)...)
	o.InSync(o.device)
	measured(t, detect, time.Since(began))
}

// refusing runs a switch that refuses every transaction with an error, for ten
// minutes that pass at once.
func refusing(t *testing.T, failure string) (st model.ConnectionStatus, d model.DeviceStatus, asked, dialled int64) {
	peer := rig.NewPeer(t)
	peer.Answers["transact"] = rig.OK("[" + failure + "]")
	synctest.Test(t, func(t *testing.T) {
		s := rig.New(t, reconcile.Options{Dial: func(context.Context, *model.GatewayDevice) (net.Conn, error) {
			dialled++
			client, server := net.Pipe()
			go peer.Serve(server)
			return client, nil
		}})
		id := s.Register("fake", 1)
		conn := s.Join(s.Network("net", 5001), rig.At{Switch: "fake", Port: "p1", VLAN: 100})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		st, d = s.Loop.ConnectionStatus(conn), s.Loop.DeviceStatus(id)
		s.Stop()
		time.Sleep(time.Minute) // the peer's goroutines find that it is over
	})
	return st, d, peer.Asked.Load(), dialled
}

// TestF17_UnknownColumn: a switch whose schema has a column that its
// transactions do not know. Its own words are shown, and it is asked ever more
// seldom. (A schema that lacks the column is TestF41.)
func TestF17_UnknownColumn(t *testing.T) {
	st, d, asked, dialled := refusing(t, `{"error":"unknown column","details":"No column replication_mode"}`)
	require.Equal(t, model.ConnectionError, st.State)
	require.Contains(t, st.Detail, "No column replication_mode")
	require.Equal(t, model.DeviceDegraded, d.Phase)
	require.EqualValues(t, 1, dialled, "the session stands")
	require.Less(t, asked, int64(200))
}

// TestF18_SwitchRefuses: the errors of RFC 7047 and of makers.
func TestF18_SwitchRefuses(t *testing.T) {
	for _, kind := range []string{"resources exhausted", "I/O error", "not supported", "TCAM full (0x17)"} {
		st, d, asked, dialled := refusing(t, fmt.Sprintf(`{"error":%q,"details":"slot 3"}`, kind))
		require.Equal(t, model.ConnectionError, st.State, kind)
		require.Contains(t, st.Detail, kind)
		require.Contains(t, st.Detail, "slot 3")
		require.NotContains(t, st.Detail, "external writer", "a refusal is no conflict")
		require.Equal(t, model.DeviceDegraded, d.Phase)
		require.Contains(t, d.LastError, kind)
		require.EqualValues(t, 1, dialled, "the session stands")
		require.Less(t, asked, int64(200), "ten minutes of trying less and less often")
		require.Greater(t, asked, int64(20))
	}
}

// TestF19_Reverts: a switch accepts what is written and does not keep it. It is
// written again ever more seldom, and called a conflict.
func TestF19_Reverts(t *testing.T) {
	peer := rig.NewPeer(t)
	synctest.Test(t, func(t *testing.T) {
		s := rig.New(t, reconcile.Options{Dial: func(context.Context, *model.GatewayDevice) (net.Conn, error) {
			client, server := net.Pipe()
			go peer.Serve(server)
			return client, nil
		}})
		s.Register("fake", 1)
		conn := s.Join(s.Network("net", 5001), rig.At{Switch: "fake", Port: "p1", VLAN: 100})
		time.Sleep(time.Minute)
		synctest.Wait()
		st := s.Loop.ConnectionStatus(conn)
		require.Equal(t, model.ConnectionError, st.State, st.Detail)
		require.Contains(t, st.Detail, "an external writer undid")
		require.Equal(t, "Conflict", model.FindCondition(st.Conditions, model.Programmed).Reason)
		first := peer.Asked.Load()
		require.Less(t, first, int64(30))
		time.Sleep(time.Hour)
		require.Less(t, peer.Asked.Load()-first, int64(60))
		require.Greater(t, peer.Asked.Load(), first, "but it does not give up")
		s.Stop()
		time.Sleep(time.Minute) // the peer's goroutines find that it is over
	})
}

// TestF22_SlowSwitch: a switch that takes its time for every answer. It arrives
// in the end; nobody waits for it, least of all the API.
func TestF22_SlowSwitch(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	const slow = 1500 * time.Millisecond
	late, proxy, device := o.Behind("late", "192.0.2.9", "p1")
	proxy.Delay.Store(int64(slow))
	began, free := time.Now(), poll.Start(t)
	o.Join("net", rig.At{Switch: "late", Port: "p1", VLAN: 100})
	url := o.Serve()
	for i := 0; o.Loop.DeviceStatus(device).Phase != model.DeviceInSync; i++ {
		require.Less(t, free.Counted(), rig.Patience)
		asked := free.Counted()
		resp, err := http.Get(url + "/v2.0/networks")
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Less(t, free.Counted()-asked, soon, "the API waits for nobody")
		id := fmt.Sprintf("n%d", i)
		asked = free.Counted()
		conn := o.Join(o.Network(id, 0), rig.At{Switch: "tor1", Port: "p2", VLAN: model.VLAN(200 + i)})
		o.Connection(soon, conn, model.ConnectionActive)
		require.Less(t, free.Counted()-asked, soon, "the other switch waits for nobody")
	}
	require.Greater(t, time.Since(began), 2*slow)
	require.NoError(t, rig.Differs(late, []string{"ls net 5001", "bind late p1 100 net", "flood net 192.0.2.1"}))
	measured(t, 0, time.Since(began))
}

// TestF22_TenSeconds: an answer that takes ten seconds is no reason to give up.
func TestF22_TenSeconds(t *testing.T) {
	peer := rig.NewPeer(t)
	peer.Slow = 10 * time.Second
	require.EqualValues(t, 1, inBubble(t, peer.Serve, 10*time.Minute, nil))
	require.Positive(t, peer.Asked.Load(), "it was written")
}

// caught is a listener that one switch dials in to.
type caught chan net.Conn

func (c caught) Accept() (net.Conn, error) {
	if conn, ok := <-c; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (c caught) Close() error { close(c); return nil }

func (c caught) Addr() net.Addr { return &net.TCPAddr{} }

// TestF22_DialsInSlowly: a switch that dials in is read for as long as it goes on
// answering, as one that is dialled is.
func TestF22_DialsInSlowly(t *testing.T) {
	peer := rig.NewPeer(t)
	peer.Slow = 18 * time.Second
	synctest.Test(t, func(t *testing.T) {
		calls := make(caught, 1)
		s := rig.New(t, reconcile.Options{Listeners: []net.Listener{calls}})
		id := s.RegisterAs(model.GatewayDevice{Name: "fake", ManagementProtocol: model.ProtocolOVSDBListen})
		ours, theirs := net.Pipe()
		go peer.Serve(theirs)
		calls <- ours
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, model.DeviceInSync, s.Loop.DeviceStatus(id).Phase)
		s.Stop()
		time.Sleep(time.Minute) // the peer's goroutines find that it is over
	})
}
