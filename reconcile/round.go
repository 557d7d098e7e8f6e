package reconcile

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
)

// One round of a worker: look, plan, write, and see what came of it.

// reconcile makes one plan and sends it. It returns when to try again although nothing
// changes: 0 for not at all.
func (w *worker) reconcile(ctx context.Context, s *vtep.Session, need uint64) (time.Duration, error) {
	if err := w.admission.still(s); err != nil {
		return 0, err
	}
	if w.inventory.waitingName() != "" {
		return 0, nil // it is stored when it is due
	}
	want, ok := w.board.take(need)
	if !ok {
		w.loop.late.add(w, need)
		return 0, nil // the loop is about to make a newer View
	}
	if !s.Writer() {
		w.enter(model.DeviceDegraded, vtep.ErrReader.Error())
		return 0, s.Sync(ctx, vtep.Reported)
	}
	began := time.Now()
	plan, err := w.plan(ctx, s, want.Want)
	if err != nil {
		return 0, err
	}
	if err := w.upkeep.holdings.before(ctx, s.Marks(), want.Want, plan); err != nil {
		w.device.logger().WithField("err", err).Warn("remembering what is about to be written")
		return storeRetry, ctx.Err()
	}
	ops, wait := w.upkeep.damper.Filter(w.upkeep.undrifted(plan.Ops, want.Want, w.device.Load().DriftPolicy), began)
	if len(ops) > 0 {
		if pause := w.upkeep.damper.Pause(began); pause > 0 {
			return pause, nil
		}
		wait, err = w.write(ctx, s, want, plan.Only(ops), wait)
		if errors.Is(err, vtep.ErrReader) || errors.Is(err, vtep.ErrBlocked) {
			return w.blocked(ctx, s, err)
		}
		if err != nil {
			return 0, err
		}
	}
	again, err := w.settle(ctx, s, want, plan, ops)
	if err != nil {
		return 0, err
	}
	return damping.Sooner(damping.Sooner(again, wait), w.cleanUp(ctx, s, want, plan)), nil
}

// cleanUp has the store forget what has gone from the switch, unless a newer plan is about
// to be made. It returns when to try again, 0 for not at all.
func (w *worker) cleanUp(ctx context.Context, s *vtep.Session, want wish, plan *vtep.Plan) time.Duration {
	defs := w.loop.store.Definitions()
	if !w.board.isCurrent(want, defs) {
		return 0 // there is, or will soon be, a newer View
	}
	err := w.device.cleanUp(ctx, s, want.Want, plan, defs, &w.loop.debts)
	if err == nil {
		err = w.upkeep.holdings.forget(ctx, s, want.Want)
	}
	var again time.Duration
	if err == nil {
		again, err = w.upkeep.holdings.after(ctx, want.Want, plan)
	}
	if err != nil && ctx.Err() == nil {
		w.device.logger().WithField("err", err).Warn("telling the store what has gone")
		return storeRetry
	}
	return again
}

// write sends what is due of a plan. It returns when the next operation is due, or wait
// if that is sooner.
func (w *worker) write(ctx context.Context, s *vtep.Session, want wish, plan *vtep.Plan, wait time.Duration) (time.Duration, error) {
	if !w.upkeep.damper.Failing() {
		w.enter(model.DeviceSyncing, "writing")
	} else if err := s.Sync(ctx, vtep.Unreported); err != nil {
		return 0, err
	}
	ops, began := plan.Ops, time.Now()
	w.device.logger().WithFields(logrus.Fields{"ops": len(ops), "revision": want.revision}).Debug("applying plan")
	mends := w.upkeep.mending(s, ops, want.Want)
	rejected, err := s.Apply(ctx, plan)
	if err != nil {
		w.loop.metrics.applied(w.device.id, len(ops), len(ops), time.Since(began))
		return 0, err
	}
	w.loop.metrics.applied(w.device.id, len(ops), len(rejected), time.Since(began))
	w.upkeep.trace.mended(mends, rejected, time.Now())
	return w.upkeep.damper.Wrote(ops, rejected, wait, time.Now()), nil
}

// plan plans with all that an external writer has done, where only that can be why there
// is something to do.
func (w *worker) plan(ctx context.Context, s *vtep.Session, want *vtep.Want) (*vtep.Plan, error) {
	plan := s.Plan(want, vtep.Incremental)
	if plan.Empty() || !vtep.SameWant(w.upkeep.synced.Want, want) {
		return plan, nil
	}
	if err := s.Sync(ctx, vtep.Committed); err != nil {
		return nil, err
	}
	return s.Plan(want, vtep.Incremental), nil
}

// settle reports the outcome of a plan. After writing, one more plan finds
// whether it all stands; if not, the next round goes on, when settle returns.
func (w *worker) settle(ctx context.Context, s *vtep.Session, want wish, plan *vtep.Plan, wrote []vtep.Op) (time.Duration, error) {
	look := plan
	if len(wrote) > 0 {
		look = s.Plan(want.Want, vtep.Incremental) // it looks at what was written
	}
	if _, err := s.Apply(ctx, look.Only(nil)); err != nil {
		return 0, err
	}
	rest := w.upkeep.undrifted(look.Ops, want.Want, w.device.Load().DriftPolicy)
	if len(rest) == 0 {
		w.upkeep.synced = damping.Synced{Want: want.Want, Open: look.Problems}
	}
	undone := slices.Concat(w.upkeep.damper.Problems(), damping.DriftProblems(w.device.Load().DisplayName(), w.upkeep.drifted))
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
	w.upkeep.told = w.loop.events.contested(w.device.id, w.upkeep.told, w.upkeep.drifted, undone)
	phase := model.DeviceInSync
	if len(undone) > 0 {
		phase = model.DeviceDegraded
	}
	w.enter(phase, messages(slices.Concat(undone, plan.Problems)))
	changed, back := w.board.settled(want, slices.Concat(plan.Problems, undone), undone, w.loop.opts.HAHold)
	if changed {
		w.touched()
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
	w.board.blocked(detail)
	w.enter(model.DeviceDegraded, detail)
	w.touched()
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
