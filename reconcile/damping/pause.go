package damping

import (
	"slices"
	"time"

	"bordergw/vtep"
)

// pauses keeps plans that get nowhere from following each other without a pause,
// whatever the reason: a switch that refuses everything, or one that shows nothing of
// what it has accepted.
type pauses struct {
	plans int // since the last one that reached its end
	until time.Time
}

func (p *pauses) failed(now time.Time) time.Duration {
	p.plans = max(p.plans, freePlans)
	return p.unfinished(now, false)
}

// unfinished counts a plan. same says that the next one has operations of this one.
func (p *pauses) unfinished(now time.Time, same bool) time.Duration {
	p.plans++
	var pause time.Duration
	if n := p.plans - freePlans - 1; n >= 0 {
		pause = min(firstPause<<min(n, 10), maxPause)
	}
	if same {
		pause = max(pause, samePause)
	}
	if pause > 0 {
		p.until = now.Add(pause)
	}
	return pause
}

func (p *pauses) left(now time.Time) time.Duration { return max(0, p.until.Sub(now)) }

// Repeats reports whether an operation that was written is planned again.
func Repeats(planned, written []vtep.Op) bool {
	was := make(map[Key]*vtep.Op, len(written))
	for i := range written {
		was[KeyOf(&written[i])] = &written[i]
	}
	return slices.ContainsFunc(planned, func(op vtep.Op) bool {
		w := was[KeyOf(&op)]
		return w != nil && w.Kind == op.Kind && w.String() == op.String()
	})
}
