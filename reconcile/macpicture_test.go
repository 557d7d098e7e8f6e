package reconcile

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// TestMACPictures: the changes from one picture to the next lead from the places of the one to those
// of the other, whatever happened between.
func TestMACPictures(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	defs := model.NewDefinitions("s", 1)
	for seq := range uint64(4) {
		id := string(rune('a' + seq))
		defs.Devices = defs.Devices.With(&model.GatewayDevice{Record: model.Record{ID: id, Seq: seq + 1}})
	}
	now := time.Now()
	table := mactable.New(now, time.Second, time.Minute, 0)
	type key struct {
		network string
		mac     model.MAC
	}
	known, was := map[key]model.MACPlace{}, (*macPicture)(nil)
	for range 400 {
		now = now.Add(time.Duration(rng.IntN(700)) * time.Millisecond)
		for range rng.IntN(10) {
			m := vtep.LocalMAC{LogicalSwitch: []string{"n1", "n2"}[rng.IntN(2)], MAC: model.MAC{2, 0, 0, 0, 0, byte(rng.IntN(12))}, Learning: rng.Uint64()}
			if db := 1 + rng.Uint64N(4); rng.IntN(3) > 0 {
				m.Endpoint = model.VTEPAddress{10, 0, 0, byte(db)}
				table.Update(vtep.DatabaseID(db), vtep.Locals{MACs: []vtep.LocalMAC{m}}, func(string) bool { return false }, now)
			} else {
				table.Update(vtep.DatabaseID(db), vtep.Locals{MACs: []vtep.LocalMAC{m}}, func(string) bool { return false }, now)
			}
		}
		table.Expire(now)
		is := newMACPicture(defs, macSnapshot{winners: table.Snapshot(now)})
		var before model.MACPicture
		if was != nil {
			before = was
		}
		for c := range is.Changes(before) {
			require.Equal(t, known[key{c.Network, c.MAC}], c.Was)
			require.NotEqual(t, c.Was, c.Is)
			if known[key{c.Network, c.MAC}] = c.Is; c.Is == (model.MACPlace{}) {
				delete(known, key{c.Network, c.MAC})
			}
		}
		whole := map[key]model.MACPlace{}
		for c := range is.Changes(nil) {
			whole[key{c.Network, c.MAC}] = c.Is
			require.Equal(t, c.Is, is.Place(c.Network, c.MAC))
		}
		require.Equal(t, whole, known)
		was = is
	}
}
