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
	start := time.Now()
	require.NoError(t, st.RecordMoves(t.Context(), first))
	all := time.Since(start)
	for n := range newMoves {
		then = append(then, movedAt(began, mostMoves+n, mostMoves+n))
	}
	then = append(then, movedAt(began, 0, mostMoves+newMoves)) // the oldest moves again
	start = time.Now()
	require.NoError(t, st.RecordMoves(t.Context(), then))
	took := time.Since(start)
	t.Logf("%d moves: %s, %d more: %s", mostMoves, all, len(then), took)
	require.Less(t, took, all, "a twentieth of them costs less than all")
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

// endpointsOf is what a source says of one MAC.
func endpointsOf(t *testing.T, source string, mac model.MAC, at model.VTEPAddress) *model.EndpointSet {
	t.Helper()
	set, err := model.NewEndpointSet("net", source, "", []model.Endpoint{{VTEPAddress: at, MACs: []model.EndpointMAC{{MAC: mac, VTEPAddress: at}}}})
	require.NoError(t, err)
	return set
}

// movesOf are the stored moves, by MAC and where it is.
func movesOf(st *store.Store) map[model.MAC]string {
	out := map[model.MAC]string{}
	for m := range st.Definitions().Moves.All() {
		out[m.MAC] = m.DeviceID
	}
	return out
}

// TestMoveIsKeptWhileASourceSaysOtherwise: a host has been at a port, or with another source, for
// longer than moves are remembered. What the first source says stands still, so the move counts.
func TestMoveIsKeptWhileASourceSaysOtherwise(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	_, err = st.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "net"}})
	require.NoError(t, err)
	long := time.Now().Add(-48 * time.Hour)
	port, other, agreed, plain := movedAt(long, 0, 0), movedAt(long, 1, 0), movedAt(long, 2, 0), movedAt(long, 3, 0)
	other.DeviceID, agreed.DeviceID = "net/b", "net/b"
	a := endpointsOf(t, "a", port.MAC, model.VTEPAddress{192, 0, 2, 50})
	a.MACs = append(a.MACs, model.EndpointMAC{MAC: other.MAC, VTEPAddress: a.Addresses[0]})
	for _, set := range []*model.EndpointSet{a, endpointsOf(t, "b", agreed.MAC, model.VTEPAddress{192, 0, 2, 51})} {
		_, err = st.PutEndpoints(t.Context(), set, model.IfMatch{})
		require.NoError(t, err)
	}
	again := func() map[model.MAC]string {
		require.NoError(t, st.RecordMoves(t.Context(), []model.MACMove{movedAt(time.Now(), 9, 0)}))
		return movesOf(st)
	}
	require.NoError(t, st.RecordMoves(t.Context(), []model.MACMove{port, other, agreed, plain}))
	now := movedAt(time.Now(), 9, 0)
	require.Equal(t, map[model.MAC]string{port.MAC: "d", other.MAC: "net/b", now.MAC: "d"}, again())
	require.NoError(t, st.DeleteEndpoints(t.Context(), "net", "a", model.IfMatch{}))
	require.Equal(t, map[model.MAC]string{now.MAC: "d"}, again(), "nobody says otherwise any more")
	require.NoError(t, st.RecordMoves(t.Context(), []model.MACMove{{NetworkID: "net", MAC: now.MAC}}))
	require.Empty(t, movesOf(st), "it is nowhere")
}

// TestWhatASourceSaysAnewIsTheLastMove: it is stored together with what the source says, as the
// process may end before anybody else has heard of it.
func TestWhatASourceSaysAnewIsTheLastMove(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	_, err = st.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "net"}})
	require.NoError(t, err)
	put := func(set *model.EndpointSet) {
		t.Helper()
		_, err := st.PutEndpoints(t.Context(), set, model.IfMatch{})
		require.NoError(t, err)
	}
	moved := movedAt(time.Now(), 0, 4)
	put(endpointsOf(t, "a", moved.MAC, model.VTEPAddress{192, 0, 2, 50}))
	require.Zero(t, st.Definitions().Moves.Len(), "of what never moved nothing is stored")
	require.NoError(t, st.RecordMoves(t.Context(), []model.MACMove{moved}))
	same := endpointsOf(t, "a", moved.MAC, model.VTEPAddress{192, 0, 2, 50})
	same.Addresses = append(same.Addresses, model.VTEPAddress{192, 0, 2, 52})
	put(same)
	require.Equal(t, map[model.MAC]string{moved.MAC: "d"}, movesOf(st), "it says nothing new of the MAC")
	put(endpointsOf(t, "a", moved.MAC, model.VTEPAddress{192, 0, 2, 51}))
	m, ok := st.Definitions().Moves.Get(model.MoveID("net", moved.MAC))
	require.True(t, ok)
	require.Equal(t, "net/a", m.DeviceID)
	require.Equal(t, uint64(5), m.Number)
	require.Equal(t, model.VTEPAddress{192, 0, 2, 51}, m.VTEPAddress)
	put(endpointsOf(t, "a", model.MAC{2, 0, 0, 0, 0, 7}, model.VTEPAddress{192, 0, 2, 51}))
	require.Empty(t, movesOf(st), "the source has taken it away")
}

// TestMovesOfANetworkMadeAnew: those of a former network with its id are forgotten.
func TestMovesOfANetworkMadeAnew(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	make := func() {
		_, err := st.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "net"}})
		require.NoError(t, err)
	}
	make()
	old, now := movedAt(time.Now(), 0, 0), movedAt(time.Now(), 1, 0)
	require.NoError(t, st.RecordMoves(t.Context(), []model.MACMove{old}))
	require.NoError(t, st.DeleteNetwork(t.Context(), "net"))
	make()
	require.NoError(t, st.RecordMoves(t.Context(), []model.MACMove{now}))
	require.Equal(t, map[model.MAC]string{now.MAC: "d"}, movesOf(st))
}
