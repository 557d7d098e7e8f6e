package vtep_test

import (
	"fmt"
	"strings"
	"testing"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// largeWant is what makes a large push.
func largeWant(t testing.TB, nets, macs int) *vtep.Want {
	var text strings.Builder
	for n := range nets {
		fmt.Fprintf(&text, "segment net-%d %d\nflood net-%d 10.0.0.2\nbind sw1 eth1 %d net-%d\n", n, 100+n, n, 10+n, n)
		for i := range macs {
			fmt.Fprintf(&text, "mac net-%d %s 10.0.0.%d\n", n, largeMAC(n, i), 2+i%5)
		}
	}
	return parseWant(t, text.String())
}

func largeMAC(net, i int) model.MAC { return model.MAC{2, 0, 0, byte(net), byte(i >> 8), byte(i)} }

// rival adds, moves and deletes remote MACs, ours too, until it is stopped.
func rival(server *ovsdbtest.Server, stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		mac := model.MAC{2, 9, 9, 9, byte(i >> 8), byte(i)}.String()
		_, _ = server.TryVtepCtl("add-ucast-remote", "theirs", mac, "10.0.0.3")
		switch i % 4 {
		case 0:
			_, _ = server.TryVtepCtl("del-ucast-remote", "theirs", mac)
			_, _ = server.TryVtepCtl("del-ucast-remote", "net-0", largeMAC(0, i).String())
		case 1:
			_, _ = server.TryVtepCtl("add-ucast-remote", "theirs", mac, "10.0.0.4")
			_, _ = server.TryVtepCtl("add-ucast-remote", "net-0", largeMAC(0, i).String(), "10.0.0.9")
		}
	}
}

// The server does not report foreign rows that are inserted during a large push. A
// resync finds them afterwards, and the server reports inserts again.
func TestForeignRowsDuringALargePush(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls theirs key 900\n")
	s := open(t, server, nil)
	want := largeWant(t, 4, 500)
	require.True(t, s.Large(s.Plan(want, vtep.Whole).Ops))
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		rival(server, stop)
	}()
	for s.Transactions() == 0 || s.Large(s.Plan(want, vtep.Whole).Ops) {
		require.Empty(t, applied(t, s, s.Plan(want, vtep.Whole).Ops))
	}
	close(stop)
	<-ended
	require.NoError(t, s.Resync(t.Context()))
	agree(t, server, s)
	require.Zero(t, s.Pending())

	server.VtepCtl("add-ucast-remote", "net-1", "02:0e:00:00:00:01", "10.0.0.3")
	poll.True(t, patience, "the server reports inserts again", func() bool { return s.Pending() == 1 })
	converges(t, s, want)
	agree(t, server, s)
}

// The server reports inserts again after a push that it refused in part, and after one
// that ended because the lock was stolen.
func TestRefusalsInALargePush(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	want := largeWant(t, 3, 500)
	plan := s.Plan(want, vtep.Whole)
	bogus := "flood_everything"
	ops := append([]vtep.Op(nil), plan.Ops...)
	detail := *ops[1].Detail
	row := *detail.Switch
	row.ReplicationMode, detail.Switch = &bogus, &row
	ops[1].Detail = &detail // the first transaction is refused, when the second is ready
	require.Equal(t, []string{"add logical-switch net-1 key 101 mode flood_everything mark us: constraint violation"}, applied(t, s, ops))
	require.Empty(t, of(s.Dump(), "net-1"))
	require.Len(t, of(s.Dump(), "net-2"), 503)
	server.VtepCtl("add-ucast-remote", "net-2", "02:0e:00:00:00:01", "10.0.0.3")
	poll.True(t, patience, "a row is pending", func() bool { return s.Pending() == 1 })
	converges(t, s, want)
	agree(t, server, s)
}

func TestLockLostInALargePush(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	require.NoError(t, s.TakeLock(t.Context(), "us"))
	other := open(t, server, nil)
	require.NoError(t, other.TakeLock(t.Context(), "us"))
	_, err := s.Apply(t.Context(), s.Plan(largeWant(t, 2, 600), vtep.Whole))
	require.ErrorIs(t, err, vtep.ErrReader)
	require.NoError(t, s.Err())
	server.VtepCtl("add-ls", "theirs", "--", "add-ucast-remote", "theirs", "02:0e:00:00:00:01", "10.0.0.3")
	poll.True(t, patience, "the server reports inserts to a reader as well", func() bool { return s.Pending() == 1 })
	require.NoError(t, s.Resync(t.Context()))
	agree(t, server, s)
}

// A resync finds the rows that the server has not reported, once.
func TestForeignRowWhileInsertsAreMuted(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch+"ls theirs key 900\n")
	s, wire := crossed(t, server)
	want := largeWant(t, 2, 600)
	plan := s.Plan(want, vtep.Whole)
	external := func() { server.VtepCtl("add-ucast-remote", "theirs", "02:0e:00:00:00:01", "10.0.0.3") }
	// The first message cancels the monitor of inserts.
	wire.afterWrite(func() { wire.afterWrite(external) })
	require.Empty(t, applied(t, s, plan.Ops))
	require.Zero(t, s.Pending())
	require.Empty(t, of(s.Dump(), "remote theirs"))
	require.NoError(t, s.Resync(t.Context()))
	require.Equal(t, 1, s.Pending())
	agree(t, server, s)
	before := server.Transactions()
	require.NoError(t, s.Resync(t.Context()))
	require.Equal(t, before, server.Transactions(), "no second resync")
}
