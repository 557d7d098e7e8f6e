package vtep

import (
	"fmt"
	"testing"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// BenchmarkUnbind takes the bindings of a network off one port after the other: the cost of each
// must not grow with those that stand.
func BenchmarkUnbind(b *testing.B) {
	for _, ports := range []int{10, 500} {
		b.Run(fmt.Sprint(ports), func(b *testing.B) {
			ls := ovsdb.UUID{1}
			bound, free := map[int]model.Change[string]{}, map[int]model.Change[string]{}
			for vlan := range 100 {
				bound[vlan+1], free[vlan+1] = model.Change[string]{Now: ls.String()}, model.Change[string]{Was: ls.String()}
			}
			for b.Loop() {
				t := newPhysicalTables()
				for p := range ports {
					t.rebind(ovsdb.UUID{2, byte(p), byte(p >> 8)}, bound)
				}
				for p := range ports { // the last one first
					t.rebind(ovsdb.UUID{2, byte(ports - 1 - p), byte((ports - 1 - p) >> 8)}, free)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*ports*100), "ns/binding")
		})
	}
}
