package reconcile_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
)

// stuckStore lets whoever asks for definitions wait, once it is told to.
type stuckStore struct {
	*store.Store
	stuck   atomic.Bool
	reached chan struct{}
	release chan struct{}
}

func (s *stuckStore) Definitions() *model.Definitions {
	if s.stuck.CompareAndSwap(true, false) {
		close(s.reached)
		<-s.release
	}
	return s.Store.Definitions()
}

// A Loop gives signs of life while it runs, none while it is stuck, and again when it goes on.
func TestAliveWhileItRunsOnly(t *testing.T) {
	db, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	s := &stuckStore{Store: db, reached: make(chan struct{}), release: make(chan struct{})}
	loop := reconcile.New(s, reconcile.Options{})
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.Error(t, loop.Alive(soon), "it does not run yet")

	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- loop.Run(ctx) }()
	require.NoError(t, loop.Alive(t.Context()))
	require.NoError(t, loop.Alive(t.Context()), "again and again")

	s.stuck.Store(true)
	_, err = db.CreateNetwork(t.Context(), model.Network{Name: "blue"}) // has it make a View
	require.NoError(t, err)
	<-s.reached
	soon, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, loop.Alive(soon), context.DeadlineExceeded)
	close(s.release)
	require.NoError(t, loop.Alive(t.Context()))
	stop()
	require.NoError(t, <-done)
}
