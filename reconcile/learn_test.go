package reconcile

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

var station1 = rowKey{network, macOf(1)}

func TestMoveIgnoresLateDelete(t *testing.T) {
	s := newSwitches(t, 2)
	s.learn(1, station1, ipOf(1), at(1))
	s.learn(2, station1, ipOf(2), at(2))
	s.requireHome(2, station1, at(2), "the later learn wins, though its address is higher")
	before := s.snapshot(at(2))[network]
	s.forget(1, station1, at(3))
	s.pass(at(60))
	require.Equal(t, before.Winners, s.snapshot(at(60))[network].Winners, "the old place says goodbye late")
}

func TestStaleRowDoesNotWinBack(t *testing.T) {
	s := newSwitches(t, 2)
	s.learn(1, station1, ipOf(1), at(1))
	s.learn(2, station1, ipOf(2), at(2))
	s.snapshotOf(1, false, at(3))
	s.requireHome(2, station1, at(3), "a row told again is not a new one")
	s.disconnected(1, at(4))
	s.snapshotOf(1, false, at(5))
	s.requireHome(2, station1, at(5), "nor is one that stood through a reconnect")
	s.forget(2, station1, at(6))
	s.requireHome(2, station1, at(9.9), "the winner is held")
	s.pass(at(10))
	s.requireHome(1, station1, at(10), "the loser takes over when the winner goes")
	s.learn(2, station1, ipOf(2), at(11))
	s.learn(1, station1, ipOf(1), at(12))
	s.requireHome(1, station1, at(12), "a new row takes the station back")
}

func TestVanishedRowIsHeld(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, station1, ipOf(1), at(0))
	s.forget(1, station1, at(10))
	require.Equal(t, at(14), s.pass(at(13.999)))
	s.requireHome(1, station1, at(13.999), "held")
	s.learn(1, station1, ipOf(1), at(13.999))
	require.Zero(t, s.pass(at(14)), "back in time: nothing is due")
	s.requireHome(1, station1, at(14), "back in time")
	s.forget(1, station1, at(20))
	require.Zero(t, s.pass(at(24)))
	s.requireHome(0, station1, at(24), "withdrawn")
	require.Empty(t, s.networks[network].macs, "nothing is left of it")
}

func TestDisconnectedSwitchKeepsItsStations(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, station1, ipOf(1), at(0))
	s.disconnected(1, at(10))
	s.disconnected(1, at(200)) // another attempt failed
	require.Equal(t, at(310), s.pass(at(309)))
	s.requireHome(1, station1, at(309), "held since the first loss")
	s.pass(at(310))
	s.requireHome(0, station1, at(310), "gone for good")
}

func TestReconnectWithSameRowsChangesNothing(t *testing.T) {
	s := newSwitches(t, 2)
	s.learn(1, station1, ipOf(1), at(1))
	s.learn(2, rowKey{network, macOf(2)}, ipOf(2), at(2))
	before := s.snapshot(at(3))[network]
	s.disconnected(1, at(4))
	s.snapshotOf(1, false, at(200))
	require.Same(t, before, s.snapshot(at(200))[network], "not even a new value, so that nothing is compiled")
	require.Zero(t, s.pass(at(1000)), "nothing is due any more")
	require.Same(t, before, s.snapshot(at(1000))[network])
}

func TestReconnectWithRowsMissing(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, station1, ipOf(1), at(0))
	s.disconnected(1, at(10))
	delete(s.rows[1], station1)
	s.snapshotOf(1, false, at(20))
	require.Equal(t, at(24), s.pass(at(23)), "known to be gone: not held for as long as an absent switch")
	s.pass(at(24))
	s.requireHome(0, station1, at(24), "withdrawn")
}

func TestVanishedThenDisconnected(t *testing.T) {
	s := newSwitches(t, 1)
	s.learn(1, station1, ipOf(1), at(0))
	s.forget(1, station1, at(10))
	s.disconnected(1, at(11))
	s.pass(at(14))
	s.requireHome(0, station1, at(14), "a loss of the session does not bring back what was withdrawn")
}

// When the process starts nobody knows which of two rows is the later one: the
// lowest end point has it, whoever speaks first.
func TestFirstWords(t *testing.T) {
	for _, order := range [][]vtep.DatabaseID{{1, 2}, {2, 1}} {
		s := newSwitches(t, 2)
		s.write(1, station1, ipOf(7))
		s.write(2, station1, ipOf(3))
		for i, db := range order {
			s.snapshotOf(db, true, at(float64(i)))
		}
		s.requireHome(2, station1, at(2), "the lowest end point")
		require.False(t, s.frozenAt(station1, at(2)))
	}
}

// flap moves a station between two databases, a second for each move, and
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
	now := at(s.flap(station1, 5))
	require.False(t, s.frozenAt(station1, now))
	s.requireHome(2, station1, now, "every move was followed")
}

func TestTooManyMovesFreeze(t *testing.T) {
	for name, thaw := range map[string]func(s *switches, now float64) float64{
		"timer": func(s *switches, _ float64) float64 {
			require.Equal(t, at(186), s.pass(at(185.9)), "180 s after the sixth move")
			require.True(t, s.frozenAt(station1, at(185.9)))
			s.pass(at(186))
			return 186
		},
		"unfreeze": func(s *switches, now float64) float64 {
			require.False(t, s.unfreeze("other", station1.mac, at(now)))
			require.False(t, s.unfreeze(network, macOf(9), at(now)))
			require.True(t, s.unfreeze(network, station1.mac, at(now)))
			require.False(t, s.unfreeze(network, station1.mac, at(now)), "done already")
			return now
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSwitches(t, 3)
			s.t = t
			now := s.flap(station1, 5)
			s.learn(1, station1, ipOf(1), at(6))
			s.learn(3, station1, ipOf(3), at(7))
			require.True(t, s.frozenAt(station1, at(now)))
			s.requireHome(2, station1, at(8), "the sixth move and the next are not followed")
			now = thaw(s, 8)
			require.False(t, s.frozenAt(station1, at(now)))
			s.requireHome(3, station1, at(now), "it is where it was learned last")
			s.learn(1, station1, ipOf(1), at(now+1))
			s.requireHome(1, station1, at(now+1), "it may move again")
			require.False(t, s.frozenAt(station1, at(now+1)), "the moves before count no longer")
		})
	}
}

func TestFrozenWinnerThatGoes(t *testing.T) {
	s := newSwitches(t, 2)
	s.flap(station1, 5)
	s.learn(1, station1, ipOf(1), at(6))
	s.forget(2, station1, at(7))
	s.pass(at(11))
	s.requireHome(1, station1, at(11), "a frozen winner that is gone gives way")
}

// While a station is frozen its switches come and go; what was learned last
// has it after that, not what was told last.
func TestThawAfterReconnect(t *testing.T) {
	s := newSwitches(t, 3)
	s.flap(station1, 5)
	s.learn(1, station1, ipOf(1), at(6))
	s.learn(3, station1, ipOf(3), at(7))
	s.disconnected(1, at(8))
	s.snapshotOf(1, false, at(9))
	s.pass(at(186))
	s.requireHome(3, station1, at(186), "the row of 1 is older")
	s.forget(3, station1, at(187))
	s.pass(at(191))
	s.requireHome(1, station1, at(191), "the next latest, not the one that was frozen")
}

func TestSlowMovesDoNotFreeze(t *testing.T) {
	s := newSwitches(t, 2)
	for i := range 20 {
		db := vtep.DatabaseID(1 + i%2)
		s.learn(db, station1, ipOf(int(db)), at(float64(i)*40))
		s.requireHome(db, station1, at(float64(i)*40), "five moves in 180 s are none too many")
	}
}

// Two databases with one tunnel address are one place: their turns in learning
// a station are no moves.
func TestPairDoesNotFreeze(t *testing.T) {
	s := newSwitches(t, 3)
	for i := range 20 {
		s.learn(vtep.DatabaseID(1+i%2), station1, ipOf(1), at(float64(i)))
	}
	require.False(t, s.frozenAt(station1, at(20)))
	s.learn(3, station1, ipOf(3), at(21))
	s.requireHome(3, station1, at(21), "a real move is followed")
}

func TestRemovedNetworksAreForgotten(t *testing.T) {
	s := newSwitches(t, 1)
	for i := range 50 {
		key := rowKey{network + string(rune('a'+i)), macOf(i)}
		s.learn(1, key, ipOf(1), at(0))
	}
	s.update(1, vtep.Locals{Flood: map[string][]model.VTEPAddress{"x": {ipOf(1)}}}, always(false), at(1))
	s.retain(func(name string) bool { return name == network+"b" })
	require.Len(t, s.networks, 1)
	require.Contains(t, s.snapshot(at(2)), network+"b")
}

func TestFloodRequests(t *testing.T) {
	s := newSwitches(t, 2)
	ask := func(db vtep.DatabaseID, list ...model.VTEPAddress) {
		told := vtep.Locals{Flood: map[string][]model.VTEPAddress{network: list}}
		s.update(db, told, always(false), at(1))
	}
	ask(1, ipOf(1), ipOf(2))
	ask(2, ipOf(3))
	first := s.snapshot(at(1))[network]
	require.Equal(t, map[vtep.DatabaseID][]model.VTEPAddress{1: {ipOf(1), ipOf(2)}, 2: {ipOf(3)}}, first.Flood)
	ask(2, ipOf(3))
	require.Same(t, first, s.snapshot(at(1))[network], "the same again is no change")
	s.update(1, vtep.Locals{}, always(false), at(2))
	require.Equal(t, map[vtep.DatabaseID][]model.VTEPAddress{2: {ipOf(3)}}, s.snapshot(at(2))[network].Flood)
	require.Len(t, first.Flood, 2, "what was handed out stays as it was")
}

// What is known of a station is small: there are a million.
func TestStationIsSmall(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(station{})+unsafe.Sizeof(home{}), uintptr(96))
	now := time.Now()
	for _, at := range []time.Time{{}, began, now, now.Add(freezeTime), at(0)} {
		got := momentOf(at).time()
		require.Less(t, at.Sub(got).Abs(), 2*time.Nanosecond)
		require.Equal(t, at.IsZero(), got.IsZero())
	}
}
