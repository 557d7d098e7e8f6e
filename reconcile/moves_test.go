package reconcile

import (
	"context"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// movesStore counts what it is given of moves.
type movesStore struct {
	Store
	defs  model.Definitions
	moves [][]model.MACMove
}

func (s *movesStore) Definitions() *model.Definitions { return &s.defs }

func (s *movesStore) RecordMoves(_ context.Context, list []model.MACMove) error {
	s.moves = append(s.moves, list)
	return nil
}

// TestMovesAreStoredAtABoundedRate: many MACs that move one after the other cost a
// commit a second, and none is lost when the process ends.
func TestMovesAreStoredAtABoundedRate(t *testing.T) {
	macs := mactable.New(at(0), mactable.DefaultLocalHold, mactable.DefaultHold, 0)
	topo := modeltest.New()
	topo.Device("one", "")
	topo.Device("two", "")
	st := &movesStore{defs: topo.Definitions}
	k := moveKeeper{store: st, macs: newMACReports(macs, nil), log: logrus.New()}
	move := func(n int, seconds float64) {
		for db := 1; db <= 2; db++ {
			row := vtep.LocalMAC{LogicalSwitch: network, MAC: modeltest.MAC(n), Endpoint: modeltest.IP(db), Learning: uint64(2*n + db)}
			macs.Update(vtep.DatabaseID(db), vtep.Locals{MACs: []vtep.LocalMAC{row}}, func(string) bool { return false }, at(seconds))
		}
	}
	for n := range 100 {
		now := 1 + float64(n)/50
		move(n, now)
		due := k.keep(t.Context(), &st.defs, at(now))
		if len(st.moves) > 0 && len(st.moves[len(st.moves)-1]) > 0 && !due.IsZero() {
			require.Equal(t, k.stored.Add(movesGap), due)
		}
	}
	require.Len(t, st.moves, 2, "at once, and a second later")
	require.Len(t, st.moves[0], 1)
	require.Len(t, st.moves[1], 50)
	k.keepLast()
	require.Len(t, st.moves[2], 49, "what had to wait")
}
