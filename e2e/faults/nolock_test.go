package faults_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// behind is a site with one switch "tor1" behind a Between, in sync with no network.
func behind(t testing.TB, options reconcile.Options) (*rig.Site, *ovsdbtest.Server, *rig.Between, string) {
	t.Helper()
	s := rig.New(t, options)
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	between, port := rig.NewBetween(t, server.Port())
	device := s.Register("tor1", port)
	s.InSync(device)
	return s, server, between, device
}

var errWait = errors.New("not yet")

// slowly measures that no more than a few transactions are made in two seconds.
func slowly(t testing.TB, asked func() int64) {
	t.Helper()
	before, began := asked(), time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		if left := 2*time.Second - time.Since(began); left > 0 {
			return errWait
		}
		return nil
	})
	require.LessOrEqual(t, asked()-before, int64(40), "no hot loop")
}

// TestF73_LockOfNoUse: the switch grants the lock and then refuses what asserts it, as
// a server does in front of which another one grants. It is said, with pauses that grow,
// and nothing is written; as soon as the lock is worth something, all is.
func TestF73_LockOfNoUse(t *testing.T) {
	t.Parallel()
	s, server, between, device := behind(t, reconcile.Options{})
	between.Answer(func(r rig.Request) string {
		if r.Method == "transact" && r.Has("assert") {
			return `{"id":$ID,"error":null,"result":[{"error":"not owner","details":"x"},null]}`
		}
		return ""
	})
	began := time.Now()
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Device(rig.Patience, device, model.DeviceDegraded, "grants the lock", "not owner")
	detect := time.Since(began)
	s.Connection(rig.Patience, conn, model.ConnectionPending, "grants the lock")
	slowly(t, between.Asked.Load)
	s.Device(0, device, model.DeviceDegraded, "grants the lock")
	require.NoError(t, rig.Differs(server, nil))
	between.Answer(nil)
	began = time.Now()
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	rig.Holds(t, rig.Patience, server, carried...)
	measured(t, detect, time.Since(began))
}

// TestF73_NoAssert: a switch that grants the lock and does not know how to hold a
// transaction to it is written all the same.
func TestF73_NoAssert(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"operation refused": `{"id":$ID,"error":null,"result":[{"error":"not supported"},null]}`,
		"unknown operation": `{"id":$ID,"error":null,"result":[{"error":"syntax error","details":"No operation \"assert\""}]}`,
		"request refused":   `{"id":$ID,"error":{"error":"unknown operation"},"result":null}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server, between, _ := behind(t, reconcile.Options{})
			between.Answer(func(r rig.Request) string {
				if r.Method == "transact" && r.Has("assert") {
					return answer
				}
				return ""
			})
			began := time.Now()
			conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
			s.Connection(rig.Patience, conn, model.ConnectionActive)
			rig.Holds(t, rig.Patience, server, carried...)
			measured(t, 0, time.Since(began))
			asked := between.Asked.Load()
			s.Join(s.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
			rig.Holds(t, rig.Patience, server, append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)...)
			require.LessOrEqual(t, between.Asked.Load()-asked, int64(4), "it is not tried again each time")
		})
	}
}

// TestF73_EveryRequestRefused: the switch refuses each transaction as a whole. The
// session stands, and all is written when it refuses no longer.
func TestF73_EveryRequestRefused(t *testing.T) {
	t.Parallel()
	s, server, between, device := behind(t, reconcile.Options{})
	between.Answer(func(r rig.Request) string {
		if r.Method == "transact" {
			return `{"id":$ID,"error":"the backend is busy","result":null}`
		}
		return ""
	})
	sessions := between.Sessions.Load()
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Device(rig.Patience, device, model.DeviceDegraded, "the backend is busy")
	s.Connection(rig.Patience, conn, model.ConnectionPending, "the backend is busy")
	slowly(t, between.Asked.Load)
	between.Answer(nil)
	began := time.Now()
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	rig.Holds(t, rig.Patience, server, carried...)
	measured(t, 0, time.Since(began))
	require.Equal(t, sessions, between.Sessions.Load(), "it was not read anew")
}

// beside starts another ovsdb-server at a port of its own, and returns the port and its
// control socket.
func beside(t testing.TB, args ...string) (int, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ov")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	free := ovsdbtest.Start(t)
	port := free.Port()
	free.Stop()
	ctl := filepath.Join(dir, "ctl")
	cmd := exec.Command("ovsdb-server", append([]string{"-vconsole:off", "-vsyslog:off", "--no-chdir", "--unixctl=" + ctl,
		"--remote=ptcp:" + strconv.Itoa(port) + ":127.0.0.1"}, args...)...)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return port, ctl
}

// TestF73_Relay: what is registered is a relay of the switch's database. It grants locks
// that the database knows nothing of.
func TestF73_Relay(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	source := ovsdbtest.Start(t)
	source.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	port, _ := beside(t, "relay:hardware_vtep:"+source.TCP())
	device := s.Register("tor1", port)
	began := time.Now()
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	rig.Holds(t, rig.Patience, source, carried...)
	measured(t, 0, time.Since(began))
	before := source.Transactions()
	twin := reconcile.New(s.Store, reconcile.Options{})
	run(t, twin)
	rig.Eventually(t, rig.Patience, func() error {
		if twin.DeviceStatus(device).Phase != model.DeviceInSync && s.Loop.DeviceStatus(device).Phase != model.DeviceInSync {
			return errWait
		}
		if twin.DeviceStatus(device).Phase != model.DeviceDegraded && s.Loop.DeviceStatus(device).Phase != model.DeviceDegraded {
			return errWait
		}
		return nil
	})
	require.Equal(t, before, source.Transactions(), "one of two sessions over the relay writes, and finds nothing to do")
}

// TestF73_Standby: what is registered is the standby of the switch's database, which
// refuses writes. It says so, and is written when it becomes the active one.
func TestF73_Standby(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	active := ovsdbtest.Start(t)
	active.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	standby := ovsdbtest.Start(t, ovsdbtest.WithArgs("--sync-from="+active.TCP()))
	between, port := rig.NewBetween(t, standby.Port())
	device := s.Register("tor1", port)
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	took := s.Device(rig.Patience, device, model.DeviceDegraded, "not allowed", "read only")
	s.Connection(rig.Patience, conn, model.ConnectionPending, "read only")
	slowly(t, between.Asked.Load)
	out, err := exec.Command("ovs-appctl", "-t", filepath.Join(standby.Dir, "ctl"), "ovsdb-server/disconnect-active-ovsdb-server").CombinedOutput()
	require.NoError(t, err, string(out))
	began := time.Now()
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	rig.Holds(t, rig.Patience, standby, carried...)
	measured(t, took, time.Since(began))
	require.Contains(t, lockOf(s), "bordergw_")
	standby.Transact(`[{"op":"comment","comment":"it stands"}]`)
	steal(t, standby, lockOf(s))
	s.Device(rig.Patience, device, model.DeviceDegraded, "another session")
}
