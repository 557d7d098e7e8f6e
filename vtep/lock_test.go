package vtep_test

import (
	"context"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// openClaimed opens a session that has claimed the lock of one controller.
func openClaimed(t *testing.T, srv *ovsdbtest.Server) *vtep.Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := ovsdb.Dial(ctx, srv.Unix(), nil)
	require.NoError(t, err)
	s, err := vtep.Open(ctx, conn, vtep.Opening{})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close(); <-s.Done() })
	require.NoError(t, s.Claim(ctx, "3f2a-us"))
	return s
}

// TestLockFencesOlderSession is F-16, F-47 and F-48: the session that claims
// last writes, the one before reads from that moment on, and writes again when
// the other has gone.
func TestLockFencesOlderSession(t *testing.T) {
	srv := ovsdbtest.Start(t)
	srv.AddSwitch("sw1", "10.0.0.1", "p1")
	ctx := t.Context()
	want := &vtep.Want{
		Mark: "us", Claim: func(string, *int) vtep.Claim { return vtep.Unknown },
		Segments: []*vtep.Segment{{Name: "net", TunnelKey: 100}},
	}
	older := openClaimed(t, srv)
	require.True(t, older.Writer())
	newer := openClaimed(t, srv)
	require.Eventually(t, func() bool { return !older.Writer() }, 5*time.Second, 5*time.Millisecond)

	before := srv.Transactions()
	_, err := older.Apply(ctx, older.Plan(want).Ops)
	require.ErrorIs(t, err, vtep.ErrReader)
	require.NoError(t, older.Err(), "the session stands")
	require.Equal(t, before, srv.Transactions(), "nothing was written")

	_, err = newer.Apply(ctx, newer.Plan(want).Ops)
	require.NoError(t, err)
	require.Equal(t, "net", srv.VtepCtl("list-ls"))

	require.NoError(t, older.Queue(ctx))
	require.False(t, older.Writer())
	require.NoError(t, newer.Close())
	require.Eventually(t, older.Writer, 5*time.Second, 5*time.Millisecond)
	want.Segments = nil
	want.Claim = func(string, *int) vtep.Claim { return vtep.Buried }
	_, err = older.Apply(ctx, older.Plan(want).Ops)
	require.NoError(t, err)
	require.Empty(t, srv.VtepCtl("list-ls"))
}
