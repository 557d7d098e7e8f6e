package ovsdb

import (
	"sync/atomic"
	"time"
)

// activity is when the peer last sent something. Times are since the session began, so
// that no setting of a clock changes them, and only grow. The reader writes them, anybody
// may read them.
type activity struct {
	born     time.Time
	received atomic.Int64 // the last byte
	progress atomic.Int64 // the last thing that was no echo
}

func (a *activity) age() int64 { return int64(time.Since(a.born)) }

// silence is how long the peer has sent nothing at all.
func (a *activity) silence() time.Duration { return time.Duration(a.age() - a.received.Load()) }

func (a *activity) lastReceived() time.Time {
	return a.born.Add(time.Duration(a.received.Load()))
}

// progressed notes that the peer sends something useful.
func (a *activity) progressed() { a.progress.Store(a.age()) }

// left is how long a call that began at start may still wait: for most after the last
// progress, unless the call has a limit of its own.
func (a *activity) left(cl *call, start time.Time, most time.Duration) time.Duration {
	if cl.total > 0 {
		return time.Until(start.Add(cl.total))
	}
	if last := a.born.Add(time.Duration(a.progress.Load())); last.After(start) {
		start = last
	}
	return time.Until(start.Add(most))
}
