package connector

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/vtep/ovsdb"
)

// TestF71_UnregisteredTogether: what all switches take together that dialled in and that
// no device stands for is bounded. One that is known not to be registered makes room for
// one that is being read, and that is said.
func TestF71_UnregisteredTogether(t *testing.T) {
	log, logs := logtest.NewNullLogger()
	a := NewAcceptor(log, func(*Inbound) (*Seat, string) { return nil, "it is not registered" }, func(string) int { return 0 }, func(string) {}, func(*Inbound, string) {})
	a.budget = ovsdb.NewBudget(300 << 10) // for one of them
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { a.Accept(ctx, socket, &running) })
	defer running.Wait()
	defer stop()

	said := func(text string) bool {
		for _, e := range logs.AllEntries() {
			if strings.Contains(e.Message+fmt.Sprint(e.Data["err"]), text) {
				return true
			}
		}
		return false
	}
	for range 2 {
		server := ovsdbtest.Start(t)
		server.Transact(fmt.Sprintf(`[{"op":"insert","table":"Logical_Switch","row":{"name":%q}}]`, strings.Repeat("x", 100<<10)))
		server.VtepCtl("set-manager", "tcp:"+socket.Addr().String())
		poll.True(t, 20*time.Second, "it is read", func() bool { return len(a.Unplaced()) > 0 })
	}
	poll.True(t, 20*time.Second, "one makes room", func() bool { return said(ovsdb.ErrBudget.Error()) })
}

// TestF71_ExpectedAreReadAllTheSame: what unregistered switches take does not keep a switch out
// that was seen at its address before, as all are that come at once after a start; no
// more of them than were.
func TestF71_ExpectedAreReadAllTheSame(t *testing.T) {
	log, logs := logtest.NewNullLogger()
	known := 1
	a := NewAcceptor(log, func(*Inbound) (*Seat, string) { return nil, "" }, func(string) int { return known }, func(string) {}, func(*Inbound, string) {})
	a.budget = ovsdb.NewBudget(0)
	c, second := &Inbound{acceptor: a}, &Inbound{acceptor: a}
	for _, o := range []*Inbound{c, second} {
		o.From, o.share = "192.0.2.1", a.budget.Share(func() {})
	}
	over := a.expect(c)
	require.NoError(t, c.share.Add(1<<20))
	defer a.expect(second)()
	require.ErrorIs(t, second.share.Add(1), ovsdb.ErrBudget)
	over()
	require.Empty(t, a.expected)
	a.enter(c)
	require.False(t, a.find(c))
	require.ErrorIs(t, c.share.Add(1), ovsdb.ErrBudget, "it counts as unregistered now")
	require.Empty(t, logs.AllEntries())
}
