package faults_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/model"
	"bordergw/reconcile"
)

// dialIn is a listener of pipes that a test puts in.
type dialIn chan net.Conn

func (d dialIn) Accept() (net.Conn, error) {
	c, open := <-d
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (d dialIn) Close() error   { close(d); return nil }
func (d dialIn) Addr() net.Addr { return &net.UnixAddr{} }

// call has a peer dial in.
func (d dialIn) call(serve func(net.Conn)) {
	ours, theirs := net.Pipe()
	go serve(theirs)
	d <- ours
}

// TestF09_HalfOpenOlder: a switch dials in anew while a transaction is under way
// on the session that it has forgotten. That one is given up as soon as it has
// been silent for longer than an echo takes; one that is alive is waited for.
func TestF09_HalfOpenOlder(t *testing.T) {
	healthy := rig.NewPeer(t)
	slow := healthy.With("transact", "")
	dead := slow.With("echo", "")
	for _, c := range []struct {
		name        string
		older       *rig.Peer
		after       time.Duration // the newer one dials in
		early, late time.Duration // when it is written, since the older one dialled in
	}{
		{"silent for a moment", dead, time.Second, 5 * time.Second, 6 * time.Second},
		{"silent for long", dead, 8 * time.Second, 8 * time.Second, 8*time.Second + 100*time.Millisecond},
		{"slow", slow, time.Second, 29 * time.Second, 32 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			older, newer := c.older.With("", ""), healthy.With("", "")
			synctest.Test(t, func(t *testing.T) {
				calls := make(dialIn)
				s := rig.New(t, reconcile.Options{Listeners: []net.Listener{calls}})
				s.RegisterAs(model.GatewayDevice{Name: "fake", ManagementProtocol: model.ProtocolOVSDBListen})
				s.Join(s.Network("net", 5001), rig.At{Switch: "fake", Port: "p1", VLAN: 100})
				calls.call(older.Serve)
				time.Sleep(c.after)
				require.EqualValues(t, 1, older.Asked.Load())
				calls.call(newer.Serve)
				time.Sleep(c.early - c.after)
				require.Zero(t, newer.Asked.Load(), "too early")
				time.Sleep(c.late - c.early)
				require.NotZero(t, newer.Asked.Load(), "too late")
				s.Stop()
				time.Sleep(time.Minute) // the peers' goroutines find that it is over
			})
		})
	}
}
