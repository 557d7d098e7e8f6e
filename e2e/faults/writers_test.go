package faults_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
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

// TestF43_FightsBack: an external writer undoes the same binding again and again, while
// the network learns a new MAC each time. The delay of the repairs grows, and the sixth
// time is reported as a conflict.
func TestF43_FightsBack(t *testing.T) {
	t.Parallel()
	o := newTwo(t)
	stands := slices.Clone(carriedByOne)
	for i := range 5 {
		o.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
		learned := fmt.Sprintf("00:00:5e:00:53:%02x", i)
		learn(o.other, learned, "192.0.2.2")
		stands = append(stands, "mac net "+learned+" 192.0.2.2")
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
	w.other.Transact(localMACs(reference(t, w.other, "Logical_Switch", "name", "net"), reference(t, w.other, "Physical_Locator", "dst_ip", "192.0.2.2"), 0, many))
	all := func() error {
		rows, err := w.server.TryRows("Ucast_Macs_Remote", "MAC")
		if err == nil && len(rows) != many+1 {
			err = fmt.Errorf("%d MACs", len(rows))
		}
		return err
	}
	rig.Eventually(t, rig.Patience, all)
	var repairs []int // the first transaction of each: on a busy machine one is written in several
	for range 4 {
		w.InSync(w.device) // it has seen what it wrote: else its writing is not undone, but not shown yet
		repairs = append(repairs, w.server.Transactions()+1)
		w.server.VtepCtl("clear-remote-macs", "net")
		rig.Eventually(t, rig.Patience, all)
	}
	at := writtenAt(w.server, "")
	require.Greater(t, at[repairs[3]].Sub(at[repairs[2]]), 2*time.Second, "the fourth repair waits")
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
