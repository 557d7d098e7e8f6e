package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
)

// One round of a worker: look, plan, write, and see what came of it.

// look finds what nothing has reported. It returns what observe does.
func (w *worker) look(ctx context.Context, s *vtep.Session) (need uint64, err error) {
	if err := s.Sync(ctx, vtep.Unreported); err != nil {
		return 0, err
	}
	return w.observe(ctx, s)
}

// reconcile makes one plan and sends it. It returns when to try again although nothing
// changes: 0 for not at all.
func (w *worker) reconcile(ctx context.Context, s *vtep.Session, need uint64, mode vtep.Mode) (time.Duration, error) {
	if err := w.stillMay(s); err != nil {
		return 0, err
	}
	if w.inventory.waitingName() != "" {
		return 0, nil // it is stored when it is due
	}
	w.board.mu.Lock()
	want, revision := w.board.want, w.board.revision
	w.board.behind = want == nil || revision < need
	behind := w.board.behind
	w.board.mu.Unlock()
	if behind {
		return 0, nil // the loop is about to hand over a newer one
	}
	if !s.Writer() {
		w.enter(model.DeviceDegraded, vtep.ErrReader.Error())
		return 0, s.Sync(ctx, vtep.Reported)
	}
	began := time.Now()
	plan, err := w.plan(ctx, s, want, mode)
	if err != nil {
		return 0, err
	}
	ops, wait := w.upkeep.damper.Filter(w.undrifted(plan.Ops, want), began)
	if len(ops) > 0 {
		if pause := w.upkeep.damper.Pause(began); pause > 0 {
			return pause, nil
		}
		wait, err = w.write(ctx, s, want, plan.Only(ops), revision, wait)
		if errors.Is(err, vtep.ErrReader) || errors.Is(err, vtep.ErrBlocked) {
			return w.blocked(ctx, s, err)
		}
		if err != nil {
			return 0, err
		}
	}
	again, err := w.settle(ctx, s, want, plan, revision, ops)
	if err != nil {
		return 0, err
	}
	wait = damping.Sooner(again, wait)
	if err := w.cleanUp(ctx, s, want, plan); err != nil && ctx.Err() == nil {
		w.logger().WithField("err", err).Warn("telling the store what has gone")
		wait = damping.Sooner(wait, storeRetry)
	}
	return wait, nil
}

// write sends what is due of a plan. It returns when the next operation is due, or wait
// if that is sooner.
func (w *worker) write(ctx context.Context, s *vtep.Session, want *vtep.Want, plan *vtep.Plan, revision uint64, wait time.Duration) (time.Duration, error) {
	if !w.upkeep.damper.Failing() {
		w.enter(model.DeviceSyncing, "writing")
	} else if err := s.Sync(ctx, vtep.Unreported); err != nil {
		return 0, err
	}
	ops, began := plan.Ops, time.Now()
	w.logger().WithFields(logrus.Fields{"ops": len(ops), "revision": revision}).Debug("applying plan")
	mends := w.mending(s, ops, want)
	rejected, err := s.Apply(ctx, plan)
	if err != nil {
		w.loop.metrics.applied(w.id, len(ops), len(ops), time.Since(began))
		return 0, err
	}
	w.loop.metrics.applied(w.id, len(ops), len(rejected), time.Since(began))
	w.mended(mends, rejected, time.Now())
	return w.upkeep.damper.Wrote(ops, rejected, wait, time.Now()), nil
}

// plan plans with all that an external writer has done, where only that can be why there
// is something to do.
func (w *worker) plan(ctx context.Context, s *vtep.Session, want *vtep.Want, mode vtep.Mode) (*vtep.Plan, error) {
	plan := s.Plan(want, mode)
	if plan.Empty() || !vtep.SameWant(w.upkeep.synced.Want, want) {
		return plan, nil
	}
	if err := s.Sync(ctx, vtep.Committed); err != nil {
		return nil, err
	}
	return s.Plan(want, mode), nil
}
