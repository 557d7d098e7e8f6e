package ovsdb_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/vtep/ovsdb"
)

// TestF71_BudgetOfSessions: sessions together take no more than may be. Room is made by
// ending the largest of those that are to spare; without one, who asks for more ends.
func TestF71_BudgetOfSessions(t *testing.T) {
	b := ovsdb.NewBudget(100)
	var ended []string
	share := func(name string) *ovsdb.Share { return b.Share(func() { ended = append(ended, name) }) }
	small, large, driven, reading := share("small"), share("large"), share("driven"), share("reading")
	require.NoError(t, small.Add(10))
	require.NoError(t, large.Add(40))
	require.NoError(t, driven.Add(50))
	require.ErrorIs(t, reading.Add(1), ovsdb.ErrBudget)
	require.NoError(t, reading.Add(-1))

	driven.Leave() // a device has it
	require.NoError(t, driven.Add(1000))
	require.NoError(t, reading.Add(50))
	small.Spare(true)
	large.Spare(true)
	require.NoError(t, reading.Add(20))
	require.Equal(t, []string{"large"}, ended)
	require.True(t, large.Ended())
	require.False(t, small.Ended())
	require.ErrorIs(t, reading.Add(1000), ovsdb.ErrBudget)
	require.Equal(t, []string{"large", "small"}, ended)
	reading.Leave()

	driven.Join() // no device has it any more
	require.ErrorIs(t, driven.Add(1), ovsdb.ErrBudget)
	require.NoError(t, (*ovsdb.Share)(nil).Add(1<<40))
}
