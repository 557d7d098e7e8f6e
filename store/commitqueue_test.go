package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"bordergw/internal/poll"
	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// slow waits before each commit, and counts them.
type slow struct {
	backend
	begun, proceed chan struct{}
	fail           error
}

func (b *slow) commit(revision uint64, changes []change) error {
	b.begun <- struct{}{}
	<-b.proceed
	if b.fail != nil {
		return b.fail
	}
	return b.backend.commit(revision, changes)
}

// newSlow has a first write under way, whose commit waits.
func newSlow(t *testing.T) (*Store, *slow, *sync.WaitGroup) {
	b, err := openBolt(t.TempDir()+"/store.db", migrations, newID)
	require.NoError(t, err)
	f := &slow{backend: b, begun: make(chan struct{}), proceed: make(chan struct{})}
	s, err := newStore(f, Options{}.withDefaults())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	var first sync.WaitGroup
	first.Go(func() {
		_, err := s.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "first"}})
		require.NoError(t, err)
	})
	<-f.begun
	return s, f, &first
}

// queue has n writes wait in line, one of them for a network that is there, one
// that nobody waits for any more, and two for the same one.
func queue(t *testing.T, s *Store, n int) (errs []error, all *sync.WaitGroup) {
	errs, all = make([]error, n), &sync.WaitGroup{}
	for i := range n {
		ctx, id := t.Context(), fmt.Sprint("n", i)
		switch i {
		case 0:
			id = "first"
		case 1:
			gone, cancel := context.WithCancel(ctx)
			cancel()
			ctx = gone
		case 2:
			id = "n3"
		}
		all.Go(func() { _, errs[i] = s.CreateNetwork(ctx, model.Network{Record: model.Record{ID: id}}) })
	}
	waiting := func() int {
		s.queue.waiting.mu.Lock()
		defer s.queue.waiting.mu.Unlock()
		return len(s.queue.waiting.all)
	}
	poll.True(t, time.Minute, "all wait", func() bool { return waiting() == n })
	return errs, all
}

// Writers that come while one commit waits for the disk share the next.
func TestWritersShareACommit(t *testing.T) {
	s, f, first := newSlow(t)
	errs, all := queue(t, s, 20)
	f.proceed <- struct{}{}
	<-f.begun
	require.Equal(t, 1, s.Definitions().Networks.Len(), "nothing is shown before it is durable")
	f.proceed <- struct{}{}
	all.Wait()
	first.Wait()
	require.Equal(t, model.Conflict, model.KindOf(errs[0]))
	require.ErrorIs(t, errs[1], context.Canceled)
	require.True(t, (errs[2] == nil) != (errs[3] == nil), "the two of one name: %v, %v", errs[2], errs[3])
	for _, err := range errs[4:] {
		require.NoError(t, err)
	}
	require.Equal(t, 18, s.Definitions().Networks.Len())
	require.Equal(t, uint64(18), s.Definitions().Revision, "each has a revision of its own")
	seqs := map[uint64]bool{}
	for n := range s.Definitions().Networks.All() {
		seqs[n.Seq] = true
	}
	require.Len(t, seqs, 18)
	require.NoError(t, s.queue.reload())
	require.Equal(t, 18, s.Definitions().Networks.Len(), "what is on disk")
}

// A commit that fails fails all that it was for, and what rests upon it.
func TestSharedCommitFails(t *testing.T) {
	s, f, first := newSlow(t)
	errs, all := queue(t, s, 20)
	f.proceed <- struct{}{}
	<-f.begun
	f.fail = errors.New("disk full")
	f.proceed <- struct{}{}
	all.Wait()
	first.Wait()
	require.Equal(t, model.Conflict, model.KindOf(errs[0]))
	for _, err := range errs[4:] {
		require.Equal(t, model.Unavailable, model.KindOf(err))
	}
	require.Equal(t, 1, s.Definitions().Networks.Len())
}
