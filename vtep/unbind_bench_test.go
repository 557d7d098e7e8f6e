package vtep

import (
	"fmt"
	"testing"

	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// BenchmarkUnbind takes the bindings of a network off one port after the other: the cost of each
// must not grow with those that stand.
func BenchmarkUnbind(b *testing.B) {
	for _, ports := range []int{10, 500} {
		b.Run(fmt.Sprint(ports), func(b *testing.B) {
			ls := ovsdb.UUID{1}
			bound := &hwvtep.PhysicalPort{VLANBindings: map[int]string{}}
			for vlan := range 100 {
				bound.VLANBindings[vlan+1] = ls.String()
			}
			for b.Loop() {
				t := newPhysicalTables()
				for p := range ports {
					t.rebind(ovsdb.UUID{2, byte(p), byte(p >> 8)}, nil, bound)
				}
				for p := range ports { // the last one first
					t.rebind(ovsdb.UUID{2, byte(ports - 1 - p), byte((ports - 1 - p) >> 8)}, bound, nil)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*ports*100), "ns/binding")
		})
	}
}
