package mactable

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// recalling begins a process after one that knew a MAC at a switch.
func recalling(t *testing.T) (*switches, rowKey) {
	s, key := newSwitches(t, 0), rowKey{network, macOf(1)}
	s.contradict = ContradictTime
	for db := vtep.DatabaseID(1); db <= 2; db++ {
		s.rows[db] = map[rowKey]vtep.LocalMAC{}
	}
	s.Recall(Move{Key: Key{network, key.mac}, Database: 1, Endpoint: ipOf(1), Seq: 3}, at(0))
	return s, key
}

// TestRecalledMACStaysBeforeItsSwitchHasReported: what is known of it from before, of a source or
// of another switch, does not take it away; only news does.
func TestRecalledMACStaysBeforeItsSwitchHasReported(t *testing.T) {
	s, key := recalling(t)
	s.requireLocation(0, key, at(0), "nobody says anything of it")
	s.place(key, ipOf(50), true, 0)
	s.write(2, key, ipOf(2))
	s.snapshotOf(2, true, at(1))
	s.requireLocation(1, key, at(1), "its switch has not reported")
	require.Equal(t, ipOf(1), s.Snapshot(at(1)).Get(network).Winners[0].Endpoint)
	s.write(1, key, ipOf(1))
	s.snapshotOf(1, true, at(2))
	s.requireLocation(1, key, at(2), "it has the MAC")
	require.Empty(t, s.TakeMoves(), "nothing to store")
	s.forget(1, key, at(3))
	s.forget(2, key, at(3))
	s.pass(at(8))
	s.requireLocation(source, key, at(8), "the switch has lost it")
	require.Equal(t, []Move{{Key: Key{network, key.mac}, Database: source, Endpoint: ipOf(50)}}, s.TakeMoves(), "also for the next process")
}

// TestRecalledMACThatItsSwitchHasLost meanwhile is where the source says.
func TestRecalledMACThatItsSwitchHasLost(t *testing.T) {
	for _, reportsFirst := range []bool{false, true} {
		s, key := recalling(t)
		if reportsFirst {
			s.snapshotOf(1, true, at(1))
		}
		s.place(key, ipOf(50), true, 1)
		s.snapshotOf(1, true, at(1))
		s.pass(at(1 + DefaultLocalHold.Seconds()))
		s.requireLocation(source, key, at(10), "the switch does not have it")
	}
}

// TestRecalledMACOfASwitchThatStaysAway is held for as long as one whose session has ended. The
// switch is believed again when it comes with the MAC.
func TestRecalledMACOfASwitchThatStaysAway(t *testing.T) {
	s, key := recalling(t)
	s.place(key, ipOf(50), true, 0)
	s.pass(at(DefaultHold.Seconds() - 1))
	s.requireLocation(1, key, at(299), "it is held")
	s.pass(at(DefaultHold.Seconds() + 1))
	s.requireLocation(source, key, at(301), "the hold is over")
	require.Len(t, s.TakeMoves(), 1)
	s.write(1, key, ipOf(1))
	s.snapshotOf(1, true, at(400))
	s.requireLocation(1, key, at(400), "it is at its port")
	require.Equal(t, []Move{{Key: Key{network, key.mac}, Database: 1, Endpoint: ipOf(1), Seq: 3}}, s.TakeMoves())
}

// TestNewsOfARecalledMAC before its switch has reported: a source names another end point, or
// another switch learns it. That is later than what was recalled.
func TestNewsOfARecalledMAC(t *testing.T) {
	for _, endpoint := range []model.VTEPAddress{ipOf(1), {}} { // as stored by earlier versions
		s, key := recalling(t)
		s.Recall(Move{Key: Key{network, key.mac}, Database: 1, Endpoint: endpoint, Seq: 3}, at(0))
		s.write(1, key, ipOf(1))
		s.place(key, ipOf(50), true, 0)
		s.place(key, ipOf(51), false, 1)
		s.requireLocation(source, key, at(1), "the source has said something new after the move to the port")
		s.snapshotOf(1, true, at(2))
		s.requireLocation(source, key, at(2), "the row stood before")
		s.learn(2, key, ipOf(2), at(3))
		s.requireLocation(2, key, at(3), "and that is later still")
	}
	s, key := recalling(t)
	s.write(1, key, ipOf(1))
	s.learn(2, key, ipOf(2), at(1))
	s.snapshotOf(1, true, at(2))
	s.requireLocation(2, key, at(2), "it was learned since the process began")
}

// TestLastMovesOfMACsThatAreNowhere: a MAC that had moved and that nobody has any more is not
// recalled where it was last.
func TestLastMovesOfMACsThatAreNowhere(t *testing.T) {
	s, key := placing(t)
	s.learn(1, key, ipOf(1), at(1))
	require.Len(t, s.TakeMoves(), 1)
	s.place(key, model.VTEPAddress{}, false, 2)
	require.Empty(t, s.TakeMoves(), "it is where it was")
	s.forget(1, key, at(3))
	s.pass(at(3 + DefaultLocalHold.Seconds()))
	require.Equal(t, []Move{{Key: Key{network, key.mac}}}, s.TakeMoves())
}

// TestTwoSourcesAfterRestart: of two sources that name one MAC the later one counts, also after a
// restart.
func TestTwoSourcesAfterRestart(t *testing.T) {
	other := source + 1
	said := func(s *switches, by vtep.DatabaseID, ip int, first bool, seconds float64) {
		s.Place(by, network, []model.EndpointMAC{{MAC: macOf(1), VTEPAddress: ipOf(ip)}}, first, at(seconds))
	}
	key := rowKey{network, macOf(1)}
	s := newSwitches(t, 0)
	said(s, source, 50, false, 0)
	said(s, other, 51, false, 1)
	s.requireLocation(other, key, at(1), "the later one")
	again := newSwitches(t, 0)
	for _, m := range s.TakeMoves() {
		again.Recall(Move{Key: m.Key, Database: m.Database, Seq: m.Seq}, at(0))
	}
	said(again, source, 50, true, 0)
	said(again, other, 51, true, 0)
	again.requireLocation(other, key, at(1), "nobody has said anything since")
}
