package main

import (
	"runtime/metrics"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 200, 10 << 20: 200, 64 << 20: 200, 96 << 20: 133, 128 << 20: 100, 1 << 40: 100} {
		require.Equal(t, want, gcPercent(live), live)
	}
	sample := []metrics.Sample{{Name: liveHeap}}
	metrics.Read(sample)
	require.Equal(t, metrics.KindUint64, sample[0].Value.Kind(), "the runtime knows the metric")
}
