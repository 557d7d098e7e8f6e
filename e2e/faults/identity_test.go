package faults_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// tenants are two switches that carry network "a" with the first VNI of the range;
// sw1 is behind a proxy, so that its management can be lost while its data plane
// goes on.
type tenants struct {
	*rig.Site
	sw1, sw2   *ovsdbtest.Server
	proxy      *rig.Proxy
	dev1, dev2 string
	conn       string
}

const firstVNI = 10000

func newTenants(t *testing.T) *tenants {
	t.Helper()
	n := &tenants{Site: rig.New(t, reconcile.Options{})}
	n.sw1, n.proxy, n.dev1 = n.Behind("sw1", "192.0.2.1", "p1", "p2")
	n.sw2, n.dev2 = n.Switch("sw2", "192.0.2.2", "p1", "p2")
	n.InSync(n.dev1, n.dev2)
	n.conn = n.Join(n.Network("a", 0), rig.At{Switch: "sw1", Port: "p1", VLAN: 10}, rig.At{Switch: "sw2", Port: "p1", VLAN: 10})
	rig.Holds(t, rig.Patience, n.sw1, "ls a 10000", "bind sw1 p1 10 a", "flood a 192.0.2.2")
	rig.Holds(t, rig.Patience, n.sw2, "ls a 10000", "bind sw2 p1 10 a", "flood a 192.0.2.1")
	return n
}

// dismiss deletes network a.
func (n *tenants) dismiss() {
	n.T.Helper()
	n.Part(n.conn)
	require.NoError(n.T, n.Store.DeleteNetwork(n.T.Context(), "a"))
}

func (n *tenants) vni(network string) model.VNI {
	n.T.Helper()
	net, ok := n.Store.Definitions().Networks.Get(network)
	require.True(n.T, ok)
	return net.VNI
}

// free waits until a new network may ask for a VNI.
func (n *tenants) free(v model.VNI) time.Duration {
	n.T.Helper()
	return rig.Eventually(n.T, rig.Patience, func() error {
		_, err := n.Store.CreateNetwork(n.T.Context(), model.Network{Record: model.Record{ID: fmt.Sprint("asks-for-", v)}, VNI: v})
		return err
	})
}

// TestF156_VNIOfLostSwitch: sw1's management is lost, network a is deleted and b is
// made. b must not get a's VNI: sw1 goes on flooding a's frames with it to sw2.
func TestF156_VNIOfLostSwitch(t *testing.T) {
	t.Parallel()
	n := newTenants(t)
	n.proxy.Hold(rig.Up)
	n.proxy.Cut()
	n.dismiss()
	rig.Holds(t, rig.Patience, n.sw2)
	n.Join(n.Network("b", 0), rig.At{Switch: "sw2", Port: "p1", VLAN: 20})
	require.Equal(t, model.VNI(firstVNI+1), n.vni("b"), "sw1 may still carry a")
	rig.Holds(t, rig.Patience, n.sw2, "ls b 10001", "bind sw2 p1 20 b")
	_, err := n.Store.CreateNetwork(t.Context(), model.Network{VNI: firstVNI})
	require.ErrorContains(t, err, "VNI 10000")
	require.ErrorContains(t, err, "network a")
	require.ErrorContains(t, err, "switch sw1")
	require.Equal(t, model.Conflict, model.KindOf(err))

	n.Stop()
	n.Start()
	_, err = n.Store.CreateNetwork(t.Context(), model.Network{VNI: firstVNI})
	require.ErrorContains(t, err, "switch sw1", "after a restart")
	rig.Eventually(t, rig.Patience, func() error {
		return rig.Differs(n.sw1, []string{"ls a 10000", "bind sw1 p1 10 a", "flood a 192.0.2.2"})
	})
	n.proxy.Open()
	took := rig.Holds(t, rig.Patience, n.sw1)
	measured(t, 0, took+n.free(firstVNI))
}

// TestF156_DeadLogicalSwitch: the switch is there, but still has a local MAC of the
// deleted network, so that the logical switch stands. The next network gets another
// VNI and is ACTIVE.
func TestF156_DeadLogicalSwitch(t *testing.T) {
	t.Parallel()
	n := newTenants(t)
	n.sw1.VtepCtl("add-ucast-local", "a", "00:00:5e:00:53:01", "192.0.2.1")
	n.dismiss()
	rig.Holds(t, rig.Patience, n.sw1, "ls a 10000")
	conn := n.Join(n.Network("b", 0), rig.At{Switch: "sw1", Port: "p1", VLAN: 10})
	n.Connection(rig.Patience, conn, model.ConnectionActive)
	rig.Holds(t, rig.Patience, n.sw1, "ls a 10000", "ls b 10001", "bind sw1 p1 10 b")
	_, err := n.Store.CreateNetwork(t.Context(), model.Network{VNI: firstVNI})
	require.ErrorContains(t, err, "switch sw1")
	n.sw1.VtepCtl("clear-local-macs", "a")
	measured(t, 0, n.free(firstVNI))
}

// TestF157_BorderVNIOfLostSwitch: a border loses its connection with VNI 7000 while
// its management is lost. Its locators lead with that VNI to the other sites.
func TestF157_BorderVNIOfLostSwitch(t *testing.T) {
	t.Parallel()
	n := newTenants(t)
	conn := n.Border("a", n.dev1, 7000)
	mac, far := mac(t, "00:00:5e:00:53:77"), address(t, "198.51.100.9")
	n.Far(n.dev1, mac, far, 7000)
	n.Connection(rig.Patience, conn, model.ConnectionError, "VNI 7000 between sites differs")
	n.Part(conn)

	// A border whose network's VNI is the one between sites.
	n.Network("c", 7001)
	conn = n.Border("c", n.dev1, 7001)
	n.Connection(rig.Patience, conn, model.ConnectionActive)
	n.proxy.Hold(rig.Up)
	n.proxy.Cut()
	n.Part(conn)
	require.NoError(t, n.Store.DeleteNetwork(t.Context(), "c"))
	n.Network("d", 7002)
	gw, err := n.Store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{{DeviceID: n.dev2, SegmentationID: 7001}}})
	require.NoError(t, err)
	join := func() error {
		_, err := n.Store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: "d"})
		return err
	}
	require.ErrorContains(t, join(), "VNI 7001 belonged to the deleted network c and may still be in use on switch sw1")
	n.proxy.Open()
	measured(t, 0, rig.Eventually(t, rig.Patience, join))
}

// TestF158_EmptyDatabaseConfirmsNothing: sw1 comes back with an empty database, which
// is being set up again; that says nothing of what its data plane does. With its
// switch in it, it does.
func TestF158_EmptyDatabaseConfirmsNothing(t *testing.T) {
	t.Parallel()
	n := newTenants(t)
	n.proxy.Hold(rig.Up)
	n.proxy.Cut()
	n.dismiss()
	n.sw1.Stop()
	n.sw1.Wipe()
	n.sw1.Run()
	n.proxy.Open()
	n.Device(rig.Patience, n.dev1, model.DeviceInSync)
	n.Join(n.Network("b", 0), rig.At{Switch: "sw2", Port: "p2", VLAN: 20})
	require.Equal(t, model.VNI(firstVNI+1), n.vni("b"))
	n.sw1.AddSwitch("sw1", "192.0.2.1", "p1", "p2")
	measured(t, 0, n.free(firstVNI))
}

// TestF159_VNIOnSwitch: a store without memory, lost or restored from an older copy,
// gives no VNI that a switch is seen to use.
func TestF159_VNIOnSwitch(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"lost", "older"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := rig.New(t, reconcile.Options{})
			server, device := s.Switch("tor1", "192.0.2.1", "p1", "p2")
			s.InSync(device)
			backup := copyOf(t, s, true)
			s.Join(s.Network("net", 0), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
			want := []string{"ls net 10000", "bind tor1 p1 100 net"}
			rig.Holds(t, rig.Patience, server, want...)
			s.Stop()
			if how == "lost" {
				s = rig.New(t, reconcile.Options{})
				device = s.Register("tor1", server.Port())
			} else {
				require.NoError(t, os.WriteFile(s.Path, backup, 0o600))
				s.Start()
			}
			s.InSync(device)
			conn := s.Join(s.Network("next", 0), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
			s.Connection(rig.Patience, conn, model.ConnectionActive)
			next, _ := s.Store.Definitions().Networks.Get("next")
			require.Equal(t, model.VNI(firstVNI+1), next.VNI)
		})
	}
}
