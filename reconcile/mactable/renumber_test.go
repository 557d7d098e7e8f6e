package mactable

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// Two databases turn out to be one: each MAC has one candidate, none moves, and what was
// known of moves before is known still.
func TestRenumber(t *testing.T) {
	s := newSwitches(t, 3)
	mac2, mac3 := rowKey{network, macOf(2)}, rowKey{network, macOf(3)}
	s.learn(3, mac1, ipOf(3), at(1))
	s.learn(2, mac1, ipOf(2), at(2)) // a move
	s.learn(1, mac1, ipOf(2), at(3)) // reported over another way
	s.learn(2, mac2, ipOf(2), at(3))
	s.learn(1, mac3, ipOf(2), at(3))
	s.Update(2, vtep.Locals{Flood: map[string][]model.VTEPAddress{network: {ipOf(9)}}}, always(false), at(3))
	s.Recall(Move{Key: Key{network, macOf(4)}, Database: 2, Seq: 7}, at(3))
	s.TakeMoves()
	s.Disconnected(1, at(4))
	s.Renumber(2, 1)
	is := s.Snapshot(at(5)).Get(network)
	require.Len(t, is.Winners, 3)
	for _, c := range is.Winners {
		require.Equal(t, vtep.DatabaseID(1), c.Database)
	}
	require.Len(t, is.Others, 1, "the former place of the MAC that moved")
	require.Equal(t, map[vtep.DatabaseID][]model.VTEPAddress{1: {ipOf(9)}}, is.Flood)
	require.Empty(t, s.TakeMoves())
	s.pass(at(4 + DefaultHold.Seconds()))
	s.requireLocation(1, mac1, at(400), "it stands")
	s.requireLocation(1, mac2, at(400), "it stands")
	s.requireLocation(0, mac3, at(400), "the other way has not reported it")
	s.rows[1][rowKey{network, macOf(4)}] = vtep.LocalMAC{LogicalSwitch: network, MAC: macOf(4), Endpoint: ipOf(2), Learning: 99}
	s.snapshotOf(1, true, at(401))
	require.Equal(t, uint64(7), Of(s.Snapshot(at(401)).Get(network).Winners, macOf(4))[0].Seq, "recalled")
	s.Update(1, vtep.Locals{Full: true}, always(false), at(402))
	s.pass(at(500))
	require.Empty(t, Of(s.Snapshot(at(500)).Get(network).Winners, macOf(2)), "withdrawn by its new number")
}
