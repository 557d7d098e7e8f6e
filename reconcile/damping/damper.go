package damping

import (
	"slices"
	"time"

	"bordergw/vtep"
)

// Damper decides what of the plans for one switch is sent, and when. Its zero value is
// ready for a new session: one that begins writes everything anew. It is not safe for
// concurrent use.
type Damper struct {
	retries retries
	repeats repeats
	pauses  pauses
}

// Filter takes out of a plan what has to wait, together with what needs a logical
// switch that has to wait. It returns when the next operation is due, 0 if none waits.
func (d *Damper) Filter(ops []vtep.Op, now time.Time) (due []vtep.Op, wait time.Duration) {
	due, wait = d.retries.filter(ops, now)
	return d.repeats.filter(due, wait, now)
}

// Pause returns how long nothing at all may be written, 0 if it may.
func (d *Damper) Pause(now time.Time) time.Duration { return d.pauses.left(now) }

// Wrote notes operations that were sent and those of them that the switch refused. It
// returns when the next one that is held back is due, or wait if that is sooner.
func (d *Damper) Wrote(ops []vtep.Op, rejected []vtep.Rejection, wait time.Duration, now time.Time) time.Duration {
	d.repeats.written(ops, rejected, now)
	return d.retries.refused(rejected, wait, now)
}

// Problems lists what the switch refuses and what an external writer undoes.
func (d *Damper) Problems() []vtep.Problem {
	return slices.Concat(d.retries.problems(), d.repeats.problems())
}

// Unfinished notes that a plan was written and another one is needed at once, for the
// operations in rest. It returns how long to wait before it, 0 for not at all.
func (d *Damper) Unfinished(rest, wrote []vtep.Op, now time.Time) time.Duration {
	return d.pauses.unfinished(now, Repeats(rest, wrote))
}

// Failed notes that a plan could not be written at all. It returns how long to wait.
func (d *Damper) Failed(now time.Time) time.Duration { return d.pauses.failed(now) }

// Failing reports whether the last plan did not reach its end.
func (d *Damper) Failing() bool { return d.pauses.plans > 0 }

// Done notes that a plan reached its end.
func (d *Damper) Done() { d.pauses = pauses{} }
