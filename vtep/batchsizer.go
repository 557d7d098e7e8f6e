package vtep

import "time"

// Bounds of a transaction, in operations. What one of them costs the server grows
// with their number from about a hundred on (docs/performance.md), so that there are
// more only for a switch that is far away.
const (
	minBatch, firstBatch, maxBatch = 25, 100, 200

	// wayShare: a transaction is meant to take ten times as long as the way to the
	// switch and back, in which the switch waits for the next one.
	wayShare = 10
	// batchTooSlow is for a switch with a slow processor: others that use its
	// database need not wait longer than that.
	batchTooSlow = 100 * time.Millisecond

	// forget: with each transaction the fastest one counts less by one part in so many.
	forget = 16
)

// batchSizer finds how many operations to send in one transaction.
type batchSizer struct {
	// way is about what a small call takes to come back, and no longer than the
	// shortest large one.
	way time.Duration
	// each is what an operation takes beyond that, of the fastest of the last few
	// transactions; 0 if it is not known. The others may have waited for a processor
	// that had other things to do: smaller ones would give it more of them.
	each time.Duration
}

func (b *batchSizer) size() int {
	if b.each <= 0 {
		return firstBatch
	}
	n := max(firstBatch, min(int(wayShare*b.way/b.each), maxBatch))
	return max(minBatch, min(n, int(batchTooSlow/b.each)))
}

// observe records how long a transaction of n operations took, or another call if n is
// 0.
func (b *batchSizer) observe(n int, d time.Duration) {
	small := n < minBatch/2
	switch {
	case b.way == 0 && !small:
		return // it says nothing of the way
	case b.way == 0 || d < b.way:
		b.way = d
	case small:
		b.way += (d - b.way) / 4 // the switch may be farther away than it was
	}
	if small {
		return // too few to show what each takes
	}
	each := (d - b.way) / time.Duration(n)
	if b.each > 0 {
		each = min(each, b.each+b.each/forget)
	}
	b.each = each
}
