package faults_test

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// muted is a two whose first switch is behind a Between.
func muted(t testing.TB) (*two, *rig.Between) {
	t.Helper()
	return mutedWith(t, nil)
}

func mutedWith(t testing.TB, log logrus.FieldLogger) (*two, *rig.Between) {
	t.Helper()
	s := rig.New(t, reconcile.Options{Interval: time.Second, Log: log})
	o := &one{Site: s, server: ovsdbtest.Start(t)}
	o.server.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	between, port := rig.NewBetween(t, o.server.Port())
	o.device = s.Register("tor1", port)
	o.conn = s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, rig.Patience, o.server, carried...)
	w := twoOf(o)
	learn(w.other, "00:00:5e:00:53:01", "192.0.2.2")
	rig.Holds(t, rig.Patience, w.server, append([]string{"mac net 00:00:5e:00:53:01 192.0.2.2"}, carriedByOne...)...)
	w.InSync(w.device, w.otherDevice)
	return w, between
}

// held is what the first switch of a muted holds.
var held = append([]string{"mac net 00:00:5e:00:53:01 192.0.2.2"}, carriedByOne...)

// TestF72_SilentMonitor: a switch answers and does not report changes. A binding and MACs
// that are removed come back, and a MAC that it learns reaches the others, each time.
func TestF72_SilentMonitor(t *testing.T) {
	t.Parallel()
	w, between := muted(t)
	between.MuteAll()
	want := slices.Clone(carriedByTwo)
	for i := range 3 {
		began := time.Now()
		learned := fmt.Sprintf("00:00:5e:00:53:1%d", i)
		learn(w.server, learned, "192.0.2.1")
		if i == 1 {
			w.server.VtepCtl("clear-remote-macs", "net")
		}
		w.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
		rig.Holds(t, rig.Patience, w.server, held...)
		want = append(want, "mac net "+learned+" 192.0.2.1")
		rig.Holds(t, rig.Patience, w.other, want...)
		measured(t, 0, time.Since(began))
	}
	w.Device(rig.Patience, w.device, model.DeviceInSync, "does not report its changes")
}

// TestF72_LostForAWhile: changes are unreported for some time, and reported again after it.
func TestF72_LostForAWhile(t *testing.T) {
	t.Parallel()
	w, between := muted(t)
	between.MuteAll()
	w.server.VtepCtl("unbind-ls", "tor1", "p1", "100", "--", "del-ucast-remote", "net", "00:00:5e:00:53:01")
	learn(w.server, "00:00:5e:00:53:11", "192.0.2.1")
	rig.Eventually(t, rig.Patience, func() error {
		if between.Muted.Load() < 2 {
			return errWait
		}
		return nil
	})
	between.MuteNothing()
	began := time.Now()
	rig.Holds(t, rig.Patience, w.server, held...)
	rig.Holds(t, rig.Patience, w.other, append([]string{"mac net 00:00:5e:00:53:11 192.0.2.1"}, carriedByTwo...)...)
	measured(t, 0, time.Since(began))
}

// logged is nil if a switch was read anew for that reason.
func logged(lines *logtest.Hook, reason string) error {
	for _, e := range lines.AllEntries() {
		if e.Message == "reading the switch anew" && strings.Contains(fmt.Sprint(e.Data["err"]), reason) {
			return nil
		}
	}
	return fmt.Errorf("the log does not say that %s", reason)
}

// TestF72_OneTable: the changes of one table are unreported. The log names the row, the
// status the last one.
func TestF72_OneTable(t *testing.T) {
	t.Parallel()
	for said, change := range map[string][]string{
		"Physical_Port p1 has changed":                        {"unbind-ls", "tor1", "p1", "100"},
		"Logical_Switch net has changed":                      {"set", "Logical_Switch", "net", "tunnel_key=1"},
		"Ucast_Macs_Remote 00:00:5e:00:53:01 of net has gone": {"del-ucast-remote", "net", "00:00:5e:00:53:01"},
		"Mcast_Macs_Remote unknown-dst of net has gone":       {"del-mcast-remote", "net", "unknown-dst", "192.0.2.2"},
		"Ucast_Macs_Local 00:00:5e:00:53:11 of net is new":    {"add-ucast-local", "net", "00:00:5e:00:53:11", "192.0.2.1"},
	} {
		table, _, _ := strings.Cut(said, " ")
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			log, lines := logtest.NewNullLogger()
			w, between := mutedWith(t, log)
			between.Mute(func(of string) bool { return of == table })
			began := time.Now()
			w.server.VtepCtl(change...)
			// The status has the latest: our repair is muted as well, and soon takes its place.
			rig.Eventually(t, rig.Patience, func() error { return logged(lines, said) })
			w.Device(rig.Patience, w.device, model.DeviceInSync, "does not report its changes", table)
			rig.Holds(t, rig.Patience, w.server, held...)
			if table == "Ucast_Macs_Local" {
				rig.Holds(t, rig.Patience, w.other, append([]string{"mac net 00:00:5e:00:53:11 192.0.2.1"}, carriedByTwo...)...)
			}
			measured(t, 0, time.Since(began))
		})
	}
}

// TestF72_OwnWritesAreNotShown: what a user changes is carried out and does not show. It is
// no loop, and ends.
func TestF72_OwnWritesAreNotShown(t *testing.T) {
	t.Parallel()
	w, between := muted(t)
	between.MuteAll()
	began := time.Now()
	w.Part(w.conn)
	asked := between.Asked.Load()
	w.Join(w.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	rig.Holds(t, rig.Patience, w.server, "ls more 5002", "bind tor1 p2 200 more")
	w.InSync(w.device)
	measured(t, 0, time.Since(began))
	require.Less(t, between.Asked.Load()-asked, int64(100), "no hot loop")
}

// refusingSelect answers what asks the switch what it has, up to most times, and counts it.
func refusingSelect(between *rig.Between, most int64) *atomic.Int64 {
	var refused atomic.Int64
	between.Answer(func(r rig.Request) string {
		if r.Method != "transact" || !r.Has("select") || refused.Load() == most {
			return ""
		}
		refused.Add(1)
		return `{"id":$ID,"error":null,"result":[{"error":"not supported"}]}`
	})
	return &refused
}

// TestF72_NotAsked: a switch that never says what it has is believed, in one session. It
// is asked less and less often.
func TestF72_NotAsked(t *testing.T) {
	t.Parallel()
	const interval = 100 * time.Millisecond
	s, server, between, device := behind(t, reconcile.Options{Interval: interval})
	began := time.Now()
	refused := refusingSelect(between, math.MaxInt64)
	slowly(t, between.Asked.Load)
	s.InSync(device)
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	rig.Holds(t, rig.Patience, server, carried...)
	require.Equal(t, int64(1), between.Sessions.Load())
	require.Greater(t, refused.Load(), int64(1), "it is asked again")
	require.LessOrEqual(t, refused.Load(), int64(bits.Len64(uint64(time.Since(began)/interval))+1), "after twice the time each")
}

// TestF72_RefusedOnce: a switch refuses once to say what it has. Later on it is found
// that it does not report its changes.
func TestF72_RefusedOnce(t *testing.T) {
	t.Parallel()
	w, between := muted(t)
	refused := refusingSelect(between, 1)
	rig.Eventually(t, rig.Patience, func() error {
		if refused.Load() == 0 {
			return errWait
		}
		return nil
	})
	between.MuteAll()
	began := time.Now()
	w.server.VtepCtl("unbind-ls", "tor1", "p1", "100")
	rig.Holds(t, rig.Patience, w.server, held...)
	measured(t, 0, time.Since(began))
	w.Device(rig.Patience, w.device, model.DeviceInSync, "does not report its changes")
}

// TestF72_ContradictsItself: what a switch answers is never what its monitor reports. It is read
// anew once and not each time.
func TestF72_ContradictsItself(t *testing.T) {
	t.Parallel()
	s, server, between, device := behind(t, reconcile.Options{Interval: 100 * time.Millisecond})
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	between.Answer(func(r rig.Request) string {
		if n := strings.Count(string(r.Params), `"op":"select"`); r.Method == "transact" && n > 0 {
			return rig.OK("[" + strings.TrimSuffix(strings.Repeat(`{"rows":[]},`, n), ",") + "]")
		}
		return ""
	})
	rig.Eventually(t, rig.Patience, func() error {
		if between.Sessions.Load() < 2 {
			return errWait
		}
		return nil
	})
	s.Device(rig.Patience, device, model.DeviceInSync, "does not report its changes")
	began := time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		if time.Since(began) < 8*time.Second {
			return errWait
		}
		return nil
	})
	require.LessOrEqual(t, between.Sessions.Load(), int64(5), "the rest between two readings grows")
	rig.Holds(t, rig.Patience, server, carried...)
}
