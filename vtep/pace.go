package vtep

import "time"

// Bounds of a transaction. Below a hundred operations the server's cost of the
// transaction itself shows; far above two hundred it grows faster than their
// number (docs/performance.md). A switch with a slow processor is given less at
// once, so that others that use its database need not wait for long.
const (
	minBatch, firstBatch, maxBatch = 25, 100, 200

	batchTooSlow = 100 * time.Millisecond
	batchFast    = 25 * time.Millisecond
)

// pace finds how many operations to send at once.
type pace struct {
	ops int
	// least is the shortest time that a transaction took: most of it is the way to
	// the switch and back, which is not shorter for fewer operations.
	least time.Duration
}

func (p *pace) size() int {
	if p.ops == 0 {
		return firstBatch
	}
	return p.ops
}

// start begins to time a transaction of n operations; what it returns ends it.
func (p *pace) start(n int) (took func()) {
	began := time.Now()
	return func() { p.took(n, time.Since(began)) }
}

func (p *pace) took(n int, d time.Duration) {
	size := p.size()
	if p.least == 0 || d < p.least {
		p.least = d
	}
	switch d -= p.least; {
	case d > batchTooSlow && n > minBatch/2:
		p.ops = max(size/2, minBatch)
	case d < batchFast && n >= size/2:
		p.ops = min(size+size/4, maxBatch)
	}
}
