package mactable

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// source is the number of an EndpointSet in the tests.
const source = vtep.DatabaseID(100)

// placing has two switches and a source that places the MAC of key at a hypervisor.
func placing(t *testing.T) (*switches, rowKey) {
	s := newSwitches(t, 2)
	s.contradict = ContradictTime
	key := rowKey{network, macOf(1)}
	s.place(key, ipOf(50), true, 0)
	s.requireLocation(source, key, at(0), "what the source says is all that is known")
	return s, key
}

func (s *switches) place(key rowKey, endpoint model.VTEPAddress, first bool, seconds float64) {
	s.Place(source, key.network, []model.EndpointMAC{{MAC: key.mac, VTEPAddress: endpoint}}, first, at(seconds))
	s.pass(at(seconds))
}

// TestPlacedMACLeavesToAPort: a virtual machine that becomes a host behind a port is found
// there, and stays found although the source still says otherwise.
func TestPlacedMACLeavesToAPort(t *testing.T) {
	s, key := placing(t)
	s.learn(1, key, ipOf(1), at(1))
	s.requireLocation(1, key, at(1), "a fresh learn is a move")
	s.pass(at(60))
	s.requireLocation(1, key, at(60), "a source does not contradict")
	s.forget(1, key, at(61))
	s.pass(at(61 + DefaultLocalHold.Seconds()))
	s.requireLocation(source, key, at(70), "the port has lost it")
}

// TestPlacedMACMoves: a source that says another end point moves the MAC, also away from
// a switch, in one step.
func TestPlacedMACMoves(t *testing.T) {
	s, key := placing(t)
	s.place(key, ipOf(51), false, 1)
	w := s.Snapshot(at(1)).Get(network).Winners
	require.Len(t, w, 1)
	require.Equal(t, ipOf(51), w[0].Endpoint)
	require.Equal(t, Remote, w[0].Source)
	s.learn(1, key, ipOf(1), at(2))
	s.place(key, ipOf(52), false, 3)
	s.requireLocation(source, key, at(3), "the source has news")
	require.Equal(t, ipOf(52), s.Snapshot(at(3)).Get(network).Winners[0].Endpoint)
	s.pass(at(14))
	s.requireLocation(1, key, at(14), "the row of the switch still stands")
}

// TestPlacedMACIsWithdrawn: at once, for the source knows.
func TestPlacedMACIsWithdrawn(t *testing.T) {
	s, key := placing(t)
	s.place(key, model.VTEPAddress{}, false, 1)
	s.requireLocation(0, key, at(1), "the source has taken it away")
	s.place(key, ipOf(50), false, 2)
	s.requireLocation(source, key, at(2), "and given again")
	s.RetainDatabases(map[vtep.DatabaseID]bool{1: true, 2: true})
	s.requireLocation(0, key, at(3), "the source itself is gone")
}

// TestPlacedAfterRestart: of two locations from before the process the later one counts, and
// where nobody knows that, the source does.
func TestPlacedAfterRestart(t *testing.T) {
	for _, c := range []struct {
		name   string
		recall vtep.DatabaseID
		want   vtep.DatabaseID
	}{
		{"nobody knows", 0, source},
		{"it went to the switch", 1, 1},
		{"it went to the hypervisor", source, source},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSwitches(t, 2)
			key := rowKey{network, macOf(1)}
			if c.recall != 0 {
				s.Recall(Move{Key: Key{network, key.mac}, Database: c.recall, Seq: 3}, at(0))
			}
			s.place(key, ipOf(50), true, 1)
			s.write(1, key, ipOf(1))
			s.snapshotOf(1, true, at(2))
			s.requireLocation(c.want, key, at(2), c.name)
		})
	}
}

// TestPlacedMACOfASwitchThatIsAway: a host has left for a port, and the switch can not be reached
// for longer than the hold: the source is believed again.
func TestPlacedMACOfASwitchThatIsAway(t *testing.T) {
	s, key := placing(t)
	s.learn(1, key, ipOf(1), at(1))
	s.Disconnected(1, at(10))
	s.pass(at(9 + DefaultHold.Seconds()))
	s.requireLocation(1, key, at(9+DefaultHold.Seconds()), "it is held")
	s.pass(at(11 + DefaultHold.Seconds()))
	s.requireLocation(source, key, at(400), "that is all that is known")
}
