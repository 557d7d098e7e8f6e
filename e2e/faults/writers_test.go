package faults_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
	"bordergw/vtep"
)

// TestF43_OperatorDeletes: each kind of row that an operator takes away comes
// back within two seconds.
func TestF43_OperatorDeletes(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	learn(w.other, "00:00:5e:00:53:01", "192.0.2.2")
	want := append([]string{"mac net 00:00:5e:00:53:01 192.0.2.2"}, carriedByOne...)
	rig.Holds(t, soon, w.server, want...)
	for _, args := range [][]string{
		{"unbind-ls", "tor1", "p1", "100"},
		{"del-ucast-remote", "net", "00:00:5e:00:53:01"},
		{"del-mcast-remote", "net", "unknown-dst", "192.0.2.2"},
		{"set", "Logical_Switch", "net", "tunnel_key=1"},
		{"clear", "Logical_Switch", "net", "other_config"},
	} {
		began := time.Now()
		w.server.VtepCtl(args...)
		w.InSync(w.device)
		rig.Holds(t, soon, w.server, want...)
		measured(t, 0, time.Since(began))
	}
}

// TestF43_FightsBack: somebody undoes the same thing again and again, while
// the network has a new station each time. It is repaired after delays that grow, and
// called a conflict.
func TestF43_FightsBack(t *testing.T) {
	t.Parallel()
	o := newTwo(t)
	stands := slices.Clone(carriedByOne)
	for i := range 5 {
		o.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
		station := fmt.Sprintf("00:00:5e:00:53:%02x", i)
		learn(o.other, station, "192.0.2.2")
		stands = append(stands, "mac net "+station+" 192.0.2.2")
		rig.Holds(t, soon+delayOf(i), o.server, stands...)
	}
	at := writtenAt(o.server, `"vlan_bindings":`) // when it was bound, undone, repaired, undone, ...
	require.Len(t, at, 11)
	for i := range 5 {
		gap := at[2*i+2].Sub(at[2*i])
		t.Logf("repair %d after %s", i+1, gap)
		require.GreaterOrEqual(t, gap, delayOf(i)-jitter, "repair %d", i+1)
	}
	o.Connection(soon, o.conn, model.ConnectionError, "an external writer undid 5 times")
	programmed := model.FindCondition(o.Loop.ConnectionStatus(o.conn).Conditions, model.Programmed)
	require.Equal(t, "Conflict", programmed.Reason)
	beside := o.Join(o.Network("beside", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	o.Connection(soon, beside, model.ConnectionActive)
}

// delayOf is how long after the one before it a repair is made, from 0 on.
func delayOf(repair int) time.Duration { return time.Second * time.Duration(1<<repair/2) }

// jitter is what the clock of a database may say less: it counts milliseconds, and
// not with our clock.
const jitter = 20 * time.Millisecond

// writtenAt is when transactions that have a text in them were written, by the log
// of the database: who watches from outside is late on a busy machine.
func writtenAt(s *ovsdbtest.Server, text string) (at []time.Time) {
	for _, record := range s.Log() {
		_, date, ok := strings.Cut(record, `"_date":`)
		var ms int64
		if _, err := fmt.Sscanf(date, "%d", &ms); ok && err == nil && strings.Contains(record, text) {
			at = append(at, time.UnixMilli(ms))
		}
	}
	return at
}

// TestF43_FightsBackMany: somebody, or the switch itself, undoes more than a
// thousand rows at once, again and again.
func TestF43_FightsBackMany(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	learn(w.other, "02:02:00:00:00:01", "192.0.2.2")
	const many = 1500
	w.other.Transact(stations(reference(t, w.other, "Logical_Switch", "name", "net"), reference(t, w.other, "Physical_Locator", "dst_ip", "192.0.2.2"), 0, many))
	all := func() error {
		rows, err := w.server.TryRows("Ucast_Macs_Remote", "MAC")
		if err == nil && len(rows) != many+1 {
			err = fmt.Errorf("%d stations", len(rows))
		}
		return err
	}
	rig.Eventually(t, rig.Patience, all)
	var cleared int
	for range 4 {
		cleared = w.server.Transactions()
		w.server.VtepCtl("clear-remote-macs", "net")
		rig.Eventually(t, rig.Patience, all)
	}
	at := writtenAt(w.server, "")
	require.Greater(t, at[cleared+1].Sub(at[cleared-1]), 2*time.Second, "the fourth repair waits")
	w.server.VtepCtl("clear-remote-macs", "net")
	w.Connection(soon, w.conn, model.ConnectionPending, "an external writer undid")
}

// TestF44_ForeignRows: what others write is not touched. Their VLAN and their VNI
// keep a connection from being made there, that connection only, until they let
// go of it.
func TestF44_ForeignRows(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	w.server.VtepCtl("add-ls", "foreign", "--", "set", "Logical_Switch", "foreign", "tunnel_key=6000",
		"--", "bind-ls", "tor1", "p2", "200", "foreign",
		"--", "add-ucast-remote", "foreign", "00:ff:00:00:00:01", "198.51.100.1",
		"--", "add-mcast-remote", "foreign", "unknown-dst", "198.51.100.1")
	foreign := []string{"ls foreign 6000", "bind tor1 p2 200 foreign", "mac foreign 00:ff:00:00:00:01 198.51.100.1", "flood foreign 198.51.100.1"}
	began := time.Now()
	vlan := w.Join(w.Network("vlan", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	vni := w.Join(w.Network("vni", 6000), rig.At{Switch: "tor1", Port: "p2", VLAN: 201})
	w.Connection(soon, vlan, model.ConnectionError, "VLAN 200", "p2", "foreign")
	w.Connection(soon, vni, model.ConnectionError, "VNI 6000", "foreign")
	detect := time.Since(began)
	gd, _ := w.Store.Definitions().Devices.Get(w.device)
	for vlan, by := range map[model.VLAN]string{200: "foreign", 100: "", 201: ""} {
		port := map[bool]string{true: "p1", false: "p2"}[vlan == 100]
		require.Equal(t, by, w.Loop.Occupant(model.Place{Device: gd, Switch: "tor1"}, port, []model.VLAN{vlan}), "whoever asks for it now is refused")
	}
	w.Connection(soon, w.conn, model.ConnectionActive)
	rig.Holds(t, soon, w.server, slices.Concat(foreign, carriedByOne, []string{"ls vlan 5002"})...)
	began = time.Now()
	w.server.VtepCtl("unbind-ls", "tor1", "p2", "200", "--", "set", "Logical_Switch", "foreign", "tunnel_key=6001")
	w.Connection(soon, vlan, model.ConnectionActive)
	w.Connection(soon, vni, model.ConnectionActive)
	measured(t, detect, time.Since(began))
	rig.Holds(t, soon, w.server, slices.Concat(carriedByOne, []string{
		"ls foreign 6001", "mac foreign 00:ff:00:00:00:01 198.51.100.1", "flood foreign 198.51.100.1",
		"ls vlan 5002", "bind tor1 p2 200 vlan", "ls vni 6000", "bind tor1 p2 201 vni",
	})...)
}

// TestF45_NetworkDeleted: an operator takes all of a network away.
func TestF45_NetworkDeleted(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	_, err := w.server.TryVtepCtl("del-ls", "net")
	require.ErrorContains(t, err, "remaining reference", "not while it is in use")
	began := time.Now()
	w.server.VtepCtl("clear-remote-macs", "net", "--", "unbind-ls", "tor1", "p1", "100", "--", "del-ls", "net")
	rig.Holds(t, soon+time.Second, w.server, carriedByOne...)
	measured(t, 0, time.Since(began))
}

// TestF46_ForeignRowsInOurNetwork: what others write into a logical switch of
// ours leads its frames astray, and goes.
func TestF46_ForeignRowsInOurNetwork(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	began := time.Now()
	w.server.VtepCtl("add-ucast-remote", "net", "00:ff:00:00:00:01", "198.51.100.1", "--", "add-mcast-remote", "net", "unknown-dst", "198.51.100.1")
	w.InSync(w.device)
	rig.Holds(t, soon, w.server, carriedByOne...)
	measured(t, 0, time.Since(began))
}

// TestF47_TwoControllers: two with different stores on one database share a
// network that both define and have one each. Neither touches what is the
// other's, and after a while nobody writes at all.
func TestF47_TwoControllers(t *testing.T) {
	t.Parallel()
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	var sites []*rig.Site
	var want []string
	for i := range 2 {
		s := rig.New(t, reconcile.Options{Interval: 100 * time.Millisecond})
		device := s.Register("tor1", server.Port())
		s.InSync(device)
		own := fmt.Sprintf("own%d", i)
		s.Join(s.Network(own, model.VNI(6000+i)), rig.At{Switch: "tor1", Port: "p1", VLAN: model.VLAN(10 + i)})
		rig.Eventually(t, rig.Patience, func() error { return bindings(server, i+1) })
		want = append(want, fmt.Sprintf("ls %s %d", own, 6000+i), fmt.Sprintf("bind tor1 p1 %d %s", 10+i, own))
		sites = append(sites, s)
	}
	require.NotEqual(t, lockOf(sites[0]), lockOf(sites[1]), "neither waits for the other")
	rig.Holds(t, rig.Patience, server, want...)
	conns := []string{}
	for _, s := range sites {
		conns = append(conns, s.Join(s.Network("both", 5001), rig.At{Switch: "tor1", Port: "p2", VLAN: 100}))
	}
	want = append(want, "ls both 5001", "bind tor1 p2 100 both")
	rig.Holds(t, rig.Patience, server, want...)
	quiet(t, server)
	sites[0].Part(conns[0])
	sites[1].Connection(rig.Patience, conns[1], model.ConnectionActive)
	rig.Holds(t, rig.Patience, server, want...)
	quiet(t, server)
}

// quiet waits for a second in which nobody writes.
func quiet(t testing.TB, servers ...*ovsdbtest.Server) {
	t.Helper()
	last, since := -1, time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		n := 0
		for _, s := range servers {
			n += s.Transactions()
		}
		if n != last {
			last, since = n, time.Now()
		}
		if time.Since(since) < time.Second {
			return fmt.Errorf("%d transactions so far", n)
		}
		return nil
	})
}

// TestF09_TwoSessions (F-09, F-47): two controllers on one store meet on one
// database. The one that came last writes, the other reads, says so, and takes
// over when the first has gone.
func TestF09_TwoSessions(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	twin := reconcile.New(o.Store, reconcile.Options{})
	stop := run(t, twin)
	o.Device(rig.Patience, o.device, model.DeviceDegraded, "another session")
	writers := func() (n int) {
		for _, l := range []*reconcile.Loop{o.Loop, twin} {
			if l.DeviceStatus(o.device).Phase == model.DeviceInSync {
				n++
			}
		}
		return n
	}
	rig.Eventually(t, rig.Patience, func() error {
		if n := writers(); n != 1 {
			return fmt.Errorf("%d write", n)
		}
		return nil
	})
	o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	want := append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)
	rig.Holds(t, soon, o.server, want...)
	began := time.Now()
	stop()
	o.InSync(o.device)
	measured(t, 0, time.Since(began))
	o.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
	rig.Holds(t, soon, o.server, want...)
}

// TestF48_LosesLockWhileWriting: the lock goes to somebody else while a
// transaction is on its way. The switch refuses it.
func TestF48_LosesLockWhileWriting(t *testing.T) {
	t.Parallel()
	c := newCutter(t)
	s, err := c.open(c.proxy.Port())
	require.NoError(t, err)
	defer func() {
		s.Close()
		<-s.Done()
	}()
	require.NoError(t, s.Claim(t.Context(), "mine"))
	plan := s.Plan(c.want, vtep.Whole)
	c.proxy.Hold(rig.Up)
	outcome := make(chan error, 1)
	go func() {
		_, err := s.Apply(t.Context(), plan)
		outcome <- err
	}()
	rig.Eventually(t, rig.Patience, func() error {
		if c.proxy.Asked() == 0 {
			return errors.New("it is not on its way")
		}
		return nil
	})
	before := c.server.Transactions()
	steal(t, c.server, "bordergw_mine")
	c.proxy.Open()
	require.ErrorIs(t, <-outcome, vtep.ErrReader)
	require.Equal(t, before, c.server.Transactions(), "nothing was written")
	require.False(t, s.Writer())
}

// TestF49_StoreGone: the store can not be written any more. The API says that it
// can not, reads go on, and the switches keep what they have and are repaired.
func TestF49_StoreGone(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	url := o.Serve()
	require.NoError(t, o.Store.Close())
	resp, err := http.Post(url+"/v2.0/networks", "application/json", strings.NewReader(`{"network":{"name":"x"}}`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	resp, err = http.Get(url + "/v2.0/l2-gateway-connections")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	began := time.Now()
	o.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
	rig.Holds(t, soon, o.server, carried...)
	measured(t, 0, time.Since(began))
}

// TestF50_StoreLost: a controller with an empty store, or none of its own,
// touches nothing on a switch that another store has written; when the same
// networks are defined again, they are taken over as they stand.
func TestF50_StoreLost(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	o.Stop()
	rows := o.server.Dump("Logical_Switch", "Physical_Port")
	fresh := rig.New(t, reconcile.Options{})
	device := fresh.Register("tor1", o.server.Port())
	fresh.InSync(device)
	fresh.Join(fresh.Network("next", 5005), rig.At{Switch: "tor1", Port: "p2", VLAN: 300})
	want := append([]string{"ls next 5005", "bind tor1 p2 300 next"}, carried...)
	rig.Holds(t, soon, o.server, want...)
	quiet(t, o.server)
	require.NoError(t, rig.Differs(o.server, want), "after the start's caution is over")
	before := reference(t, o.server, "Logical_Switch", "name", "net")
	conn := fresh.Join(fresh.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	fresh.Connection(soon, conn, model.ConnectionActive)
	require.NoError(t, rig.Differs(o.server, want))
	require.Equal(t, before, reference(t, o.server, "Logical_Switch", "name", "net"), "the row is the same")
	require.NotEqual(t, rows, o.server.Dump("Logical_Switch", "Physical_Port"), "it has the new mark")
}

// TestF50_OlderStore: the store is restored from before some connections were
// made. What it does not explain stays until the caution of the start is over;
// if it has no connection at all, it stays for good.
func TestF50_OlderStore(t *testing.T) {
	t.Parallel()
	for _, empty := range []bool{true, false} {
		t.Run(fmt.Sprintf("empty=%t", empty), func(t *testing.T) {
			t.Parallel()
			s := rig.New(t, reconcile.Options{Settle: 2 * time.Second})
			server, device := s.Switch("tor1", "192.0.2.1", "p1", "p2")
			s.InSync(device)
			backup := copyOf(t, s, empty)
			s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
			rig.Holds(t, soon, server, append(slices.Clone(kept[empty]), carried...)...)
			s.Stop()
			require.NoError(t, os.WriteFile(s.Path, backup, 0o600))
			began := time.Now()
			s.Start()
			s.Device(rig.Patience, device, model.DeviceInSync)
			require.NoError(t, rig.Differs(server, append(slices.Clone(kept[empty]), carried...)))
			if empty {
				quiet(t, server)
				quiet(t, server)
				require.Greater(t, time.Since(began), 2*time.Second)
				require.NoError(t, rig.Differs(server, carried), "an empty store explains nothing and removes nothing")
				return
			}
			rig.Holds(t, rig.Patience, server, kept[empty]...)
			require.Greater(t, time.Since(began), 2*time.Second, "not before the caution is over")
			measured(t, 0, time.Since(began))
		})
	}
}

// kept is what the older store of TestF50_OlderStore defines.
var kept = map[bool][]string{true: nil, false: {"ls old 4000", "bind tor1 p2 40 old"}}

// copyOf is the store's file, with or without a connection in it.
func copyOf(t *testing.T, s *rig.Site, empty bool) []byte {
	if !empty {
		s.Join(s.Network("old", 4000), rig.At{Switch: "tor1", Port: "p2", VLAN: 40})
	}
	s.Stop()
	content, err := os.ReadFile(s.Path)
	require.NoError(t, err)
	s.Start()
	return content
}

// TestF51_ClockJumps: the clock of the day goes forth and back by hours. What is
// held, repaired and forgotten after a while goes by the time that passes.
func TestF51_ClockJumps(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	jumping := func() time.Time {
		return time.Now().Add(time.Duration([]int{0, 40, -40}[calls.Add(1)%3]) * time.Hour)
	}
	s := rig.NewWith(t, reconcile.Options{}, store.Options{Now: jumping})
	server, device := s.Switch("tor1", "192.0.2.1", "p1")
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, rig.Patience, server, carried...)
	s.Join(s.Network("brief", 5002), rig.At{Switch: "tor1", Port: "p1", VLAN: 101})
	s.Part(conn)
	rig.Holds(t, soon, server, "ls brief 5002", "bind tor1 p1 101 brief")
	for c := range s.Store.Definitions().Connections.All() {
		s.Part(c.ID)
	}
	rig.Holds(t, soon, server)
	for g := range s.Store.Definitions().Gateways.All() {
		require.NoError(t, s.Store.DeleteL2Gateway(t.Context(), g.ID))
	}
	server.Stop()
	require.NoError(t, s.Store.DeleteGatewayDevice(t.Context(), device))
	server.Run()
	rig.Eventually(t, rig.Patience, func() error {
		if n := s.Store.Definitions().Retired.Len(); n > 0 {
			return fmt.Errorf("%d deleted devices are still remembered", n)
		}
		return nil
	})
	require.Greater(t, calls.Load(), int64(5))
}
