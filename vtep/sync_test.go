package vtep_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/vtep"
)

// TestPlanChangesNothing: whoever asks for plans, of whatever, the next incremental plan
// looks at the same.
func TestPlanChangesNothing(t *testing.T) {
	srv := ovsdbtest.Start(t)
	srv.AddSwitch("sw1", "10.0.0.1", "eth1")
	s := open(t, srv, nil)
	want := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:01 10.0.0.2")
	require.Empty(t, applied(t, s, s.Plan(want, vtep.Whole).Ops))
	fresh := s.Dirty()
	_, err := s.Apply(t.Context(), s.Plan(want, vtep.Whole))
	require.NoError(t, err)
	require.NotEqual(t, fresh, s.Dirty(), "an empty plan that is applied is noted")

	srv.VtepCtl("clear-remote-macs", "net-a")
	poll.True(t, patience, "the row has gone", func() bool { return !s.Plan(want, vtep.Incremental).Empty() })
	srv.VtepCtl("add-ucast-remote", "net-a", "02:00:00:00:00:01", "10.0.0.2")
	poll.True(t, patience, "it is back", func() bool {
		require.NoError(t, s.Sync(t.Context(), vtep.Committed))
		return s.Plan(want, vtep.Incremental).Empty()
	})
	before, none := s.Dirty(), parseWant(t, "")
	for range 1000 {
		require.True(t, s.Plan(want, vtep.Whole).Empty())
		s.Plan(none, vtep.Incremental)
		s.Plan(none, vtep.Whole)
	}
	require.Equal(t, before, s.Dirty())
}

// TestStalePlanIsNotNoted: what changed after a plan was made is looked at again.
func TestStalePlanIsNotNoted(t *testing.T) {
	srv := ovsdbtest.Start(t)
	srv.AddSwitch("sw1", "10.0.0.1", "eth1")
	s := open(t, srv, nil)
	want := parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:01 10.0.0.2")
	require.Empty(t, applied(t, s, s.Plan(want, vtep.Whole).Ops))
	plan := s.Plan(want, vtep.Whole)
	require.True(t, plan.Empty())
	srv.VtepCtl("clear-remote-macs", "net-a")
	poll.True(t, patience, "the row has gone", func() bool { return !s.Plan(want, vtep.Whole).Empty() })
	_, err := s.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.False(t, s.Plan(want, vtep.Incremental).Empty())
}
