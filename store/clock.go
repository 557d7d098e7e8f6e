package store

import "time"

// opened is when the store was opened: by the wall clock, and by the one that shows
// what time has passed since.
type opened struct{ wall, at time.Time }

// instant is the present by the wall clock as it would be without the jumps since the
// store was opened. Quarantines and retention are measured by it.
type instant struct{ steady, opened time.Time }

func (o opened) instant() instant {
	return instant{steady: wall(o.wall.Add(time.Since(o.at))), opened: wall(o.wall)}
}

// since is when a period began that is said to begin at a time. A time in the future
// comes from a clock that was ahead: such a period began when the store was opened.
func (i instant) since(at time.Time) time.Time {
	if at.After(i.steady) {
		return i.opened
	}
	return at
}

// wall gives a time the form in which it comes back from the file.
func wall(at time.Time) time.Time { return at.UTC().Round(0) }
