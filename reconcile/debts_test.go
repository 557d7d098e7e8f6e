package reconcile

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// plainDebts is what debts says by looking at everything.
func plainDebts(defs *model.Definitions, device string) (owed bool, buried []*model.Tombstone, released []*model.Released) {
	for t := range defs.Tombstones.All() {
		if slices.Contains(t.Pending, device) {
			buried = append(buried, t)
		}
	}
	for r := range defs.Released.All() {
		if r.On(device) != nil {
			released = append(released, r)
		}
	}
	_, retired := defs.Retired.Get(device)
	return retired || len(buried)+len(released) > 0, buried, released
}

// TestDebts holds what it says of definitions, newer and older ones, against a look at all of them.
func TestDebts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	versions := []*model.Definitions{model.NewDefinitions("s", 1)}
	var d debts
	devices := []string{"a", "b", "c", "d"}
	for step := range 2000 {
		defs := *versions[r.IntN(len(versions))]
		record := model.Record{ID: fmt.Sprint(r.IntN(6)), Seq: uint64(step + 1)}
		var on []string
		for _, id := range devices {
			if r.IntN(3) == 0 {
				on = append(on, id)
			}
		}
		switch r.IntN(5) {
		case 0:
			defs.Tombstones = defs.Tombstones.Without(record.ID).With(&model.Tombstone{Record: record, Pending: on})
		case 1:
			released := &model.Released{Record: record}
			for _, id := range on {
				released.Pending = append(released.Pending, model.ReleasedOn{DeviceID: id})
			}
			defs.Released = defs.Released.Without(record.ID).With(released)
		case 2:
			defs.Tombstones, defs.Released = defs.Tombstones.Without(record.ID), defs.Released.Without(record.ID)
		default:
			record.ID = devices[r.IntN(len(devices))]
			defs.Retired = defs.Retired.Without(record.ID)
			if r.IntN(2) == 0 {
				gone := &model.RetiredDevice{}
				gone.Record = record
				defs.Retired = defs.Retired.With(gone)
			}
		}
		versions = append(versions, &defs)
		want := map[string]bool{}
		for _, id := range devices {
			owed, buried, released := plainDebts(&defs, id)
			if owed {
				want[id] = true
			}
			require.Equal(t, buried, d.buried(&defs, []string{id}))
			require.Equal(t, released, d.released(&defs, id))
		}
		got := map[string]bool{}
		for _, id := range d.devices(&defs) {
			got[id] = true
		}
		require.True(t, maps.Equal(want, got), "%v %v", want, got)
	}
	require.Empty(t, d.devices(model.NewDefinitions("s", 1)))
	require.Empty(t, d.byDevice, "nothing is kept of what is confirmed")
}
