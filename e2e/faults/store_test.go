package faults_test

import (
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
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
)

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
