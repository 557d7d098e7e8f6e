package reconcile_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/reconcile/mactable"
	"bordergw/store"
)

// heldStore shows its user older definitions for as long as a View would take to make.
type heldStore struct {
	*store.Store
	held atomic.Pointer[model.Definitions]
}

func (s *heldStore) Definitions() *model.Definitions {
	if d := s.held.Load(); d != nil {
		return d
	}
	return s.Store.Definitions()
}

// TestMACsMoveInANetworkMadeAnew: a program that chooses ids deletes a network with its
// connection and makes both anew, faster than a View is made. A host that moves afterwards is
// found where it went.
func TestMACsMoveInANetworkMadeAnew(t *testing.T) {
	for _, anew := range []bool{false, true} {
		t.Run(map[bool]string{false: "control", true: "made anew"}[anew], func(t *testing.T) {
			r := newStandalone(t, 3, reconcile.Options{LocalHold: time.Minute, Hold: time.Hour})
			r.end()
			held := &heldStore{Store: r.store}
			loop := reconcile.New(held, r.opts)
			r.loop = loop
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- loop.Run(ctx) }()
			t.Cleanup(func() {
				cancel()
				require.NoError(t, <-done)
			})
			a, b, c := r.tors[0], r.tors[1], r.tors[2]
			net, err := r.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "net"}, Name: "blue", VNI: 5000})
			require.NoError(t, err)
			conn := r.connect(net.ID, model.ActiveActive, a, b, c)
			r.active(conn)
			b.learn("net", m2)
			r.holds(c, "net", m2, b.tunnelIP)
			if anew {
				was, ok := r.store.Definitions().Connections.Get(conn)
				require.True(t, ok)
				held.held.Store(r.store.Definitions())
				require.NoError(t, r.store.DeleteConnection(t.Context(), conn))
				require.NoError(t, r.store.DeleteNetwork(t.Context(), "net"))
				_, err = r.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "net"}, Name: "blue", VNI: 5000})
				require.NoError(t, err)
				_, err = r.store.CreateConnection(t.Context(), model.L2GatewayConnection{Record: model.Record{ID: conn}, L2GatewayID: was.L2GatewayID, NetworkID: "net"})
				require.NoError(t, err)
				held.held.Store(nil)
				_, err = r.store.CreateNetwork(t.Context(), model.Network{Name: "shows what was held"})
				require.NoError(t, err)
				seen := r.store.Definitions().Revision
				r.eventually(func() bool { return r.loop.ConnectionStatus(conn).ObservedRevision >= seen }, "seen")
				r.active(conn)
				r.holds(c, "net", m2, b.tunnelIP)
			}
			a.learn("net", m1)
			r.holds(c, "net", m1, a.tunnelIP)
			b.learn("net", m1)
			began := time.Now()
			r.holds(c, "net", m1, b.tunnelIP)
			require.Less(t, time.Since(began), mactable.ContradictTime/2, "found as a move, not because the row goes on standing")
		})
	}
}
