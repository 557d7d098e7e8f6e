package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/store"
)

const (
	mostMoves = 100_000
	newMoves  = 5_000
)

// movedAt is the move of a MAC, the later the higher its number.
func movedAt(began time.Time, mac, n int) model.MACMove {
	return model.MACMove{
		NetworkID: "net", MAC: model.MAC{2, 0, 0, byte(mac >> 16), byte(mac >> 8), byte(mac)}, DeviceID: "d", Number: uint64(n),
		MovedAt: began.Add(time.Duration(n) * time.Second / 2),
	}
}

// TestF69_MovesAreBounded: 100,000 moves are remembered, in the file too; of more the
// oldest are forgotten, and what a few more cost is bounded.
func TestF69_MovesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bordergw.db")
	st, err := store.Open(path, store.Options{})
	require.NoError(t, err)
	_, err = st.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "net"}})
	require.NoError(t, err)
	began := time.Now().Add(-20 * time.Hour)
	var first, then []model.MACMove
	for n := range mostMoves {
		first = append(first, movedAt(began, n, n))
	}
	require.NoError(t, st.RecordMoves(t.Context(), first))
	for n := range newMoves {
		then = append(then, movedAt(began, mostMoves+n, mostMoves+n))
	}
	then = append(then, movedAt(began, 0, mostMoves+newMoves)) // the oldest moves again
	start := time.Now()
	require.NoError(t, st.RecordMoves(t.Context(), then))
	took := time.Since(start)
	t.Logf("%d moves beside %d: %s", len(then), mostMoves, took)
	require.Less(t, took, 30*time.Second)
	require.NoError(t, st.Close())

	st, err = store.Open(path, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	moves := st.Definitions().Moves
	require.Equal(t, mostMoves, moves.Len())
	has := func(mac int) bool {
		_, ok := moves.Get(model.MoveID("net", movedAt(began, mac, 0).MAC))
		return ok
	}
	require.True(t, has(0), "it moved last")
	require.False(t, has(1))
	require.False(t, has(newMoves))
	require.True(t, has(newMoves+1))
	require.True(t, has(mostMoves+newMoves-1))
}
