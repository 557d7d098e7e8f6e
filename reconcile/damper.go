package reconcile

import "time"

const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
	// freeTries may follow each other at once: what comes of a plan may need another one.
	freeTries = 2
)

// damper keeps plans that get nowhere from following each other without a pause,
// whatever the reason is: a switch that refuses all, or one that shows nothing of what it
// has accepted. Single operations have holds and repairs.
type damper struct {
	tries int
	until time.Time
}

// failed notes that a plan could not be written at all, and returns how long to wait.
func (d *damper) failed(now time.Time) time.Duration {
	d.tries = max(d.tries, freeTries)
	return d.fruitless(now)
}

// fruitless notes that a plan was written and is to be written again, and returns how
// long to wait, 0 for not at all.
func (d *damper) fruitless(now time.Time) time.Duration {
	d.tries++
	n := d.tries - freeTries - 1
	if n < 0 {
		return 0
	}
	pause := min(firstPause<<min(n, 10), maxPause)
	d.until = now.Add(pause)
	return pause
}

// left is how long nothing is to be written, 0 for not at all.
func (d *damper) left(now time.Time) time.Duration { return max(0, d.until.Sub(now)) }

// over notes that a plan has come to its end.
func (d *damper) over() { *d = damper{} }
