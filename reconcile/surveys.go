package reconcile

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"bordergw/vtep"
)

const (
	// surveyGap is the least time between two surveys that an odd answer asks for.
	surveyGap = time.Second
	// maxTrust is how long a switch may go unasked that contradicts itself, or refuses to
	// say what it has.
	maxTrust = time.Hour
)

// surveys are when a worker asks its switch what it has, as what it tells may not be all:
// once an interval, and soon after an answer that does not go with what is known. The
// first is at a random time, so that the switches do not all answer at once. It is the worker's
// own.
type surveys struct {
	device  *device
	board   *board
	metrics *metrics

	timer    *time.Timer
	interval time.Duration
	now      *vtep.Survey // nil between two
	began    time.Time    // of the last, zero before the first
	turn     int
	refused  int  // times in succession that the switch did not say what it has
	recheck  bool // of what was found in the session before
	// doubts are of all sessions, the rest of this one.
	doubts doubts
}

// doubts are what surveys have found.
type doubts struct {
	// rows were not reported in the session before.
	rows []vtep.Suspect
	// contradictions follow each other; no survey counts before until.
	contradictions int
	until          time.Time
}

func (v *surveys) begin(s *vtep.Session, interval time.Duration) {
	*v = surveys{
		device: v.device, board: v.board, metrics: v.metrics,
		timer: time.NewTimer(rand.N(interval)), interval: interval, doubts: v.doubts,
	}
	if found := v.doubts.rows; len(found) > 0 {
		v.now, v.recheck, v.began = s.Recheck(found), true, time.Now()
		v.timer.Reset(0)
	}
}

func (v *surveys) end() { v.timer.Stop() }

// soon has a survey begin, unless there is one or was one just now, or the switch has
// refused the last one.
func (v *surveys) soon() {
	if v.now == nil && v.refused == 0 {
		v.timer.Reset(max(0, surveyGap-time.Since(v.began)))
	}
}

// over ends a survey.
func (v *surveys) over() {
	v.now, v.recheck = nil, false
	v.timer.Reset(max(0, v.interval-time.Since(v.began)))
}

// refuse ends a survey that the switch does not answer. The next one is at twice the
// pause, up to maxTrust: a switch may refuse for a while, or for good.
func (v *surveys) refuse() {
	v.now, v.recheck = nil, false
	v.refused++
	v.timer.Reset(rarely(v.interval, v.refused))
}

// rarely is an interval that is doubled some times.
func rarely(interval time.Duration, doubled int) time.Duration {
	return min(interval<<min(doubled, 20), max(interval, maxTrust))
}

// step asks the next question. The error ends the session.
func (v *surveys) step(ctx context.Context, s *vtep.Session) error {
	if v.now == nil {
		v.now, v.began = s.Survey(v.turn), time.Now()
		v.turn++
	}
	pause, err := v.now.Step(ctx)
	missed, found := errors.AsType[*vtep.UnreportedError](err)
	switch {
	case found:
		return v.resync(missed)
	case err != nil && s.Err() == nil && ctx.Err() == nil:
		if v.refused == 0 {
			v.device.logger().WithField("err", err).Warn("the switch can not be asked what it has: what it reports is believed")
		}
		v.refuse()
	case err != nil:
		return err
	case !v.now.Done():
		v.timer.Reset(pause)
	default:
		if v.recheck {
			v.doubts.rows = nil
		} else {
			v.doubts.contradictions = 0
		}
		v.refused = 0
		v.over()
	}
	return nil
}

// resync has a switch read anew that has not reported changes. If what it answers is not
// what it reported at the beginning of this very session, reading it again is of no use, and
// it is asked less and less often.
func (v *surveys) resync(found *vtep.UnreportedError) error {
	d := &v.doubts
	v.metrics.unreported.WithLabelValues(v.device.id).Inc()
	v.board.unreported(found.Error())
	if v.recheck {
		d.rows = nil
		d.contradictions++
		d.until = time.Now().Add(rarely(v.interval, d.contradictions))
		v.device.logger().WithField("err", found).Warn("what the switch answers is not what it reported when it was read")
		v.over()
		return nil
	}
	if time.Now().Before(d.until) {
		v.over()
		return nil
	}
	d.rows = slices.Clone(found.Rows)
	v.device.logger().WithField("err", found).Warn("reading the switch anew")
	return found
}
