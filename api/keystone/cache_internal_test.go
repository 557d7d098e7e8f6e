package keystone

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCacheIsBounded(t *testing.T) {
	c := newCache(3)
	later, before := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	c.put(digest{0}, entry{expires: before})
	for n := range byte(9) {
		c.put(digest{1, n}, entry{expires: later})
		require.LessOrEqual(t, len(c.byToken), 3)
	}
	_, ok := c.get(digest{1, 8})
	require.True(t, ok)
	_, ok = c.get(digest{0})
	require.False(t, ok, "what has expired goes first")
	c.put(digest{2}, entry{expires: before})
	_, ok = c.get(digest{2})
	require.False(t, ok)
	c.forget(digest{1, 8})
	_, ok = c.get(digest{1, 8})
	require.False(t, ok)
}
