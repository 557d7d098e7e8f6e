package reconcile

import (
	"context"
	"sync"
	"time"
)

// timers are what Run waits for besides notices.
type timers struct {
	settled, due, stamp, turn *time.Timer
	calm                      bool // settled has fired
	stamping                  bool // stamp runs
	// last is when the last View was made, gap how long after it the next one that
	// follows from what switches say may be.
	last time.Time
	gap  time.Duration
}

func newTimers(settle time.Duration) *timers {
	return &timers{
		settled: time.NewTimer(settle), due: time.NewTimer(time.Hour), stamp: time.NewTimer(time.Hour), turn: time.NewTimer(time.Hour),
	}
}

func (t *timers) stop() {
	t.turn.Stop()
	t.settled.Stop()
	t.due.Stop()
	t.stamp.Stop()
}

// built notes that a View was built, and when time alone asks for the next.
func (t *timers) built(began, next time.Time) {
	t.last = time.Now()
	t.gap = min(burstShare*t.last.Sub(began), burstGap)
	if !next.IsZero() {
		t.due.Reset(max(time.Until(next), burstGap))
	}
}

// at sets when deleted devices are looked at again; zero for not by time alone.
func (t *timers) at(turn time.Time) {
	if !turn.IsZero() {
		t.turn.Reset(time.Until(turn))
	}
}

// await returns when a View has to be built anew; false at the end.
func (l *Loop) await(ctx context.Context, running *sync.WaitGroup, changes <-chan struct{}, t *timers) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-l.alive:
		case <-changes:
			return true
		case <-t.due.C:
			return true
		case <-t.turn.C:
			t.at(l.workers.takeTurns(ctx, running))
		case <-l.workers.turns.ended:
			t.at(l.workers.takeTurns(ctx, running))
		case <-l.kick:
			// The edge of a burst passes at once.
			wait := t.gap - time.Since(t.last)
			if wait <= 0 {
				return true
			}
			t.due.Reset(wait)
		case <-t.settled.C:
			t.calm = true
			l.settled.Store(true)
			l.events.Settled()
			l.log.Info("settled: what nothing explains is removed from now on")
			return true
		case <-l.stamp:
			if !t.stamping { // a steady stream of notices is not to put it off
				t.stamping = true
				t.stamp.Reset(stampGap)
			}
		case <-t.stamp.C:
			t.stamping = false
			l.recorder.record(l.view.Load())
		}
	}
}

// Alive returns nil as soon as Run looks for something to do, which a Run that is stuck never does. It fails
// when ctx ends before.
func (l *Loop) Alive(ctx context.Context) error {
	select {
	case l.alive <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
