package reconcile

import (
	"slices"
	"time"

	"bordergw/vtep"
)

const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
	// samePause gives a survey the time to find that the switch has what it does not show:
	// to insert a row again would make two.
	samePause = 2 * time.Second
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
	return d.fruitless(now, false)
}

// fruitless notes that a plan was written and that there is one more to write at once, of
// the same operations or of others. It returns how long to wait, 0 for not at all.
func (d *damper) fruitless(now time.Time, same bool) time.Duration {
	d.tries++
	var pause time.Duration
	if n := d.tries - freeTries - 1; n >= 0 {
		pause = min(firstPause<<min(n, 10), maxPause)
	}
	if same {
		pause = max(pause, samePause)
	}
	if pause > 0 {
		d.until = now.Add(pause)
	}
	return pause
}

// left is how long nothing is to be written, 0 for not at all.
func (d *damper) left(now time.Time) time.Duration { return max(0, d.until.Sub(now)) }

// over notes that a plan has come to its end.
func (d *damper) over() { *d = damper{} }

// shareOps reports whether an operation that was written is planned again.
func shareOps(planned, written []vtep.Op) bool {
	was := make(map[subject]*vtep.Op, len(written))
	for i := range written {
		was[subjectOf(&written[i])] = &written[i]
	}
	return slices.ContainsFunc(planned, func(op vtep.Op) bool {
		w := was[subjectOf(&op)]
		return w != nil && w.Kind == op.Kind && w.String() == op.String()
	})
}
