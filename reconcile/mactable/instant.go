package mactable

import "time"

// Instant is a time in nanoseconds after the Table's epoch. It has a third of the size
// of a time.Time: each of a million MACs keeps several. 0 is no time.
type Instant int64

// add returns the Instant that is later by d.
func (i Instant) add(d time.Duration) Instant { return i + Instant(d) }

// since returns the time from o to i.
func (i Instant) since(o Instant) time.Duration { return time.Duration(i - o) }

// sooner returns the earlier of two Instants, of which 0 is never.
func sooner(a, b Instant) Instant {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
