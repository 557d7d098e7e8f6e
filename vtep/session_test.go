package vtep_test

import (
	"context"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// The database and the Want of everyKind make a plan with all kinds of
// operation, next to rows of somebody else.
const (
	everyKindHave = `
switch sw1 10.0.0.1
port sw1 eth1
port sw1 eth2
switch sw2 10.0.0.11
port sw2 eth1
ls net-a key 100 description red config bordergw=us config vendor=1
ls net-b key 101 description blue config bordergw=us
ls net-old key 102 config bordergw=us
ls theirs key 900
bind sw1 eth1 10 net-a
bind sw1 eth1 11 net-a
bind sw1 eth1 12 theirs
bind sw1 eth2 10 net-old
bind sw2 eth1 10 theirs
remote net-a 02:00:00:00:00:01 10.0.0.2
remote net-a 02:00:00:00:00:02 10.0.0.2
remote net-old 02:00:00:00:00:01 10.0.0.9
remote theirs 02:00:00:00:00:01 10.0.0.9
local net-a 02:00:00:00:00:0a 10.0.0.1
flood net-a unknown-dst 10.0.0.2
flood net-b unknown-dst 10.0.0.2
flood net-old unknown-dst 10.0.0.9
flood theirs unknown-dst 10.0.0.9 10.0.0.10`
	everyKindWant = `
sourcenode
ownership held net-old
segment net-a 100 crimson
mac net-a 02:00:00:00:00:01 10.0.0.3 3
mac net-a 02:00:00:00:00:0a 10.0.0.1 1
flood net-a 10.0.0.1 1
flood net-a 10.0.0.3 3
segment net-b 101 blue
segment net-new 103 green
mac net-new 02:00:00:00:00:04 10.0.0.4 4
flood net-new 10.0.0.1 1
flood net-new 10.0.0.4 4
bind sw1 eth1 10 net-b
bind sw1 eth2 0 net-new`
)

// seed fills an empty server of a schema version.
func seed(t testing.TB, version, have string) *ovsdbtest.Server {
	s := ovsdbtest.Start(t, ovsdbtest.WithSchema(version))
	s.Transact(parseDatabase(t, capsOf(t, version), nil, have).inserts(t))
	return s
}

// open starts a session over a connection that may be wrapped first. On a busy machine a
// server may take long for a large table.
func open(t testing.TB, s *ovsdbtest.Server, wrap func(net.Conn) net.Conn) *vtep.Session {
	conn, err := ovsdb.Dial(t.Context(), s.Unix(), nil)
	require.NoError(t, err)
	if wrap != nil {
		conn = wrap(conn)
	}
	session, err := vtep.Open(t.Context(), conn, vtep.Opening{Patience: 2 * time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() {
		session.Close()
		<-session.Done()
	})
	return session
}

// agree checks that a session's State is what stands, as a session that is
// opened now reads it.
func agree(t testing.TB, server *ovsdbtest.Server, s *vtep.Session) {
	t.Helper()
	require.NoError(t, s.Sync(t.Context(), vtep.Reported))
	require.Equal(t, open(t, server, nil).Dump(), s.Dump())
}

// reached checks that a session's database holds a Want, by the same oracle
// that judges Diff.
func reached(t testing.TB, s *vtep.Session, want *vtep.Want) {
	t.Helper()
	plan := s.Plan(want, vtep.Whole)
	require.True(t, plan.Empty(), "still to do:\n%s", plan)
	settle(t, want, parseDatabase(t, s.Caps(), nil, s.Dump()))
}

func TestEveryOperationOnEverySchema(t *testing.T) {
	for _, version := range ovsdbtest.Versions {
		for name, wrap := range map[string]func(net.Conn) net.Conn{"": nil, "/monitor": onlyMonitor("monitor_cond", "monitor_cond_since"), "/update2": onlyMonitor("monitor_cond_since")} {
			t.Run(version+name, func(t *testing.T) {
				t.Parallel()
				everyOperation(t, version, wrap)
			})
		}
	}
}

func everyOperation(t *testing.T, version string, wrap func(net.Conn) net.Conn) {
	server := seed(t, version, everyKindHave)
	s := open(t, server, wrap)
	require.Equal(t, version, s.Facts().Version)
	before := s.Dump()
	want := parseWant(t, everyKindWant)
	plan := s.Plan(want, vtep.Whole)
	require.Empty(t, plan.Problems)
	kinds := map[vtep.OpKind]bool{}
	for i := range plan.Ops {
		kinds[plan.Ops[i].Kind] = true
	}
	for kind := vtep.AddLogicalSwitch; kind <= vtep.Unbind; kind++ {
		require.True(t, kinds[kind], "operation %d is not in\n%s", kind, plan)
	}
	rejected, err := s.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.Empty(t, rejected)
	reached(t, s, want)
	agree(t, server, s)
	for _, line := range slices.Concat(of(before, "theirs"), []string{"local net-a 02:00:00:00:00:0a 10.0.0.1"}) {
		require.Contains(t, s.Dump(), line+"\n")
	}
	if s.Caps().OtherConfig {
		require.Contains(t, s.Dump(), "config vendor=1", "other keys of other_config are unmanaged")
	}
	require.Equal(t, 2, strings.Count(s.Dump(), "\nport sw1"), "ports are never written")
}

func TestCapsOfEverySchema(t *testing.T) {
	for _, version := range ovsdbtest.Versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			c := open(t, ovsdbtest.Start(t, ovsdbtest.WithSchema(version)), nil).Caps()
			require.True(t, c.Tunnel)
			require.Equal(t, version >= "1.5.0", c.LocatorKey)
			require.Equal(t, version >= "1.5.1", c.OtherConfig)
			require.Equal(t, version >= "1.6.0", c.ReplicationMode)
		})
	}
}

func TestCapsRefuseWhatIsNoVTEP(t *testing.T) {
	for _, missing := range []string{"Ucast_Macs_Remote", "Physical_Port.vlan_bindings", "Logical_Switch.name"} {
		_, err := vtep.NewCaps(vtep.SchemaWithout("1.7.0", missing))
		require.ErrorContains(t, err, missing)
	}
	c, err := vtep.NewCaps(vtep.SchemaWithout("1.2.0", "Tunnel", "Physical_Switch.tunnels", "Physical_Switch.switch_fault_status"))
	require.NoError(t, err)
	require.False(t, c.Tunnel)
	_, err = vtep.NewCaps(vtep.SchemaWithout("1.7.0", "Logical_Router.name", "Logical_Router.switch_binding"))
	require.NoError(t, err, "no plan needs it")
}

// Facts are what the switch says, sorted, without addresses that are unusable.
func TestFacts(t *testing.T) {
	server := seed(t, "1.7.0", "switch sw2\nswitch sw1 10.0.0.5 010.0.0.9 10.0.0.1 fd00::1\nport sw1 eth2\nport sw1 eth1\nls a key 1\nremote a 02:00:00:00:00:01 10.0.0.9")
	s := open(t, server, nil)
	server.Transact(`[{"op":"update","table":"Physical_Port","where":[["name","==","eth1"]],"row":{"port_fault_status":["set",["invalid_vlan_map","odd one"]]}},
		{"op":"update","table":"Physical_Switch","where":[["name","==","sw1"]],"row":{"switch_fault_status":"mac_table_exhaustion"}}]`)
	expected := []model.SwitchInventory{
		{Name: "sw1", TunnelIPs: []model.VTEPAddress{{10, 0, 0, 1}, {10, 0, 0, 5}}, Faults: []string{"mac_table_exhaustion"},
			Ports: []model.PortInventory{{Name: "eth1", Faults: []string{"invalid_vlan_map", "odd one"}}, {Name: "eth2"}}},
		{Name: "sw2"},
	}
	poll.Until(t, patience, func() error {
		seen := slices.Clone(s.Facts().Switches)
		for i := range seen {
			if len(seen[i].Fingerprint) != 16 {
				return fmt.Errorf("the fingerprint of %s is %q", seen[i].Name, seen[i].Fingerprint)
			}
			seen[i].Fingerprint = ""
		}
		if !reflect.DeepEqual(expected, seen) {
			return fmt.Errorf("the switches are %v", seen)
		}
		return nil
	})
	rows := s.Facts().Switches
	require.NotEqual(t, rows[0].Fingerprint, rows[1].Fingerprint)
	require.Equal(t, rows, open(t, server, nil).Facts().Switches, "a row is known again in another session")
	require.Equal(t, vtep.Counts{LogicalSwitches: 1, RemoteMACs: 1}, s.Facts().Counts)
}

// A session takes in what external writers change, and Changed delivers a hint.
func TestChangedAfterExternalWriters(t *testing.T) {
	server := seed(t, "1.7.0", "switch sw1 10.0.0.1\nport sw1 eth1\nls net-a key 100 description red config bordergw=us\nremote net-a 02:00:00:00:00:01 10.0.0.2")
	s := open(t, server, nil)
	want := parseWant(t, "segment net-a 100 red\nmac net-a 02:00:00:00:00:01 10.0.0.2")
	require.True(t, s.Plan(want, vtep.Whole).Empty())
	<-s.Changed() // the snapshot
	server.VtepCtl("del-ucast-remote", "net-a", "02:00:00:00:00:01")
	<-s.Changed()
	require.Equal(t, "add mac net-a 02:00:00:00:00:01 -> 10.0.0.2\n", s.Plan(want, vtep.Whole).String())
	require.False(t, s.Owns(want, "net-a"), "it is wanted")
	gone := parseWant(t, "ownership held net-a")
	require.True(t, s.Owns(gone, "net-a"))
	require.False(t, s.Owns(gone, "nothing"))
}

func TestOpenRefusesOtherServers(t *testing.T) {
	client, server := net.Pipe()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		serve(server, func(request) string { return `{"id":0,"error":null,"result":["_Server"]}` })
	}()
	_, err := vtep.Open(t.Context(), client, vtep.Opening{})
	require.ErrorIs(t, err, vtep.ErrNotVTEP)
	<-answered
}

// TestBigTable reads 20,000 MACs and finds that nothing is to do; of one it
// moves one.
func TestBigTable(t *testing.T) {
	const rows = 20000
	server := seed(t, "1.7.0", "switch sw1 10.0.0.1\nls net-a key 100 config bordergw=us\nremote net-a 02:ff:00:00:00:00 10.0.0.2")
	ls := server.Rows("Logical_Switch", "_uuid")[0]["_uuid"]
	at := server.Rows("Physical_Locator", "_uuid")[0]["_uuid"]
	var want strings.Builder
	want.WriteString("segment net-a 100\nmac net-a 02:ff:00:00:00:00 10.0.0.2\n")
	var ops []string
	for i := range rows {
		mac := model.MAC{2, 0, byte(i >> 16), byte(i >> 8), byte(i), 1}
		fmt.Fprintf(&want, "mac net-a %s 10.0.0.2\n", mac)
		ops = append(ops, fmt.Sprintf(`{"op":"insert","table":"Ucast_Macs_Remote","row":{"MAC":%q,"logical_switch":["uuid",%q],"locator":["uuid",%q]}}`, mac, ls, at))
	}
	for chunk := range slices.Chunk(ops, 4000) {
		server.Transact("[" + strings.Join(chunk, ",") + "]")
	}
	s := open(t, server, nil)
	require.Equal(t, rows+1, s.Facts().Counts.RemoteMACs)
	w := parseWant(t, want.String())
	require.True(t, s.Plan(w, vtep.Whole).Empty())
	w.Segment("net-a").MACs[rows/2].Locator.Addr[3] = 3
	plan := s.Plan(w, vtep.Whole)
	require.Len(t, plan.Ops, 1)
	_, err := s.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.True(t, s.Plan(w, vtep.Whole).Empty())
}

// A context that ends stops Apply without sending anything.
func TestApplyOfACancelledContext(t *testing.T) {
	server := seed(t, "1.7.0", "switch sw1 10.0.0.1")
	s := open(t, server, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := server.Transactions()
	_, err := s.Apply(ctx, s.Plan(parseWant(t, "segment net-a 100"), vtep.Whole))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, before, server.Transactions())
}

// The server reports only the UUID of a remote MAC that an external writer adds.
func TestRemoteMACsOfAnotherHandAreRead(t *testing.T) {
	server := seed(t, "1.7.0", "switch sw1 10.0.0.1\nls net-a key 100 config bordergw=us")
	s := open(t, server, nil)
	want := parseWant(t, "segment net-a 100")
	<-s.Changed() // the snapshot
	var add []string
	for i := range 450 {
		add = append(add, "--", "add-ucast-remote", "net-a", model.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)}.String(), "10.0.0.2")
	}
	server.VtepCtl(add...)
	// A change of one, and the end of another, whose content is not known yet.
	server.VtepCtl("add-ucast-remote", "net-a", "02:00:00:00:00:00", "10.0.0.3")
	server.VtepCtl("del-ucast-remote", "net-a", "02:00:00:00:00:01")
	poll.True(t, patience, "449 rows are pending", func() bool { return s.Pending() == 449 })
	agree(t, server, s)
	plan := s.Plan(want, vtep.Incremental)
	require.Len(t, plan.Ops, 449)
	require.Empty(t, applied(t, s, plan.Ops))
	reached(t, s, want)
	agree(t, server, s)
}
