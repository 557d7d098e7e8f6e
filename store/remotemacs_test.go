package store

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// weighed counts the bytes of the records that it is given to keep.
type weighed struct {
	backend
	bytes int
}

func (w *weighed) commit(revision uint64, changes []change) error {
	for _, c := range changes {
		record, err := json.Marshal(c.record)
		if err != nil {
			return err
		}
		w.bytes += len(c.id) + len(record)
	}
	return w.backend.commit(revision, changes)
}

func macNumber(i int) model.RemoteMACEntry {
	return model.RemoteMACEntry{MAC: model.MAC{2, 0, 0, byte(i >> 16), byte(i >> 8), byte(i)},
		VTEPAddress: model.VTEPAddress{192, 0, 2, byte(i % 16)}, SegmentationID: model.VNI(7000 + i%50)}
}

// standingMACs opens a store with a device that has n remote MACs.
func standingMACs(t testing.TB, n int) (*Store, string) {
	s, err := Open(filepath.Join(t.TempDir(), "store.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	gd, err := s.CreateGatewayDevice(t.Context(), model.GatewayDevice{ManagementIP: "192.0.2.1", ManagementPort: 6640})
	require.NoError(t, err)
	all := make([]model.RemoteMACEntry, n)
	for i := range all {
		all[i] = macNumber(i)
	}
	_, err = s.CreateRemoteMACs(t.Context(), gd.ID, all)
	require.NoError(t, err)
	return s, gd.ID
}

// macCost is what adding and removing one MAC of a device writes and allocates, with
// its record in the audit, beside n that stand.
func macCost(t *testing.T, n int) (written, allocated uint64) {
	s, device := standingMACs(t, n)
	w := &weighed{backend: s.queue.backend}
	s.queue.backend = w
	ctx := model.WithActor(t.Context(), model.Actor{User: "u"})
	const times = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range times {
		e, err := s.CreateRemoteMAC(ctx, device, macNumber(n+i))
		require.NoError(t, err)
		require.NoError(t, s.DeleteRemoteMAC(ctx, device, e.ID))
	}
	runtime.ReadMemStats(&after)
	return uint64(w.bytes / times), (after.TotalAlloc - before.TotalAlloc) / times
}

// TestF93_RemoteMACCostsWhatChanges: with 50,000 standing, one more costs what it costs with
// 100. Counted are bytes, which do not depend on what else the machine does.
func TestF93_RemoteMACCostsWhatChanges(t *testing.T) {
	fewWritten, fewAllocated := macCost(t, 100)
	manyWritten, manyAllocated := macCost(t, 50_000)
	t.Logf("with 100, 50,000 standing: written %d, %d bytes; allocated %d, %d bytes", fewWritten, manyWritten, fewAllocated, manyAllocated)
	require.Less(t, manyWritten, fewWritten+fewWritten/10)
	require.Less(t, manyAllocated, 2*fewAllocated)
}

// BenchmarkRemoteMAC adds one MAC and removes it, by how many stand.
func BenchmarkRemoteMAC(b *testing.B) {
	for _, n := range []int{100, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, device := standingMACs(b, n)
			b.ReportAllocs()
			for b.Loop() {
				e, err := s.CreateRemoteMAC(b.Context(), device, macNumber(n))
				require.NoError(b, err)
				require.NoError(b, s.DeleteRemoteMAC(b.Context(), device, e.ID))
			}
		})
	}
}

// TestF93_CommitInOrder: records are put in the order of the file, each once and as it is in the
// end: in any other order a commit of many is quadratic.
func TestF93_CommitInOrder(t *testing.T) {
	put := func(table, id, record string) change { return change{table: table, id: id, record: record} }
	gone := func(table, id string) change { return change{table: table, id: id} }
	require.Equal(t, []change{gone("a", "1"), put("a", "2", "second"), put("b", "1", "again"), put("b", "3", "x")},
		inOrder([]change{put("b", "3", "x"), put("b", "1", "x"), put("a", "2", "first"), gone("b", "1"), put("a", "1", "x"),
			put("a", "2", "second"), gone("a", "1"), put("b", "1", "again")}))
	require.Empty(t, inOrder(nil))
}
