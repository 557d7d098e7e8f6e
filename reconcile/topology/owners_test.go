package topology

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// TestOwnersTellWhatChanged: a name that owners class otherwise than others did is one of those
// that they tell, and few others are.
func TestOwnersTellWhatChanged(t *testing.T) {
	top := newTopology()
	a, b := top.Device("a", ""), top.Device("b", "")
	r := rand.New(rand.NewPCG(1, 1))
	var names []string
	key := 5
	for i := range 40 {
		names = append(names, fmt.Sprint("n", i), fmt.Sprint("n", i)+vtep.BorderSuffix)
	}
	is := func() *owners { return &owners{top.Networks, top.Tombstones, top.Holdings, []*model.GatewayDevice{a}} }
	changed := 0
	for range 500 {
		was := is()
		for range r.IntN(3) {
			id := fmt.Sprint("n", r.IntN(40))
			switch r.IntN(6) {
			case 4:
				top.Holdings = top.Holdings.With(&model.Holding{DeviceID: []string{a.ID, b.ID}[r.IntN(2)], Name: id, VNIs: []model.VNI{model.VNI(4 + r.IntN(2))}})
			case 5:
				top.Holdings = top.Holdings.Without(&model.Holding{DeviceID: a.ID, Name: id})
			case 0:
				top.Networks = top.Networks.With(&model.Network{Record: top.Record(id)})
			case 1:
				top.Networks = top.Networks.Without(id)
			case 2:
				top.Tombstones = top.Tombstones.With(&model.Tombstone{Record: top.Record(id), VNI: 5, Pending: []string{[]string{a.ID, b.ID}[r.IntN(2)]}})
			default:
				top.Tombstones = top.Tombstones.Without(id)
			}
		}
		told, known := is().Since(was)
		require.True(t, known)
		said := slices.Collect(told)
		require.LessOrEqual(t, len(said), 6)
		for _, name := range names {
			if is().Of(name, &key) != was.Of(name, &key) {
				changed++
				require.Contains(t, said, name)
			}
		}
	}
	require.Greater(t, changed, 200)
	other := &owners{top.Networks, top.Tombstones, top.Holdings, []*model.GatewayDevice{b}}
	_, known := other.Since(is())
	require.False(t, known, "of another database")
}
