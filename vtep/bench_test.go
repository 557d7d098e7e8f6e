package vtep_test

import (
	"fmt"
	"runtime"
	"testing"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

const (
	benchRows     = 100_000
	benchSegments = 100
	benchLocators = 50
)

// benchWant has rows in benchSegments, behind benchLocators.
func benchWant(rows int) *vtep.Want {
	w := &vtep.Want{Self: 1, Mark: "us", Owners: everyName(vtep.Managed)}
	for i := range benchSegments {
		w.Segments = w.Segments.With(benchSegment(i, rows/benchSegments))
	}
	return w
}

func benchSegment(i, rows int) *vtep.Segment {
	seg := &vtep.Segment{Name: fmt.Sprintf("net-%03d", i), TunnelKey: model.VNI(100 + i)}
	for j := range rows {
		at := vtep.Locator{Addr: model.VTEPAddress{192, 0, 2, byte(1 + j%benchLocators)}}
		seg.MACs = append(seg.MACs, vtep.MACEntry{MAC: model.MAC{2, 0, byte(i >> 8), byte(i), byte(j >> 8), byte(j)}, Locator: at, Location: 2})
	}
	return seg
}

// benchServer is a real server whose database holds a Want.
func benchServer(b *testing.B, want *vtep.Want) *ovsdbtest.Server {
	server := seed(b, "1.7.0", "switch sw1 10.0.0.1")
	s := open(b, server, nil)
	require.Empty(b, applied(b, s, s.Plan(want, vtep.Whole).Ops))
	return server
}

// movedOnce is a Want of which one MAC of one segment is elsewhere.
func movedOnce(w *vtep.Want, n int) *vtep.Want {
	next, i := *w, n%w.Segments.Len()
	was := w.Segment(benchSegment(i, 0).Name)
	seg := benchSegment(i, len(was.MACs))
	copy(seg.MACs, was.MACs)
	at := &seg.MACs[n%len(seg.MACs)].Locator.Addr
	at[3] = 1 + at[3]%benchLocators
	seg.LogDelta(was)
	next.Segments = w.Segments.With(seg)
	return &next
}

// BenchmarkSnapshot reads a database of 100,000 remote MACs, and gives the heap
// that the session then has.
func BenchmarkSnapshot(b *testing.B) {
	server := benchServer(b, benchWant(benchRows))
	var before, after runtime.MemStats
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&before)
		b.StartTimer()
		s := open(b, server, nil)
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		require.Equal(b, benchRows, s.Facts().Counts.RemoteMACs)
		s.Close()
		<-s.Done()
		b.StartTimer()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-heap")
}

// BenchmarkDiff is a plan that finds nothing to do among 100,000 MACs: the
// periodic pass.
func BenchmarkDiff(b *testing.B) {
	want := benchWant(benchRows)
	s := open(b, benchServer(b, want), nil)
	b.ReportAllocs()
	for b.Loop() {
		require.True(b, s.Plan(want, vtep.Whole).Empty())
	}
}

// BenchmarkStep finds the one MAC of a segment of 1,000, and of 100,000 in all,
// that has moved. Finding it once serves all databases and is not counted.
func BenchmarkStep(b *testing.B) {
	want := benchWant(benchRows)
	s := open(b, benchServer(b, want), nil)
	synced := s.Plan(want, vtep.Whole)
	require.True(b, synced.Empty())
	_, err := s.Apply(b.Context(), synced)
	require.NoError(b, err)
	next := movedOnce(want, 7)
	b.ReportAllocs()
	for b.Loop() {
		require.Len(b, s.Plan(next, vtep.Incremental).Ops, 1)
	}
}

// BenchmarkLogDelta finds what differs between two segments of 1,000 MACs.
func BenchmarkLogDelta(b *testing.B) {
	want := benchWant(benchRows)
	was, now := want.Segment("net-007"), movedOnce(want, 7).Segment("net-007")
	b.ReportAllocs()
	for b.Loop() {
		now.LogDelta(was)
	}
}

// BenchmarkRemoteRow is one row of a snapshot, from its JSON to the State.
func BenchmarkRemoteRow(b *testing.B) {
	row := fmt.Appendf(nil, `{"MAC":"02:00:00:00:00:01","ipaddr":"","locator":["uuid","%s"],"logical_switch":["uuid","%s"]}`, ovsdb.UUID{1}, ovsdb.UUID{2})
	b.ReportAllocs()
	state, n := vtep.NewState(capsOf(b, "1.7.0")), uint32(0)
	for b.Loop() {
		n = (n + 1) % benchRows
		id := ovsdb.UUID{byte(n), byte(n >> 8), byte(n >> 16)}
		row[9], row[10] = "0123456789abcdef"[n>>4&15], "0123456789abcdef"[n&15]
		require.NoError(b, state.Update(ovsdb.RowUpdate{Table: "Ucast_Macs_Remote", UUID: id, Row: row}))
	}
}
