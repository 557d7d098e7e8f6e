package vtep_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

const oneSwitch = "switch sw1 10.0.0.1\nport sw1 eth1\nport sw1 eth2\n"

// applied carries out a plan and returns what was refused, printed.
func applied(t testing.TB, s *vtep.Session, ops []vtep.Op) (refused []string) {
	t.Helper()
	rejected, err := s.Apply(t.Context(), &vtep.Plan{Ops: ops})
	require.NoError(t, err)
	for i := range rejected {
		var te *ovsdb.TransactError
		require.ErrorAs(t, rejected[i].Err, &te)
		refused = append(refused, rejected[i].Op.String()+": "+te.Kind)
	}
	return refused
}

// crossed opens a session whose next transaction crosses that of an external writer.
func crossed(t testing.TB, server *ovsdbtest.Server) (*vtep.Session, *delayed) {
	var d *delayed
	s := open(t, server, func(c net.Conn) net.Conn {
		d = &delayed{Conn: c}
		return d
	})
	return s, d
}

// converges plans and applies until a Want stands.
func converges(t testing.TB, s *vtep.Session, want *vtep.Want) {
	t.Helper()
	poll.True(t, patience, "what is wanted stands", func() bool {
		plan := s.Plan(want, vtep.Whole)
		if !plan.Empty() {
			_, err := s.Apply(t.Context(), plan)
			require.NoError(t, err)
		}
		return s.Plan(want, vtep.Whole).Empty()
	})
	reached(t, s, want)
}

// A port that is another row than when the plan was made (F-28) is not bound
// by that plan: the guard fails, the rest is applied, the next plan binds.
func TestPortReplacedAfterPlan(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%t", late), func(t *testing.T) {
			server := seed(t, "1.7.0", oneSwitch)
			s, wire := crossed(t, server)
			want := parseWant(t, "segment net-a 100\nflood net-a 10.0.0.2\nbind sw1 eth1 10 net-a\nbind sw1 eth2 10 net-a")
			plan := s.Plan(want, vtep.Whole)
			if late {
				wire.hold()
			}
			server.VtepCtl("del-port", "sw1", "eth1", "--", "add-port", "sw1", "eth1")
			require.Equal(t, []string{"bind sw1 eth1 vlan 10 -> net-a: timed out"}, applied(t, s, plan.Ops))
			require.Equal(t, "bind sw1 eth1 vlan 10 -> net-a\n", s.Plan(want, vtep.Whole).String())
			converges(t, s, want)
			agree(t, server, s)
		})
	}
}

// theyBind takes VLAN 10 of eth1 for a foreign logical switch, free or not.
func theyBind(s *ovsdbtest.Server) {
	for _, row := range s.Rows("Logical_Switch", "name", "_uuid") {
		if row["name"] == "theirs" {
			s.Transact(fmt.Sprintf(`[{"op":"update","table":"Physical_Port","where":[["name","==","eth1"]],"row":{"vlan_bindings":["map",[[10,["uuid",%q]]]]}}]`, row["_uuid"]))
		}
	}
}

// An external writer keeps a VLAN that it took after the plan was made, whether the
// VLAN was free or managed before (F-44).
func TestVLANTakenAfterPlan(t *testing.T) {
	for name, have := range map[string]string{
		"bind":   "",
		"rebind": "ls net-b key 101 config bordergw=us\nbind sw1 eth1 10 net-b\n",
	} {
		t.Run(name, func(t *testing.T) {
			server := seed(t, "1.7.0", oneSwitch+"ls theirs key 900\n"+have)
			s, wire := crossed(t, server)
			want := parseWant(t, "segment net-a 100\nsegment net-b 101\nbind sw1 eth1 10 net-a")
			plan := s.Plan(want, vtep.Whole)
			require.Contains(t, plan.String(), name+" sw1 eth1 vlan 10")
			wire.hold()
			theyBind(server)
			require.Empty(t, applied(t, s, plan.Ops))
			require.Equal(t, []string{"bind sw1 eth1 10 theirs", "ls theirs key 900"}, of(s.Dump(), "theirs"))
			plan = s.Plan(want, vtep.Whole)
			require.Empty(t, plan.Ops)
			require.Len(t, plan.Problems, 1)
			require.Equal(t, vtep.VLANTaken, plan.Problems[0].Reason)
			server.VtepCtl("unbind-ls", "sw1", "eth1", "10")
			poll.True(t, patience, "the VLAN is free", func() bool { return !s.Plan(want, vtep.Whole).Empty() })
			converges(t, s, want)
		})
	}
}

// An unbind removes only the managed binding, not a foreign one that replaced it.
func TestVLANTakenBeforeUnbind(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls theirs key 900\nls net-a key 100 config bordergw=us\nbind sw1 eth1 10 net-a")
	s, wire := crossed(t, server)
	plan := s.Plan(parseWant(t, "segment net-a 100"), vtep.Whole)
	require.Equal(t, "unbind sw1 eth1 vlan 10 from net-a\n", plan.String())
	wire.hold()
	theyBind(server)
	require.Empty(t, applied(t, s, plan.Ops))
	require.Contains(t, s.Dump(), "bind sw1 eth1 10 theirs\n")
}

// A locator vanishes with its last user (F-13), or an external writer adds one (F-12),
// before we know of it. That costs another transaction, not the plan.
func TestLocatorChangesUnderWay(t *testing.T) {
	have := oneSwitch + "ls theirs key 900\nremote theirs 02:00:00:00:00:01 10.0.0.2"
	for name, act := range map[string]func(*ovsdbtest.Server){
		"gone":  func(s *ovsdbtest.Server) { s.VtepCtl("del-ucast-remote", "theirs", "02:00:00:00:00:01") },
		"added": func(s *ovsdbtest.Server) { s.VtepCtl("add-ucast-remote", "theirs", "02:00:00:00:00:02", "10.0.0.3") },
	} {
		t.Run(name, func(t *testing.T) {
			server := seed(t, "1.7.0", have)
			s, wire := crossed(t, server)
			want := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:07 10.0.0.2\nmac net-a 02:00:00:00:00:08 10.0.0.3\nflood net-a 10.0.0.2\nflood net-a 10.0.0.3\nbind sw1 eth1 10 net-a")
			plan := s.Plan(want, vtep.Whole)
			wire.hold()
			act(server)
			require.Empty(t, applied(t, s, plan.Ops))
			reached(t, s, want)
			agree(t, server, s)
		})
	}
}

// Rows that went after the plan are no reason to refuse the rest (rule 8).
func TestRowsGoneAfterPlan(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls net-a key 100 config bordergw=us\nremote net-a 02:00:00:00:00:01 10.0.0.2\nremote net-a 02:00:00:00:00:02 10.0.0.2\nflood net-a unknown-dst 10.0.0.2")
	s, wire := crossed(t, server)
	want := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:01 10.0.0.3\nflood net-a 10.0.0.3\nbind sw1 eth1 10 net-a")
	plan := s.Plan(want, vtep.Whole)
	wire.hold()
	server.VtepCtl("clear-remote-macs", "net-a")
	require.Empty(t, applied(t, s, plan.Ops))
	require.Equal(t, "add mac net-a 02:00:00:00:00:01 -> 10.0.0.3\nset flood net-a -> 10.0.0.3\n", s.Plan(want, vtep.Whole).String())
	converges(t, s, want)
}

// badVLAN is a binding that no switch takes: the column ends at 4095.
func badVLAN(bind vtep.Op) vtep.Op {
	d := *bind.Detail
	d.Binding.VLAN = 4096
	bind.Detail = &d
	return bind
}

// One refused operation is reported alone and holds up nothing (F-21), however
// long the plan.
func TestRefusedOperationStandsAlone(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	var text strings.Builder
	text.WriteString("segment net-a 100\nbind sw1 eth1 10 net-a\nbind sw1 eth2 10 net-a\nflood net-a 10.0.0.2\n")
	for i := range 450 {
		fmt.Fprintf(&text, "mac net-a %s 10.0.0.%d\n", model.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)}, 2+i%5)
	}
	want := parseWant(t, text.String())
	plan := s.Plan(want, vtep.Whole)
	last := len(plan.Ops) - 1
	ops := append(plan.Ops[:last:last], badVLAN(plan.Ops[last]), plan.Ops[last])
	require.Equal(t, []string{"bind sw1 eth2 vlan 4096 -> net-a: constraint violation"}, applied(t, s, ops))
	reached(t, s, want)
	agree(t, server, s)
	require.LessOrEqual(t, s.Transactions(), uint64(5+2), "five batches of the first size; the last as made ahead, made anew, and without the one at fault")
}

// The VLANs of a port are bound by one operation of the server; one that is refused
// among them holds up nothing all the same.
func TestRefusedVLANAmongMany(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "segment net-%d %d\nbind sw1 eth1 %d net-%d\n", i, 100+i, 100+i, i)
	}
	want := parseWant(t, text.String())
	plan := s.Plan(want, vtep.Whole)
	ops := slices.Insert(slices.Clone(plan.Ops), len(plan.Ops)-30, badVLAN(plan.Ops[len(plan.Ops)-30]))
	require.Len(t, applied(t, s, ops), 1)
	reached(t, s, want)
	agree(t, server, s)
	require.LessOrEqual(t, s.Transactions(), uint64(2+2), "two batches; the last once more one by one, and without the one at fault")
}

// A commit that fails does not show which operation is at fault. Halving finds it.
func TestReferentialViolationStandsAlone(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls net-z key 109 config bordergw=us\nls net-y key 108 config bordergw=us\nbind sw1 eth1 10 net-z")
	s, wire := crossed(t, server)
	want := parseWant(t, "ownership held net-z\nownership held net-y\nsegment net-a 100\nmac net-a 02:00:00:00:00:07 10.0.0.2\nflood net-a 10.0.0.2\nbind sw1 eth1 11 net-a")
	plan := s.Plan(want, vtep.Whole)
	wire.hold()
	server.VtepCtl("add-ucast-local", "net-z", "02:00:00:00:00:05", "10.0.0.1")
	require.Equal(t, []string{"delete logical-switch net-z: referential integrity violation"}, applied(t, s, plan.Ops))
	require.Equal(t, []string{"local net-z 02:00:00:00:00:05 10.0.0.1", "ls net-z key 109 config bordergw=us"}, of(s.Dump(), "net-z"))
	require.Empty(t, of(s.Dump(), "net-y"))
	reached(t, s, want)
	agree(t, server, s)
}

// What depends on a refused logical switch is not sent and not blamed.
func TestDependentsOfARefusedSwitchAreLeftOut(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	plan := s.Plan(parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:07 10.0.0.2\nflood net-a 10.0.0.2\nsegment net-b 101\nbind sw1 eth1 10 net-b\nbind sw1 eth2 10 net-a"), vtep.Whole)
	bogus := "flood_everything"
	require.Equal(t, vtep.AddLogicalSwitch, plan.Ops[0].Kind)
	plan.Ops[0].Detail.Switch.ReplicationMode = &bogus
	require.Equal(t, []string{`add logical-switch net-a key 100 mode flood_everything mark us: constraint violation`}, applied(t, s, plan.Ops))
	require.Equal(t, []string{"bind sw1 eth1 10 net-b", "ls net-b key 101 config bordergw=us"}, of(s.Dump(), "net-b"))
	require.Empty(t, of(s.Dump(), "net-a"))
}

// A server that dies with a transaction under way leaves the outcome unknown:
// that is an error and the end of the session, not a refusal (F-10).
func TestServerDiesUnderWay(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s, wire := crossed(t, server)
	want := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:07 10.0.0.2\nbind sw1 eth1 10 net-a")
	plan := s.Plan(want, vtep.Whole)
	server.Pause()
	wire.afterWrite(server.Stop)
	rejected, err := s.Apply(t.Context(), plan)
	require.ErrorIs(t, err, ovsdb.ErrUnknownOutcome)
	require.Empty(t, rejected)
	<-s.Done()
	require.Error(t, s.Err())
	_, err = s.Apply(t.Context(), plan)
	require.ErrorIs(t, err, ovsdb.ErrNotSent)

	server.Run()
	next := open(t, server, nil)
	converges(t, next, want)
	require.Equal(t, 1, strings.Count(next.Dump(), "remote net-a"))
}
