package reconcile

import "time"

// moment is a time.Time in a third of the space, of which there are several for each
// of a million stations: nanoseconds after the process began, by the clock that does
// not jump. 0 is no time.
type moment int64

var began = time.Now()

func momentOf(t time.Time) moment {
	if t.IsZero() {
		return 0
	}
	if d := t.Sub(began); d != 0 {
		return moment(d)
	}
	return 1
}

func (m moment) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return began.Add(time.Duration(m))
}
