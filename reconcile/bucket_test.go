package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBucket(t *testing.T) {
	b := bucket{burst: 3, gap: time.Second}
	for range 3 {
		require.Zero(t, b.wait(at(0)), "a burst passes at once")
		b.passed(at(0))
	}
	require.Equal(t, time.Second, b.wait(at(0)))
	require.Equal(t, 250*time.Millisecond, b.wait(at(0.75)))
	require.Zero(t, b.wait(at(1)))
	b.passed(at(1))
	require.Equal(t, time.Second, b.wait(at(1)), "one a gap")
	for range 3 {
		require.Zero(t, b.wait(at(100)), "full again")
		b.passed(at(100))
	}
	require.NotZero(t, b.wait(at(100)), "and no fuller than that")
}
