package vtep_test

import (
	"context"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

const us = "3f2a-us"

// openWriter opens a session that has taken the lock of one controller.
func openWriter(t *testing.T, srv *ovsdbtest.Server, how vtep.Opening) *vtep.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := ovsdb.Dial(ctx, srv.Unix(), nil)
	require.NoError(t, err)
	s, err := vtep.Open(ctx, conn, how)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close(); <-s.Done() })
	require.NoError(t, s.TakeLock(ctx, us))
	return s
}

// TestLockFencesOlderSession is F-16, F-47 and F-48: the session that takes
// last writes, the one before reads from that moment on, and writes again when
// the other has gone.
func TestLockFencesOlderSession(t *testing.T) {
	for name, how := range map[string]vtep.Opening{"asked for at once": {Mark: us}, "asked for when it is taken": {}} {
		t.Run(name, func(t *testing.T) { lockFencesOlderSession(t, how) })
	}
}

func lockFencesOlderSession(t *testing.T, how vtep.Opening) {
	srv := ovsdbtest.Start(t)
	srv.AddSwitch("sw1", "10.0.0.1", "p1")
	ctx := t.Context()
	want := &vtep.Want{
		Mark:     "us",
		Segments: vtep.SegmentsOf(&vtep.Segment{Name: "net", TunnelKey: 100}),
	}
	older := openWriter(t, srv, how)
	require.True(t, older.Writer())
	newer := openWriter(t, srv, how)
	poll.True(t, patience, "the older one has lost the lock", func() bool { return !older.Writer() })

	before := srv.Transactions()
	_, err := older.Apply(ctx, older.Plan(want, vtep.Whole))
	require.ErrorIs(t, err, vtep.ErrReader)
	require.NoError(t, older.Err(), "the session stands")
	require.Equal(t, before, srv.Transactions(), "nothing was written")

	_, err = newer.Apply(ctx, newer.Plan(want, vtep.Whole))
	require.NoError(t, err)
	require.Equal(t, "net", srv.VtepCtl("list-ls"))

	require.NoError(t, older.Sync(ctx, vtep.Reported))
	require.False(t, older.Writer())
	require.NoError(t, newer.Close())
	poll.True(t, patience, "the older one has the lock back", older.Writer)
	want.Segments = vtep.Segments{}
	want.Owners = everyName(vtep.Held)
	_, err = older.Apply(ctx, older.Plan(want, vtep.Whole))
	require.NoError(t, err)
	require.Empty(t, srv.VtepCtl("list-ls"))
}

// A session takes the lock from nobody before TakeLock, and leaves it with
// its end.
func TestLockIsNotTakenBeforeTakeLock(t *testing.T) {
	srv := ovsdbtest.Start(t)
	srv.AddSwitch("sw1", "10.0.0.1", "p1")
	writer := openWriter(t, srv, vtep.Opening{Mark: us})
	conn, err := ovsdb.Dial(t.Context(), srv.Unix(), nil)
	require.NoError(t, err)
	waiting, err := vtep.Open(t.Context(), conn, vtep.Opening{Mark: us})
	require.NoError(t, err)
	require.NoError(t, writer.Sync(t.Context(), vtep.Committed))
	require.True(t, writer.Writer())
	require.NoError(t, waiting.Close())
	<-waiting.Done()
	require.NoError(t, writer.Sync(t.Context(), vtep.Committed))
	require.True(t, writer.Writer())
	require.NoError(t, writer.Close())
	<-writer.Done()
	require.True(t, openWriter(t, srv, vtep.Opening{Mark: us}).Writer())
}

// The lock that a session got when it was opened is stolen before TakeLock:
// it takes it back, and does not write without.
func TestLockIsStolenBeforeTakeLock(t *testing.T) {
	srv := ovsdbtest.Start(t)
	srv.AddSwitch("sw1", "10.0.0.1", "p1")
	conn, err := ovsdb.Dial(t.Context(), srv.Unix(), nil)
	require.NoError(t, err)
	opened, err := vtep.Open(t.Context(), conn, vtep.Opening{Mark: us})
	require.NoError(t, err)
	t.Cleanup(func() { opened.Close(); <-opened.Done() })
	thief := openWriter(t, srv, vtep.Opening{})
	require.NoError(t, opened.Sync(t.Context(), vtep.Committed)) // the server has reported the theft
	require.True(t, thief.Writer())
	require.NoError(t, opened.TakeLock(t.Context(), us))
	require.True(t, opened.Writer())
	require.NoError(t, thief.Sync(t.Context(), vtep.Committed))
	require.False(t, thief.Writer())
}
