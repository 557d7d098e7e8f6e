package lab_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
)

// TestMachine: a machine is reached on a hypervisor, and where it goes: to another one, and to a port of a switch.
func TestMachine(t *testing.T) {
	cfg := two()
	cfg.Hypervisors = []string{"hv1", "hv2"}
	l := up(t, cfg)
	sw1, sw2 := l.Switch("sw1"), l.Switch("sw2")
	join(t, sw1, sw2, "flat", 5001, "p1", 0)
	join(t, sw2, sw1, "flat", 5001, "p2", 100)
	vtepCtl(t, sw1, "set", "Logical_Switch", "flat", "replication_mode=source_node") // to all, not to one of them
	for _, name := range cfg.Hypervisors {
		h := l.Hypervisor(name)
		vtepCtl(t, sw1, "add-mcast-remote", "flat", "unknown-dst", h.TunnelIP().String())
		for _, args := range [][]string{
			{"add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=netdev"},
			{"add-port", "br-int", "vx1", "--", "set", "interface", "vx1", "type=vxlan", "options:key=5001", "options:remote_ip=" + sw1.TunnelIP().String()},
		} {
			_, err := h.Run(soon(t), "ovs-vsctl", args...)
			require.NoError(t, err)
		}
		_, err := h.Run(soon(t), "ping", "-q", "-c", "1", "-W", "2", h.Controller().String())
		require.NoError(t, err, "the management network")
	}

	m, err := l.NewMachine(soon(t), "vm", "02:00:00:04:00:01", netip.MustParseAddr("192.168.70.1"))
	require.NoError(t, err)
	silent(t, l, "vm", "h1")
	for _, name := range []string{"hv1", "hv2"} {
		require.NoError(t, m.PlugInto(soon(t), l.Hypervisor(name), "port"))
		require.NoError(t, l.Ping(soon(t), "vm", "h1"))
		id, err := l.Hypervisor(name).Run(soon(t), "ovs-vsctl", "get", "interface", "tap-vm", "external_ids:iface-id")
		require.NoError(t, err)
		require.Equal(t, `port`, id)
	}
	require.NoError(t, m.PlugIntoSwitch(soon(t), sw2, 100))
	require.NoError(t, m.Announce())
	require.NoError(t, l.Ping(soon(t), "h1", "vm"))
	require.NoError(t, m.Unplug(soon(t)))
	silent(t, l, "h1", "vm")
}

func TestNamesOfHypervisors(t *testing.T) {
	for _, names := range [][]string{{"sw1"}, {"hv1", "hv1"}, {"too-long-a-name"}} {
		_, err := lab.New(lab.Config{Switches: two().Switches, Hypervisors: names})
		require.Error(t, err, fmt.Sprint(names))
	}
}
