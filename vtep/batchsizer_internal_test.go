package vtep

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// batchSizeOf is the size that a batchSizer settles at for a switch.
func batchSizeOf(way, each time.Duration) int {
	p := &batchSizer{}
	p.observe(0, way)
	for range 20 {
		n := p.size()
		p.observe(n, way+time.Duration(n)*each)
	}
	return p.size()
}

func TestBatchSizer(t *testing.T) {
	for name, test := range map[string]struct {
		way, each time.Duration
		want      int
	}{
		"beside us":                     {100 * time.Microsecond, 25 * time.Microsecond, firstBatch},
		"in the next building":          {400 * time.Microsecond, 25 * time.Microsecond, 160},
		"far away":                      {120 * time.Millisecond, 50 * time.Microsecond, maxBatch},
		"slow":                          {100 * time.Microsecond, 3 * time.Millisecond, 33},
		"far away and slow":             {120 * time.Millisecond, time.Millisecond, 100},
		"hardly able to do its work":    {time.Millisecond, time.Second, minBatch},
		"faster than the clock can see": {0, 0, firstBatch},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, batchSizeOf(test.way, test.each)) })
	}
}

// A switch whose processor has much else to do is not slow: smaller transactions
// would only add to it.
func TestBatchSizerUnderLoad(t *testing.T) {
	p := &batchSizer{}
	p.observe(0, time.Millisecond)
	for i := range 40 {
		n := p.size()
		d := time.Millisecond + time.Duration(n)*25*time.Microsecond
		if i%8 != 0 {
			d += 500 * time.Millisecond
		}
		p.observe(n, d)
		require.GreaterOrEqual(t, p.size(), firstBatch)
	}
}

// One slow call does not inflate the round-trip time for long.
func TestBatchSizerCorrectsRoundTrip(t *testing.T) {
	p := &batchSizer{}
	p.observe(0, time.Second)
	for range 20 {
		n := p.size()
		p.observe(n, 200*time.Microsecond+time.Duration(n)*25*time.Microsecond)
	}
	require.Equal(t, firstBatch, p.size())
}

// Small calls show that the round trip has become longer.
func TestBatchSizerAdaptsToRoundTrip(t *testing.T) {
	p := &batchSizer{}
	p.observe(0, 200*time.Microsecond)
	for range 40 {
		p.observe(1, 50*time.Millisecond)
	}
	for range 20 {
		n := p.size()
		p.observe(n, 50*time.Millisecond+time.Duration(n)*25*time.Microsecond)
	}
	require.Equal(t, maxBatch, p.size())
}

// Large calls alone do not show how long the round trip is.
func TestBatchSizerWithoutSmallCalls(t *testing.T) {
	p := &batchSizer{}
	for range 20 {
		n := p.size()
		p.observe(n, 100*time.Microsecond+time.Duration(n)*25*time.Microsecond)
	}
	require.Equal(t, firstBatch, p.size())
}
