package mactable

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A host that leaves a switch and is back before that switch has missed it
// leaves no new row: the old one goes on standing, although the switch has been
// reported that the host is elsewhere.
func TestStandingRowIsBelievedInTheEnd(t *testing.T) {
	s := newSwitches(t, 2)
	s.contradict = ContradictTime
	s.learn(1, mac1, ipOf(1), at(1))
	s.learn(2, mac1, ipOf(2), at(2))
	require.Equal(t, at(12), s.pass(at(6)), "that is when the row of the first switch counts")
	s.requireLocation(2, mac1, at(11.9), "until then the later one")
	s.pass(at(12))
	s.requireLocation(1, mac1, at(12), "a switch that has been reported and has it all the same")

	s.forget(1, mac1, at(13))
	s.pass(at(17))
	s.requireLocation(2, mac1, at(17), "it was wrong: it forgets the host, and the other has it again")
	require.Zero(t, s.pass(at(40)), "one row alone contradicts nothing")
}

func TestTwoStandingRowsFreeze(t *testing.T) {
	s := newSwitches(t, 2)
	s.contradict = ContradictTime
	s.learn(1, mac1, ipOf(1), at(1))
	s.learn(2, mac1, ipOf(2), at(2))
	now := at(2)
	for next := s.pass(now); !s.frozenAt(mac1, now); next = s.pass(now) {
		require.False(t, next.IsZero() || next.After(at(70)), "two places at once are a duplicate MAC")
		now = next
	}
}

func TestPairWithOneAddressDoesNotContradict(t *testing.T) {
	s := newSwitches(t, 2)
	s.contradict = ContradictTime
	s.learn(1, mac1, ipOf(1), at(1))
	s.learn(2, mac1, ipOf(1), at(2))
	require.Zero(t, s.pass(at(60)))
	require.False(t, s.frozenAt(mac1, at(60)))
}
