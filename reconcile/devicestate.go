package reconcile

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// notConnected is the detail of a device before the first attempt.
const notConnected = "not connected yet"

// unreportedShown is how long a status shows that a switch has not reported changes.
const unreportedShown = time.Hour

// deviceState is what the status of a device and of its connections is made of.
type deviceState struct {
	phase      string
	phaseSince time.Time
	awaySince  time.Time // of the first loss; zero once a session has brought it in sync
	backSince  time.Time // when it began, if the switch had been away before
	cameOnce   bool      // a session has brought it in sync since the process began
	detail     string
	lastError  string
	facts      *vtep.Facts
	// revision that the last complete plan was made from.
	revision uint64
	problems []vtep.Problem
	// released is the last revision of which nothing was left undone.
	released uint64
	// blocked is why nothing can be written at all now, "" if it can.
	blocked string
	// unreported is the last change that the switch did not report, and when that was found.
	unreported   string
	unreportedAt time.Time
	// peer is who the session is with; distrust why TLS kept one from standing.
	peer     transport.Peer
	distrust string
}

// reachable reports whether a session stands that has brought it in sync.
func (st *deviceState) reachable() bool { return st.awaySince.IsZero() }

// expected reports whether the switch has been in sync and has not been away for
// longer than hold.
func (st *deviceState) expected(hold time.Duration) bool {
	return st.cameOnce && (st.reachable() || time.Since(st.awaySince) < hold)
}

// connected reports whether the phase is one of a session that stands.
func (st *deviceState) connected() bool {
	return st.phase != model.DeviceUnreachable && st.phase != model.DeviceUnsupported
}

// withoutSwitch reports whether the session shows no Physical_Switch: all that is
// wanted may stand, and yet nothing is carried.
func (st *deviceState) withoutSwitch() bool {
	driven := st.phase == model.DeviceInSync || st.phase == model.DeviceDegraded
	return driven && st.facts != nil && len(st.facts.Switches) == 0
}

// distrusted is what the switch has not reported, for a while.
func (st *deviceState) distrusted(now time.Time) string {
	if st.unreported == "" || now.Sub(st.unreportedAt) > unreportedShown {
		return ""
	}
	return "read anew at " + st.unreportedAt.UTC().Format(time.RFC3339) + ": " + st.unreported
}

// settle reports the outcome of a plan. After writing, one more plan finds
// whether it all stands; if not, the next round goes on, when settle returns.
func (w *worker) settle(ctx context.Context, s *vtep.Session, want *vtep.Want, plan *vtep.Plan, revision uint64, wrote []vtep.Op) (time.Duration, error) {
	look := plan
	if len(wrote) > 0 {
		look = s.Plan(want, vtep.Incremental)
	}
	if look.Empty() {
		if _, err := s.Apply(ctx, look); err != nil {
			return 0, err
		}
	}
	rest := w.undrifted(look.Ops, want)
	if len(rest) == 0 {
		w.upkeep.synced = damping.Synced{Want: want, Open: look.Problems}
	}
	undone := slices.Concat(w.upkeep.damper.Problems(), damping.DriftProblems(w.upkeep.drifted))
	unfinished := len(wrote) > 0 && len(rest) > 0
	if unfinished && damping.Repeats(rest, wrote) {
		s.Doubt()
	}
	if unfinished && len(undone) == 0 {
		pause := w.upkeep.damper.Unfinished(rest, wrote, time.Now())
		if pause == 0 {
			w.nudge()
		}
		return pause, nil
	}
	w.upkeep.damper.Done()
	phase, lastError := model.DeviceInSync, ""
	if len(undone) > 0 {
		phase, lastError = model.DeviceDegraded, model.Bounded(undone[0].Message)
	}
	problems := slices.Concat(plan.Problems, undone)
	w.enter(phase, messages(slices.Concat(undone, plan.Problems)))
	w.board.mu.Lock()
	if vtep.SameWant(w.board.want, want) {
		revision = w.board.revision // what was handed over meanwhile says the same
	}
	changed := w.board.status.revision != revision || !reflect.DeepEqual(w.board.status.problems, problems)
	w.board.status.revision, w.board.status.problems, w.board.status.lastError, w.board.status.blocked = revision, problems, lastError, ""
	if len(undone) == 0 {
		w.board.status.released = revision
	}
	back := w.board.status.isBack(w.loop.opts.HAHold)
	w.board.mu.Unlock()
	if changed {
		w.loop.refresh()
	}
	if back {
		w.loop.facts()
	}
	return 0, nil
}

// blocked reports that nothing can be written now, and returns when to try again. A
// switch that has just granted the lock and refuses what asserts it may have given it
// away; one that does so again and again is served by something that grants what it does
// not have.
func (w *worker) blocked(ctx context.Context, s *vtep.Session, cause error) (time.Duration, error) {
	detail := model.Bounded(cause.Error())
	if errors.Is(cause, vtep.ErrReader) {
		if err := s.Sync(ctx, vtep.Reported); err != nil {
			return 0, err
		}
		if s.Writer() && w.upkeep.damper.Failing() {
			detail = "the switch grants the lock of this controller and refuses each write as \"not owner\" of it"
		}
	}
	pause := w.upkeep.damper.Failed(time.Now())
	w.board.mu.Lock()
	w.board.status.blocked, w.board.status.lastError = detail, detail
	w.board.mu.Unlock()
	w.enter(model.DeviceDegraded, detail)
	w.loop.refresh()
	return pause, nil
}

// messages spells out some of the problems.
func messages(ps []vtep.Problem) string {
	texts := make([]string, len(ps))
	for i := range ps {
		texts[i] = ps[i].Message
	}
	return model.Listed(texts)
}

// isBack notes that the switch has been brought in sync in this session, and
// reports whether it had been away before. A switch that only comes and goes is
// away all the time.
func (st *deviceState) isBack(hold time.Duration) bool {
	if st.awaySince.IsZero() {
		return false
	}
	if time.Since(st.awaySince) > hold {
		st.backSince = time.Now()
	}
	st.awaySince, st.cameOnce = time.Time{}, true
	return true
}

// state copies what is known of the device's session.
func (w *worker) state() deviceState {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	return w.board.status
}

// enterReading notes that the database is being read. That of a switch that is driven
// elsewhere is read only to see whether that is still so.
func (w *worker) enterReading() {
	if _, waits := w.loop.leases.Waits(w.seat); !waits {
		w.enter(model.DeviceReading, "reading the database")
	}
}

// enter changes the phase and logs what an operator would want to know: that a
// switch has come, or that it refuses something.
func (w *worker) enter(phase, detail string) {
	detail = model.Bounded(detail)
	w.board.mu.Lock()
	if phase != w.board.status.phase {
		w.board.status.phaseSince = time.Now()
	}
	w.board.status.phase, w.board.status.detail = phase, detail
	w.board.mu.Unlock()
	if phase != w.announced.stamped && phase != model.DeviceSyncing && !w.brief { // a write takes a moment: it is no change
		w.announced.stamped = phase
		w.stamp()
		w.loop.refresh() // those of connections follow from it
	}
	if phase == w.announced.logged || phase == model.DeviceUnreachable && detail == w.announced.logged || w.brief {
		return
	}
	switch phase {
	case model.DeviceInSync:
		w.logger().WithField("phase", phase).Info("switch is in sync")
	case model.DeviceDegraded:
		w.logger().WithField("phase", phase).Warn("switch is reachable but not all can be written: " + detail)
	case model.DeviceUnreachable:
		w.logger().WithField("phase", phase).Warn("switch can not be reached, trying again until it can: " + detail)
	default:
		return
	}
	w.announced.logged = phase
}

// logNotDriven logs, once, that a switch is reached and not driven by this
// registration.
func (w *worker) logNotDriven(phase, why string) {
	if w.announced.logged != why {
		w.logger().WithField("phase", phase).Warn("the switch is reached, and not driven by this registration: " + why)
	}
	w.announced.logged = why
}

// stamp records the device's conditions. Those of a deleted one nobody asks for.
func (w *worker) stamp() {
	if w.brief {
		return
	}
	w.loop.transitions.record("device/"+w.id, w.loop.devices.of(w.id).Conditions)
}

// lost records the end of a session, or that none could be had.
func (w *worker) lost(err error) {
	if err == nil {
		err = errors.New("session ended")
	}
	w.board.mu.Lock()
	w.board.status.lastError, w.board.status.distrust = model.Bounded(err.Error()), transport.Reason(err)
	w.board.mu.Unlock()
	phase := model.DeviceUnreachable
	if errors.As(err, new(connector.DrivenElsewhere)) {
		phase = model.DeviceDrivenElsewhere
	}
	if refused(err) && !w.brief {
		w.logNotDriven(phase, model.Bounded(err.Error()))
	}
	w.enter(phase, err.Error())
	w.upkeep.damper = damping.Damper{}
	w.stamp() // what TLS says may be new while the phase is not
	if !w.brief {
		w.loop.refresh()
	}
}
