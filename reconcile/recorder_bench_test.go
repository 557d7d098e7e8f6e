package reconcile

import (
	"fmt"
	"testing"

	"bordergw/model"
)

// standingSite is a Loop that is not run, of two switches that hold many connections.
func standingSite(b *testing.B, connections int) *recorded {
	s := newRecorded(b, 1)
	one, two := s.top.Device("one", ""), s.top.Device("two", "")
	for i := range connections {
		s.top.Access(s.top.Network(fmt.Sprint("net", i), model.VNI(5000+i)), one, two)
	}
	s.define()
	s.written()
	s.recorder.record(s.view.Load())
	return s
}

// BenchmarkRecord records one more connection, as it is defined and as it stands, beside others.
func BenchmarkRecord(b *testing.B) {
	for _, standing := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprint(standing), func(b *testing.B) {
			s := standingSite(b, standing)
			for n := 0; b.Loop(); n++ {
				b.StopTimer()
				s.top.Access(s.top.Network(fmt.Sprint("more", n), model.VNI(100_000+n)), s.workers.byName()[0].device.Load())
				s.define()
				s.compile(nil, false)
				b.StartTimer()
				s.recorder.record(s.view.Load())
				b.StopTimer()
				s.written()
				b.StartTimer()
				s.recorder.record(s.view.Load())
			}
		})
	}
}

// BenchmarkConnectionStatus asks for the status of each of many connections.
func BenchmarkConnectionStatus(b *testing.B) {
	for _, standing := range []int{100, 10_000} {
		b.Run(fmt.Sprint(standing), func(b *testing.B) {
			s := standingSite(b, standing)
			b.ReportAllocs()
			for b.Loop() {
				for c := range s.store.defs.Connections.All() {
					s.ConnectionStatus(c.ID)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(standing), "ns/connection")
		})
	}
}
