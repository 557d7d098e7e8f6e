package mactable

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

var mac1 = rowKey{network, macOf(1)}

func TestMoveIgnoresLateDelete(t *testing.T) {
	s := newSwitches(t, 2)
	s.learn(1, mac1, ipOf(1), at(1))
	s.learn(2, mac1, ipOf(2), at(2))
	s.requireLocation(2, mac1, at(2), "the later learn wins, though its address is higher")
	before := s.Snapshot(at(2)).Get(network)
	s.forget(1, mac1, at(3))
	s.pass(at(60))
	require.Equal(t, before.Winners, s.Snapshot(at(60)).Get(network).Winners, "the old place says goodbye late")
}

func TestStaleRowDoesNotWinBack(t *testing.T) {
	s := newSwitches(t, 2)
	s.learn(1, mac1, ipOf(1), at(1))
	s.learn(2, mac1, ipOf(2), at(2))
	s.snapshotOf(1, false, at(3))
	s.requireLocation(2, mac1, at(3), "a row reported again is not a new one")
	s.Disconnected(1, at(4))
	s.snapshotOf(1, false, at(5))
	s.requireLocation(2, mac1, at(5), "nor is one that stood through a reconnect")
	s.forget(2, mac1, at(6))
	s.requireLocation(2, mac1, at(9.9), "the winner is held")
	s.pass(at(10))
	s.requireLocation(1, mac1, at(10), "the loser takes over when the winner goes")
	s.learn(2, mac1, ipOf(2), at(11))
	s.learn(1, mac1, ipOf(1), at(12))
	s.requireLocation(1, mac1, at(12), "a new row takes the MAC back")
}

func TestVanishedRowIsHeld(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, mac1, ipOf(1), at(0))
	s.forget(1, mac1, at(10))
	require.Equal(t, at(14), s.pass(at(13.999)))
	s.requireLocation(1, mac1, at(13.999), "held")
	s.learn(1, mac1, ipOf(1), at(13.999))
	require.Zero(t, s.pass(at(14)), "back in time: nothing is due")
	s.requireLocation(1, mac1, at(14), "back in time")
	s.forget(1, mac1, at(20))
	require.Zero(t, s.pass(at(24)))
	s.requireLocation(0, mac1, at(24), "withdrawn")
	require.Empty(t, s.networks[network].macs, "nothing is left of it")
}

func TestDisconnectedSwitchKeepsItsMACs(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, mac1, ipOf(1), at(0))
	s.Disconnected(1, at(10))
	s.Disconnected(1, at(200)) // another attempt failed
	require.Equal(t, at(310), s.pass(at(309)))
	s.requireLocation(1, mac1, at(309), "held since the first loss")
	s.pass(at(310))
	s.requireLocation(0, mac1, at(310), "gone for good")
}

func TestReconnectWithSameRowsChangesNothing(t *testing.T) {
	s := newSwitches(t, 2)
	s.learn(1, mac1, ipOf(1), at(1))
	s.learn(2, rowKey{network, macOf(2)}, ipOf(2), at(2))
	before := s.Snapshot(at(3)).Get(network)
	s.Disconnected(1, at(4))
	s.snapshotOf(1, false, at(200))
	require.Same(t, before, s.Snapshot(at(200)).Get(network), "not even a new value, so that nothing is compiled")
	require.Zero(t, s.pass(at(1000)), "nothing is due any more")
	require.Same(t, before, s.Snapshot(at(1000)).Get(network))
}

func TestReconnectWithRowsMissing(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, mac1, ipOf(1), at(0))
	s.Disconnected(1, at(10))
	delete(s.rows[1], mac1)
	s.snapshotOf(1, false, at(20))
	require.Equal(t, at(24), s.pass(at(23)), "known to be gone: not held for as long as an absent switch")
	s.pass(at(24))
	s.requireLocation(0, mac1, at(24), "withdrawn")
}

func TestVanishedThenDisconnected(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, mac1, ipOf(1), at(0))
	s.forget(1, mac1, at(10))
	s.Disconnected(1, at(11))
	s.pass(at(14))
	s.requireLocation(0, mac1, at(14), "a loss of the session does not bring back what was withdrawn")
}

// When the process starts nobody knows which of two rows is the later one: the
// lowest end point has it, whoever speaks first.
func TestFirstWords(t *testing.T) {
	for _, order := range [][]vtep.DatabaseID{{1, 2}, {2, 1}} {
		s := newSwitches(t, 2)
		s.write(1, mac1, ipOf(7))
		s.write(2, mac1, ipOf(3))
		for i, db := range order {
			s.snapshotOf(db, true, at(float64(i)))
		}
		s.requireLocation(2, mac1, at(2), "the lowest end point")
		require.False(t, s.frozenAt(mac1, at(2)))
	}
}

// flap moves a MAC between two databases, a second for each move, and
// returns the time after the last.
func (s *switches) flap(key rowKey, moves int) float64 {
	s.learn(1, key, ipOf(1), at(0))
	for i := range moves {
		db := vtep.DatabaseID(2 - i%2)
		s.forget(3-db, key, at(float64(i+1)))
		s.learn(db, key, ipOf(int(db)), at(float64(i+1)))
	}
	return float64(moves + 1)
}

func TestFiveMovesAreAllowed(t *testing.T) {
	s := newSwitches(t, 2)
	now := at(s.flap(mac1, 5))
	require.False(t, s.frozenAt(mac1, now))
	s.requireLocation(2, mac1, now, "every move was followed")
}

func TestTooManyMovesFreeze(t *testing.T) {
	for name, thaw := range map[string]func(s *switches, now float64) float64{
		"timer": func(s *switches, _ float64) float64 {
			require.Equal(t, at(186), s.pass(at(185.9)), "180 s after the sixth move")
			require.True(t, s.frozenAt(mac1, at(185.9)))
			s.pass(at(186))
			return 186
		},
		"unfreeze": func(s *switches, now float64) float64 {
			require.False(t, s.Unfreeze("other", mac1.mac, at(now)))
			require.False(t, s.Unfreeze(network, macOf(9), at(now)))
			require.True(t, s.Unfreeze(network, mac1.mac, at(now)))
			require.False(t, s.Unfreeze(network, mac1.mac, at(now)), "done already")
			return now
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSwitches(t, 3)
			s.t = t
			now := s.flap(mac1, 5)
			s.learn(1, mac1, ipOf(1), at(6))
			s.learn(3, mac1, ipOf(3), at(7))
			require.True(t, s.frozenAt(mac1, at(now)))
			s.requireLocation(2, mac1, at(8), "the sixth move and the next are not followed")
			now = thaw(s, 8)
			require.False(t, s.frozenAt(mac1, at(now)))
			s.requireLocation(3, mac1, at(now), "it is where it was learned last")
			s.learn(1, mac1, ipOf(1), at(now+1))
			s.requireLocation(1, mac1, at(now+1), "it may move again")
			require.False(t, s.frozenAt(mac1, at(now+1)), "the moves before count no longer")
		})
	}
}

func TestFrozenWinnerThatGoes(t *testing.T) {
	s := newSwitches(t, 2)
	s.flap(mac1, 5)
	s.learn(1, mac1, ipOf(1), at(6))
	s.forget(2, mac1, at(7))
	s.pass(at(11))
	s.requireLocation(1, mac1, at(11), "a frozen winner that is gone gives way")
}

// While a MAC is frozen its switches come and go; what was learned last
// has it after that, not what was reported last.
func TestThawAfterReconnect(t *testing.T) {
	s := newSwitches(t, 3)
	s.flap(mac1, 5)
	s.learn(1, mac1, ipOf(1), at(6))
	s.learn(3, mac1, ipOf(3), at(7))
	s.Disconnected(1, at(8))
	s.snapshotOf(1, false, at(9))
	s.pass(at(186))
	s.requireLocation(3, mac1, at(186), "the row of 1 is older")
	s.forget(3, mac1, at(187))
	s.pass(at(191))
	s.requireLocation(1, mac1, at(191), "the next latest, not the one that was frozen")
}

func TestSlowMovesDoNotFreeze(t *testing.T) {
	s := newSwitches(t, 2)
	for i := range 20 {
		db := vtep.DatabaseID(1 + i%2)
		s.learn(db, mac1, ipOf(int(db)), at(float64(i)*40))
		s.requireLocation(db, mac1, at(float64(i)*40), "five moves in 180 s are none too many")
	}
}

// Two databases with one tunnel address are one place: their turns in learning
// a MAC are no moves.
func TestPairDoesNotFreeze(t *testing.T) {
	s := newSwitches(t, 3)
	for i := range 20 {
		s.learn(vtep.DatabaseID(1+i%2), mac1, ipOf(1), at(float64(i)))
	}
	require.False(t, s.frozenAt(mac1, at(20)))
	s.learn(3, mac1, ipOf(3), at(21))
	s.requireLocation(3, mac1, at(21), "a real move is followed")
}

func TestRemovedNetworksAreForgotten(t *testing.T) {
	s := newSwitches(t, 1)
	for i := range 50 {
		key := rowKey{network + string(rune('a'+i)), macOf(i)}
		s.learn(1, key, ipOf(1), at(0))
	}
	s.Update(1, vtep.Locals{Flood: map[string][]model.VTEPAddress{"x": {ipOf(1)}}}, always(false), at(1))
	for _, name := range s.TakeMade() {
		if name != network+"b" {
			s.Forget(name)
		}
	}
	require.Len(t, s.networks, 1)
	require.NotNil(t, s.Snapshot(at(2)).Get(network+"b"))
}

func TestFloodRequests(t *testing.T) {
	s := newSwitches(t, 2)
	ask := func(db vtep.DatabaseID, list ...model.VTEPAddress) {
		reported := vtep.Locals{Flood: map[string][]model.VTEPAddress{network: list}}
		s.Update(db, reported, always(false), at(1))
	}
	ask(1, ipOf(1), ipOf(2))
	ask(2, ipOf(3))
	first := s.Snapshot(at(1)).Get(network)
	require.Equal(t, map[vtep.DatabaseID][]model.VTEPAddress{1: {ipOf(1), ipOf(2)}, 2: {ipOf(3)}}, first.Flood)
	ask(2, ipOf(3))
	require.Same(t, first, s.Snapshot(at(1)).Get(network), "the same again is no change")
	s.Update(1, vtep.Locals{}, always(false), at(2))
	require.Same(t, first, s.Snapshot(at(2)).Get(network), "nothing is said of it")
	ask(1)
	require.Equal(t, map[vtep.DatabaseID][]model.VTEPAddress{2: {ipOf(3)}}, s.Snapshot(at(2)).Get(network).Flood)
	require.Len(t, first.Flood, 2, "what was handed out stays as it was")
}

// What is known of a MAC is small: there are a million.
func TestEntryIsSmall(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(entry{})+unsafe.Sizeof(location{}), uintptr(96))
	table := New(at(0), 0, 0, 0)
	for _, when := range []time.Time{{}, at(0), at(1), at(-3600), at(0).Add(FreezeTime)} {
		got := table.time(table.instant(when))
		require.Less(t, when.Sub(got).Abs(), 2*time.Nanosecond)
		require.Equal(t, when.IsZero(), got.IsZero())
	}
}

// Devices and networks come and go for years: nothing is kept of those that have gone.
func TestNothingIsKeptOfGoneDatabases(t *testing.T) {
	s := newSwitches(t, 2)
	for db := range s.rows {
		s.learn(db, rowKey{network, macOf(int(db))}, ipOf(int(db)), at(1))
		s.Update(db, vtep.Locals{Flood: map[string][]model.VTEPAddress{network: {ipOf(int(db))}}}, always(false), at(1))
	}
	s.RetainDatabases(map[vtep.DatabaseID]bool{2: true})
	require.Len(t, s.reported, 1)
	require.Len(t, s.flooded, 1)
	s.Forget(network)
	require.Empty(t, s.reported)
}
