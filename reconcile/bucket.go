package reconcile

import (
	"sync"
	"time"
)

// What a switch says of itself is written to the store, which is a commit and a new View:
// a port whose fault flaps as fast as a database can write must not wear out the disk, nor
// cost others anything. Of what comes faster the last is written.
const (
	// deviceBurst changes of one device pass at once, then one in every deviceGap.
	deviceBurst = 10
	deviceGap   = time.Second
	// allBurst and allGap bound those of all devices together.
	allBurst = 200
	allGap   = 20 * time.Millisecond
	// movesGap bounds how often moves are stored.
	movesGap = time.Second
	// unregisteredBurst and unregisteredGap bound the events of switches that nobody has registered.
	unregisteredBurst = 20
	unregisteredGap   = time.Minute
	// logGap bounds how often it is logged which connections have come to be in error.
	logGap = 2 * time.Second
)

// bucket lets burst events pass at once and then one in every gap.
type bucket struct {
	burst int
	gap   time.Duration

	mu sync.Mutex
	// empty is when all that has passed would have done so at one a gap.
	empty time.Time
}

// wait is how long the next event has to wait, 0 if it may pass.
func (b *bucket) wait(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.empty.Before(now) {
		return 0
	}
	return max(0, b.empty.Sub(now)-time.Duration(b.burst-1)*b.gap)
}

// passed notes an event.
func (b *bucket) passed(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.empty.Before(now) {
		b.empty = now
	}
	b.empty = b.empty.Add(b.gap)
}
