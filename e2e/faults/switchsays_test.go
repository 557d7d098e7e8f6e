package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestF31_FaultStatus: one fault, two, one that nobody knows, none. They are
// shown on the connections that use the port and on the device's inventory.
func TestF31_FaultStatus(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	beside := o.Join(o.Network("beside", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	port := o.portOf("p1")
	for _, faults := range []string{"invalid_vlan_map", "invalid_vlan_map,unspecified_fault", "wombat"} {
		began := time.Now()
		o.server.VtepCtl("set", "Physical_Port", port, "port_fault_status="+faults)
		o.Connection(soon, o.conn, model.ConnectionError, append([]string{"p1"}, strings.Split(faults, ",")...)...)
		measured(t, time.Since(began), 0)
		cs := o.Loop.ConnectionStatus(o.conn).Conditions
		require.True(t, model.FindCondition(cs, model.Programmed).True, "its rows are there")
		require.False(t, model.FindCondition(cs, model.Bound).True)
		o.Connection(soon, beside, model.ConnectionActive)
	}
	o.server.VtepCtl("clear", "Physical_Port", port, "port_fault_status")
	o.Connection(soon, o.conn, model.ConnectionActive)
	o.server.VtepCtl("set", "Physical_Switch", "tor1", "switch_fault_status=tunnel_exhaustion,wombat")
	rig.Eventually(t, soon, func() error {
		inv, _ := o.Store.Definitions().Inventories.Get(o.device)
		if sw, _ := inv.Switch("tor1"); len(sw.Faults) != 2 {
			return fmt.Errorf("the inventory has %v", sw.Faults)
		}
		return nil
	})
	require.NoError(t, rig.Differs(o.server, append([]string{"ls beside 5002", "bind tor1 p2 200 beside"}, carried...)))
}

// TestF32_TableFull: a switch whose MAC table is full gets no more MACs and
// floods for them. They follow when there is room.
func TestF32_TableFull(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	learn(w.other, "00:00:5e:00:53:01", "192.0.2.2")
	first := append([]string{"mac net 00:00:5e:00:53:01 192.0.2.2"}, carriedByOne...)
	rig.Holds(t, soon, w.server, first...)
	w.server.VtepCtl("set", "Physical_Switch", "tor1", "switch_fault_status=mac_table_exhaustion")
	rig.Eventually(t, soon, func() error {
		if inv, ok := w.Store.Definitions().Inventories.Get(w.device); !ok || len(inv.Switches[0].Faults) == 0 {
			return fmt.Errorf("the fault is not known yet")
		}
		return nil
	})
	learn(w.other, "00:00:5e:00:53:02", "192.0.2.2")
	w.Connection(soon, w.conn, model.ConnectionActive, "flooded instead")
	require.NoError(t, rig.Differs(w.server, first))
	w.server.VtepCtl("clear", "Physical_Switch", "tor1", "switch_fault_status")
	began := time.Now()
	rig.Holds(t, soon, w.server, append([]string{"mac net 00:00:5e:00:53:02 192.0.2.2"}, first...)...)
	measured(t, 0, time.Since(began))
}

// TestF33_CanNotReplicate: a switch reports that it can not send copies to several tunnel
// end points. Its logical switches no longer have replication_mode source_node.
func TestF33_CanNotReplicate(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	mode := func() string {
		return fmt.Sprint(w.server.Rows("Logical_Switch", "replication_mode")[0]["replication_mode"])
	}
	require.Equal(t, "source_node", mode())
	w.server.VtepCtl("set", "Physical_Switch", "tor1", "switch_fault_status=unsupported_source_node_replication")
	began := time.Now()
	rig.Eventually(t, soon, func() error {
		if m := mode(); m == "source_node" {
			return fmt.Errorf("replication_mode is %s", m)
		}
		return nil
	})
	measured(t, 0, time.Since(began))
	require.NoError(t, rig.Differs(w.server, carriedByOne), "with one other, nobody needs copies")
}

// localMACs is one insert operation for each of n MACs that a switch learns.
func localMACs(ls, locator string, from, n int) string {
	ops := make([]string, n)
	for i := range ops {
		m := from + i
		ops[i] = fmt.Sprintf(`{"op":"insert","table":"Ucast_Macs_Local","row":{"MAC":"02:01:00:%02x:%02x:%02x","logical_switch":["uuid",%q],"locator":["uuid",%q]}}`,
			m>>16, m>>8&255, m&255, ls, locator)
	}
	return "[" + strings.Join(ops, ",") + "]"
}

// reference is the UUID of a row by a column.
func reference(t testing.TB, s *ovsdbtest.Server, table, column, value string) string {
	for _, r := range s.Rows(table, "_uuid", column) {
		if r[column] == value {
			return fmt.Sprint(r["_uuid"])
		}
	}
	t.Fatalf("no %s with %s %s", table, column, value)
	return ""
}

// TestF34_LocalStorm: a switch learns thousands of MACs at once. A change on
// another switch does not wait for them, and all arrive.
func TestF34_LocalStorm(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	third, device := w.Switch("tor3", "192.0.2.3", "p1")
	w.InSync(device)
	learn(w.other, "02:02:00:00:00:01", "192.0.2.2")
	ls, locator := reference(t, w.other, "Logical_Switch", "name", "net"), reference(t, w.other, "Physical_Locator", "dst_ip", "192.0.2.2")
	const batch, batches = 1000, 5
	began, free := time.Now(), poll.Start(t)
	var worst time.Duration
	for i := range batches {
		w.other.Transact(localMACs(ls, locator, i*batch, batch))
		asked := free.Counted()
		id := fmt.Sprintf("n%d", i)
		w.Join(w.Network(id, model.VNI(6000+i)), rig.At{Switch: "tor3", Port: "p1", VLAN: model.VLAN(i)})
		rig.Eventually(t, rig.Patience, func() error {
			return bindings(third, i+1)
		})
		worst = max(worst, free.Counted()-asked)
	}
	rig.Eventually(t, rig.Patience, func() error {
		if n := len(w.server.Rows("Ucast_Macs_Remote", "MAC")); n != batch*batches+1 {
			return fmt.Errorf("%d MACs arrived", n)
		}
		return nil
	})
	measured(t, 0, time.Since(began))
	t.Logf("a change on another switch took %s at the most", worst.Round(time.Millisecond))
	require.Less(t, worst, 2*soon)
}

// TestF35_BadLocalRows: rows that no switch should have are not spread, and hold
// nothing up.
func TestF35_BadLocalRows(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	w := twoOf(oneWith(t, reconcile.Options{Registry: registry}))
	bad := func(mac, ip string) { learn(w.other, mac, ip) }
	bad("zz", "192.0.2.2")
	bad("", "192.0.2.2")
	bad("01:00:5e:00:00:01", "192.0.2.2")
	bad("ff:ff:ff:ff:ff:ff", "192.0.2.2")
	bad("00:00:00:00:00:00", "192.0.2.2")
	bad("00:00:5e:00:53:0f", "203.0.113.9") // somebody else's locator
	bad("00:00:5e:00:53:0e", "bogus")
	w.other.VtepCtl("add-ls", "foreign", "--", "add-ucast-local", "foreign", "00:00:5e:00:53:0d", "192.0.2.2")
	learn(w.other, "00:00:5e:00:53:01", "192.0.2.2")
	ls, locator := reference(t, w.other, "Logical_Switch", "name", "net"), reference(t, w.other, "Physical_Locator", "dst_ip", "192.0.2.2")
	w.other.Transact(fmt.Sprintf(`[{"op":"insert","table":"Ucast_Macs_Local","row":{"MAC":"00:00:5E:00:53:01","ipaddr":"x","logical_switch":["uuid",%q],"locator":["uuid",%q]}}]`, ls, locator))
	learn(w.other, "00:00:5E:00:53:02", "192.0.2.2")
	rig.Holds(t, soon, w.server, append([]string{"mac net 00:00:5e:00:53:01 192.0.2.2", "mac net 00:00:5e:00:53:02 192.0.2.2"}, carriedByOne...)...)
	disbelieved := 0.0
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "bordergw_device_bad_macs_total" {
				disbelieved += m.GetCounter().GetValue()
			}
		}
	}
	require.GreaterOrEqual(t, disbelieved, 5.0, "they are counted")
}

// TestF36_Flapping: a MAC that two switches learn in turn, again and again, is frozen
// where it is after a few moves.
func TestF36_Flapping(t *testing.T) {
	t.Parallel()
	// Held for longer than a busy machine may take from one move to the next.
	log, lines := logtest.NewNullLogger()
	w := twoOf(oneWith(t, reconcile.Options{LocalHold: time.Minute, Log: log}))
	third, device := w.Switch("tor3", "192.0.2.3", "p1")
	w.Join("net", rig.At{Switch: "tor3", Port: "p1", VLAN: 100})
	w.InSync(device)
	const m = "00:00:5e:00:53:01"
	where := func() string {
		for _, line := range rig.Picture(third) {
			if at, ok := strings.CutPrefix(line, "mac net "+m+" "); ok {
				return at
			}
		}
		return ""
	}
	from := map[bool]*ovsdbtest.Server{true: w.server, false: w.other}
	ip := map[bool]string{true: "192.0.2.1", false: "192.0.2.2"}
	moves, last := 0, ""
	for i := range 12 {
		first := i%2 == 0
		learn(from[first], m, ip[first])
		if moves < 6 {
			rig.Eventually(t, soon, func() error {
				if at := where(); at != ip[first] {
					return fmt.Errorf("it is at %q, move %d", at, i)
				}
				return nil
			})
			moves, last = moves+1, ip[first]
		} else {
			require.Equal(t, last, where(), "move %d", i)
		}
		from[first].VtepCtl("del-ucast-local", "net", m)
	}
	require.Equal(t, last, where(), "it stands still")
	w.Connection(soon, w.conn, model.ConnectionActive, "frozen", m)
	require.True(t, slices.ContainsFunc(lines.AllEntries(), func(e *logrus.Entry) bool { return strings.Contains(e.Message, m) }), "the log has it")
	network := w.Loop.UnfreezeMAC("net", mac(t, m))
	require.True(t, network, "it was held")
}

// TestF37_StaticWins: a MAC that is configured far away and learned here stays where
// it is configured.
func TestF37_StaticWins(t *testing.T) {
	t.Parallel()
	log, lines := logtest.NewNullLogger()
	registry := prometheus.NewRegistry()
	w := twoOf(oneWith(t, reconcile.Options{Log: log, Registry: registry}))
	const m = "00:00:5e:00:53:01"
	learn(w.other, m, "192.0.2.2")
	rig.Holds(t, soon, w.server, append([]string{"mac net " + m + " 192.0.2.2"}, carriedByOne...)...)
	w.Far(w.device, mac(t, m), address(t, "198.51.100.7"), 5001)
	w.Border("net", w.device, 5001)
	began := time.Now()
	rig.Eventually(t, soon, func() error {
		if !slices.Contains(rig.Picture(w.server), "mac net "+m+" 198.51.100.7") {
			return fmt.Errorf("it is not where it is configured: %v", rig.Picture(w.server))
		}
		return nil
	})
	measured(t, 0, time.Since(began))

	w.Connection(soon, w.otherConn, model.ConnectionActive, m+", configured at 198.51.100.7, is claimed by device tor2")
	require.Equal(t, 1, w.claimed(w.otherDevice))
	require.Zero(t, w.claimed(w.device))
	require.Equal(t, 1.0, gauge(t, registry, "bordergw_device_claimed_macs", w.otherDevice))
	require.True(t, slices.ContainsFunc(lines.AllEntries(), func(e *logrus.Entry) bool { return strings.Contains(e.Message, "is claimed by device tor2") }))
	w.other.VtepCtl("del-ucast-local", "net", m)
	rig.Eventually(t, rig.Patience, func() error {
		if n := w.claimed(w.otherDevice); n > 0 {
			return fmt.Errorf("%d are still claimed", n)
		}
		return nil
	})
	require.NotContains(t, w.Loop.ConnectionStatus(w.otherConn).Detail, "claimed")
	require.Zero(t, gauge(t, registry, "bordergw_device_claimed_macs", w.otherDevice))
}

// claimed is what /v1/devices has of MACs that a device learned although they are
// configured elsewhere.
func (w *two) claimed(device string) int {
	for _, r := range w.Loop.DeviceReports() {
		if r.ID == device {
			return r.ClaimedMACs
		}
	}
	return -1
}

// gauge is the value of a metric for a device.
func gauge(t testing.TB, registry *prometheus.Registry, name, device string) float64 {
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && m.GetLabel()[0].GetValue() == device {
				return m.GetGauge().GetValue()
			}
		}
	}
	return -1
}

// TestF38_LocalRowsStay: a switch that keeps what it learned in a network that it
// has left. The network stays until it lets go; nothing else waits.
func TestF38_LocalRowsStay(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	learn(o.server, "00:00:5e:00:53:01", "192.0.2.1")
	o.Part(o.conn)
	rig.Holds(t, soon, o.server, "ls net 5001")
	o.Join(o.Network("next", 5002), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, soon, o.server, "ls net 5001", "ls next 5002", "bind tor1 p1 100 next")
	o.server.VtepCtl("clear-local-macs", "net")
	began := time.Now()
	rig.Holds(t, soon, o.server, "ls next 5002", "bind tor1 p1 100 next")
	measured(t, 0, time.Since(began))
}

// TestF39_LocalFlood: a switch says where it wants flooded frames: nowhere, at
// several of its addresses, at somebody else's.
func TestF39_LocalFlood(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	w.other.VtepCtl("set", "Physical_Switch", "tor2", "tunnel_ips=192.0.2.2,192.0.2.22")
	for says, want := range map[string]string{"192.0.2.22": "192.0.2.22", "203.0.113.1": "192.0.2.2"} {
		w.other.VtepCtl("add-mcast-local", "net", "unknown-dst", says)
		began := time.Now()
		rig.Holds(t, soon, w.server, append([]string{"flood net " + want}, carried...)...)
		measured(t, 0, time.Since(began))
		w.other.VtepCtl("del-mcast-local", "net", "unknown-dst", says)
		rig.Holds(t, soon, w.server, carriedByOne...)
	}
}

// TestF40_EphemeralColumns: the fault of a port is gone after a restart, without
// having been cleared. It is unknown then, until the switch reports it again.
func TestF40_EphemeralColumns(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	fault := func() {
		o.server.VtepCtl("set", "Physical_Port", o.portOf("p1"), "port_fault_status=unspecified_fault")
	}
	fault()
	o.Connection(soon, o.conn, model.ConnectionError, "unspecified_fault")
	o.server.Stop()
	o.Connection(soon, o.conn, model.ConnectionPending, "unreachable")
	o.server.Run()
	o.Connection(rig.Patience, o.conn, model.ConnectionActive)
	fault()
	o.Connection(soon, o.conn, model.ConnectionError, "unspecified_fault")
	require.NoError(t, rig.Differs(o.server, carried))
}

// TestF41_SchemaVersions: every version of the schema and one from the future
// carry a network with a MAC and a flood list.
func TestF41_SchemaVersions(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	s.Network("net", 5001)
	servers := map[string]*ovsdbtest.Server{}
	for i, v := range ovsdbtest.Versions {
		server := ovsdbtest.Start(t, ovsdbtest.WithSchema(v))
		server.AddSwitch("sw"+v, fmt.Sprintf("192.0.2.%d", i+1), "p1")
		s.Register("sw"+v, server.Port())
		s.Join("net", rig.At{Switch: "sw" + v, Port: "p1", VLAN: 100})
		servers[v] = server
	}
	rig.Eventually(t, rig.Patience, func() error { return everywhere(servers, "") })
	learn(servers["1.3.0"], "00:00:5e:00:53:01", "192.0.2.1")
	began := time.Now()
	rig.Eventually(t, soon, func() error { return everywhere(servers, "mac net 00:00:5e:00:53:01 192.0.2.1") })
	measured(t, 0, time.Since(began))
}

// everywhere checks that all have the network, and that all but the first have the
// MAC row, unless it is "".
func everywhere(servers map[string]*ovsdbtest.Server, macRow string) error {
	for i, v := range ovsdbtest.Versions {
		want := []string{"ls net 5001", fmt.Sprintf("bind sw%s p1 100 net", v)}
		var others []string
		for j := range ovsdbtest.Versions {
			if j != i {
				others = append(others, fmt.Sprintf("192.0.2.%d", j+1))
			}
		}
		want = append(want, "flood net "+strings.Join(others, " "))
		if macRow != "" && i > 0 {
			want = append(want, macRow)
		}
		if err := rig.Differs(servers[v], want); err != nil {
			return fmt.Errorf("schema %s: %w", v, err)
		}
	}
	return nil
}

// bindings counts those of all ports of a switch; without _uuid the server leaves
// out ports that look the same.
func bindings(s *ovsdbtest.Server, want int) error {
	n := 0
	for _, r := range s.Rows("Physical_Port", "_uuid", "vlan_bindings") {
		n += len(r["vlan_bindings"].(map[string]any))
	}
	if n != want {
		return fmt.Errorf("%d VLANs are bound, not %d", n, want)
	}
	return nil
}
