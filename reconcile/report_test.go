package reconcile

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/vtep"
)

// TestAReportSpeaksForAllNetworks: whenever MACs are reported anew, all are that have not been
// reported of a network that there is, as it is defined: the switch counts from then on as one
// that has reported them. Nothing is kept of networks that are gone.
func TestAReportSpeaksForAllNetworks(t *testing.T) {
	for seed := range uint64(50) {
		top, rnd := modeltest.New(), rand.New(rand.NewPCG(seed, 1))
		var r networkReports
		r.begin(vtep.Anew{All: true}, &top.Definitions)
		reported := map[string]uint64{} // by network, which of that id
		carried := vtep.Segments{}
		for range 200 {
			id := fmt.Sprint("n", rnd.IntN(8))
			_, stands := top.Networks.Get(id)
			is := carried
			switch n := rnd.IntN(4); {
			case n == 0 && !stands:
				top.Networks = top.Networks.With(&model.Network{Record: top.Record(id)})
			case n == 1 && stands:
				top.Networks = top.Networks.Without(id)
				is = carried.Without(id, id+vtep.BorderSuffix)
			case n == 2 && stands:
				is = carried.With(&vtep.Segment{Name: id})
			case n == 3 && stands:
				is = carried.With(&vtep.Segment{Name: id + vtep.BorderSuffix})
			}
			r.note(carried, is)
			carried = is
			anew, some := r.anew(&top.Definitions)
			if !some {
				continue
			}
			r.begin(anew, &top.Definitions)
			for _, id := range anew.Names {
				n, ok := top.Networks.Get(id)
				require.True(t, ok)
				r.complete[id], reported[id] = n, n.Seq
			}
			require.LessOrEqual(t, len(r.complete), 8)
			for n := range top.Networks.All() {
				require.Equal(t, n.Seq, reported[n.ID], "seed %d", seed)
			}
			for id := range r.complete {
				_, stands := top.Networks.Get(id)
				require.True(t, stands, "seed %d: %s", seed, id)
			}
		}
	}
}
