package mactable_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// TestF69_MovesToTakeAreBounded: of a storm of moves only so many wait to be taken; those
// that come after are noted.
func TestF69_MovesToTakeAreBounded(t *testing.T) {
	const many, most = 100_500, 100_000
	now := time.Unix(0, 0)
	table := mactable.New(now, mactable.DefaultLocalHold, mactable.DefaultHold, 0)
	learn := func(db vtep.DatabaseID, from, n int) {
		var rows []vtep.LocalMAC
		for i := from; i < from+n; i++ {
			rows = append(rows, vtep.LocalMAC{LogicalSwitch: "net", MAC: model.MAC{2, 0, 0, byte(i >> 16), byte(i >> 8), byte(i)},
				Endpoint: model.VTEPAddress{192, 0, 2, byte(db)}, Learning: uint64(i)})
		}
		now = now.Add(time.Second)
		table.Update(db, vtep.Locals{MACs: rows}, func(string) bool { return false }, now)
	}
	learn(1, 0, many)
	learn(2, 0, many)
	require.Equal(t, most, len(table.TakeMoves()))
	learn(1, many, 10)
	learn(2, many, 10)
	require.Equal(t, 10, len(table.TakeMoves()))
}
