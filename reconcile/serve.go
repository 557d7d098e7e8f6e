package reconcile

import (
	"context"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
)

// serve keeps the switch in sync until the session ends.
func (w *worker) serve(ctx context.Context, s *vtep.Session) error {
	w.inventory.due = time.NewTimer(time.Hour)
	defer w.inventory.due.Stop()
	defer w.inventory.flush()
	need, err := w.begin(ctx, s)
	if err != nil {
		return err
	}
	pass := time.NewTicker(w.loop.opts.Interval)
	defer pass.Stop()
	retry := time.NewTimer(0)
	defer retry.Stop()
	w.surveys.begin(s, w.loop.opts.Interval)
	defer w.surveys.end()
	mode := vtep.Whole
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.Done():
			return s.Err()
		case <-s.Changed():
			if need, err = w.observe(ctx, s); err != nil {
				return err
			}
			w.report(s, false)
		case <-w.inventory.due.C:
			if need, err = w.observe(ctx, s); err != nil {
				return err
			}
		case <-w.seat.Offered():
			if w.seat.Offering() {
				return connector.ErrOffered
			}
			continue
		case <-w.wake:
			if w.reports.changed(w.loop.store.Definitions()) {
				w.report(s, true)
			}
		case <-pass.C:
			mode = vtep.Whole
			if need, err = w.look(ctx, s); err != nil {
				return err
			}
			w.report(s, false) // the time of a switch that is missing may be over
			w.upkeep.trace.rest(time.Now())
			w.stamp() // a certificate may have ended
		case <-retry.C:
		case <-w.surveys.timer.C:
			if err := w.surveys.step(ctx, s); err != nil {
				return err
			}
			continue
		}
		again, err := w.reconcile(ctx, s, need, mode)
		if err != nil {
			return err
		}
		mode = vtep.Incremental
		if s.Doubted() {
			w.surveys.soon()
		}
		if again > 0 {
			retry.Reset(again)
		}
	}
}

// begin takes the lock of a session and takes in what its switch says. It
// returns what observe does.
func (w *worker) begin(ctx context.Context, s *vtep.Session) (need uint64, err error) {
	w.upkeep.synced, w.upkeep.damper, w.inventory.stored = damping.Synced{}, damping.Damper{}, nil
	if err := s.TakeLock(ctx, w.loop.store.Definitions().StoreID); err != nil {
		return 0, err
	}
	if need, err = w.observe(ctx, s); err != nil {
		return 0, err
	}
	w.reports.changed(w.loop.store.Definitions()) // whatever they are now, all MACs are reported
	w.report(s, true)
	w.enter(model.DeviceSyncing, "waiting for the plan")
	return need, nil
}

// look finds what nothing has reported. It returns what observe does.
func (w *worker) look(ctx context.Context, s *vtep.Session) (need uint64, err error) {
	if err := s.Sync(ctx, vtep.Unreported); err != nil {
		return 0, err
	}
	return w.observe(ctx, s)
}

// observe records what the switch says of itself. It returns the store revision
// that a plan must be made from at least, so that no plan is older than what
// was read.
func (w *worker) observe(ctx context.Context, s *vtep.Session) (uint64, error) {
	if err := s.Sync(ctx, vtep.Reported); err != nil {
		return 0, err
	}
	facts := s.Facts()
	if err := w.admission.admit(ctx, facts.Switches); err != nil {
		return 0, err
	}
	if all, vnis := s.TakeVNIs(); all || len(vnis) > 0 {
		w.loop.store.NoteVNIs(w.device.id, all, vnis)
	}
	w.show(facts)
	return w.loop.store.Definitions().Revision, nil
}

// report passes on what the switch has learned in networks of ours.
func (w *worker) report(s *vtep.Session, full bool) {
	defs, view := w.loop.store.Definitions(), w.loop.view.Load()
	if _, registered := defs.Devices.Get(w.device.id); !registered {
		return // it is in no network
	}
	if full {
		w.reports.complete = map[string]*model.Network{}
	}
	s.Remember(rememberedAddresses(defs, w.device.id, len(s.Facts().Switches) == 0))
	said := s.Locals(full, func(name string) bool {
		n, ok := defs.Networks.Get(name)
		ok = ok && view.Believes(w.device.id, name)
		if full && ok {
			w.reports.complete[name] = n
		}
		return ok
	})
	if !said.Full && len(said.MACs) == 0 {
		return
	}
	w.loop.metrics.disbelieved.WithLabelValues(w.device.id).Add(float64(said.Quarantined))
	w.loop.macs.learn(w.device.id, said, defs)
}

// show notes what the session's switches say of themselves.
func (w *worker) show(facts *vtep.Facts) {
	was := w.board.show(facts)
	if !connector.SameSwitches(was, facts.Switches) {
		w.loop.acceptor.Recheck()
	}
	if !facts.SameStatus(was) {
		w.loop.refresh()
	}
}
