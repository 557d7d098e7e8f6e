package topology

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile/mactable"
)

// benchTopology has networks that each join two switches, and MACs in each that
// the first of the two has learned.
func benchTopology(switches, networks, macs int) (*topology, map[string]*mactable.Learned) {
	t := newTopology()
	var devices []*model.GatewayDevice
	for i := range switches {
		devices = append(devices, t.Device(fmt.Sprint("sw", i), ""))
	}
	learned := map[string]*mactable.Learned{}
	for i := range networks {
		net := t.Network(fmt.Sprint("n", i), model.VNI(5000+i))
		first, second := devices[i%switches], devices[(i+1)%switches]
		t.Access(net, first, second)
		for range macs {
			t.learn(net, first)
		}
		learned[net.ID] = &mactable.Learned{Winners: t.winners[net.ID]}
	}
	return t, learned
}

// BenchmarkCompile makes all of a View, and the one that follows from a MAC that
// moved.
func BenchmarkCompile(b *testing.B) {
	for _, size := range []struct{ switches, networks, macs int }{{50, 100, 100}, {50, 100, 1000}, {500, 2500, 100}} {
		t, learned := benchTopology(size.switches, size.networks, size.macs)
		name := fmt.Sprintf("%dswitches-%dnetworks-%dMACs", size.switches, size.networks, size.networks*size.macs)
		in := Input{Definitions: &t.Definitions, Learned: mactable.WinnersOf(learned)}
		b.Run("all/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				require.Len(b, Compile(in, nil).Wants(), size.switches)
			}
		})
		b.Run("one/"+name, func(b *testing.B) {
			b.ReportAllocs()
			v := Compile(in, nil)
			for i := 0; b.Loop(); i++ {
				next := in
				was := learned["n7"].Winners
				next.Learned = in.Learned.With(map[string]*mactable.Learned{"n7": {Winners: was[:len(was)-1-i%2]}})
				v = Compile(next, v)
			}
		})
	}
}
