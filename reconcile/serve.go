package reconcile

import (
	"context"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
)

// A pass compares everything in slices: between two of them the worker does what is due. A
// slice is short (vtep.Sweep), and the pause after it as long as sliceShare of them, within
// bounds: hundreds of workers pass at a time.
const (
	sliceShare    = 10
	maxSlicePause = time.Second
)

// rounds are when the next round of a session is due besides notices. The first one looks at
// everything.
type rounds struct {
	pass  *time.Ticker
	retry *time.Timer
	// sweep is the pass under way, nil between two; slice is when its next one is due, began
	// when that of this round was made, zero if it has none.
	sweep *vtep.Sweep
	slice *time.Timer
	began time.Time
	// need is the store revision that the next plan must be made from at least.
	need uint64
}

func newRounds(interval time.Duration, need uint64) *rounds {
	return &rounds{pass: time.NewTicker(interval), retry: time.NewTimer(0), slice: time.NewTimer(time.Hour), need: need}
}

// stop ends the timers and the pass.
func (r *rounds) stop() {
	r.pass.Stop()
	r.retry.Stop()
	r.slice.Stop()
	if r.sweep != nil {
		r.sweep.Stop()
	}
}

// begin begins a pass unless one is under way.
func (r *rounds) begin(s *vtep.Session) {
	if r.sweep == nil {
		r.sweep = s.Sweep()
		r.slice.Reset(0)
	}
}

// cut has the next round look at a slice more, and reports whether. There is none while what
// the last one looked at can not be planned.
func (r *rounds) cut(want *vtep.Want) bool {
	if r.sweep == nil {
		return false
	}
	if want == nil || !r.sweep.Step(want) {
		r.slice.Reset(maxSlicePause)
		return false
	}
	r.began = time.Now()
	return true
}

// made notes that a round has been made, and when it is to be tried again, 0 for not at all.
func (r *rounds) made(again time.Duration) {
	if again > 0 {
		r.retry.Reset(again)
	}
	if r.began.IsZero() {
		return
	}
	if r.sweep.Done() {
		r.sweep = nil
	} else {
		r.slice.Reset(min(sliceShare*time.Since(r.began), maxSlicePause))
	}
	r.began = time.Time{}
}

// serve keeps the switch in sync until the session ends.
func (w *worker) serve(ctx context.Context, s *vtep.Session) error {
	w.inventory.due = time.NewTimer(time.Hour)
	defer w.inventory.due.Stop()
	defer w.inventory.flush()
	need, err := w.begin(ctx, s)
	if err != nil {
		return err
	}
	r := newRounds(w.loop.opts.Interval, need)
	defer r.stop()
	w.surveys.begin(s, w.loop.opts.Interval)
	defer w.surveys.end()
	for {
		if err := w.await(ctx, s, r); err != nil {
			return err
		}
		again, err := w.reconcile(ctx, s, r.need)
		if err != nil {
			return err
		}
		if s.Doubted() {
			w.surveys.soon()
		}
		r.made(again)
	}
}

// await returns when a round is due, having taken in what there is to know for it.
func (w *worker) await(ctx context.Context, s *vtep.Session, r *rounds) (err error) {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.Done():
			return s.Err()
		case <-s.Changed():
			r.need, err = w.observe(ctx, s)
			if err == nil {
				w.report(s, vtep.Anew{})
			}
			return err
		case <-w.inventory.due.C:
			r.need, err = w.observe(ctx, s)
			return err
		case <-w.seat.Offered():
			if w.seat.Offering() {
				return connector.ErrOffered
			}
		case <-w.wake:
			if anew, some := w.reports.anew(w.loop.store.Definitions()); some {
				w.report(s, anew)
			}
			return nil
		case <-r.pass.C:
			return w.pass(ctx, s, r)
		case <-r.slice.C:
			if r.cut(w.board.wanted()) {
				return nil
			}
		case <-r.retry.C:
			return nil
		case <-w.surveys.timer.C:
			if err := w.surveys.step(ctx, s); err != nil {
				return err
			}
		}
	}
}

// pass begins a periodic pass: rounds that look at everything.
func (w *worker) pass(ctx context.Context, s *vtep.Session, r *rounds) (err error) {
	r.begin(s)
	if r.need, err = w.look(ctx, s); err != nil {
		return err
	}
	w.report(s, vtep.Anew{}) // the time of a switch that is missing may be over
	w.upkeep.trace.rest(time.Now())
	w.stamp() // a certificate may have ended
	return nil
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
	w.reports.take() // whatever they are now, all MACs are reported
	w.report(s, vtep.Anew{All: true})
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

// report passes on what the switch has learned in networks of ours: what is new, and all of what
// is to be reported anew.
func (w *worker) report(s *vtep.Session, anew vtep.Anew) {
	defs, view := w.loop.store.Definitions(), w.loop.view.Load()
	if _, registered := defs.Devices.Get(w.device.id); !registered {
		return // it is in no network
	}
	asked := anew.All || len(anew.Names) > 0
	if asked {
		w.reports.begin(anew, defs)
	}
	s.Remember(rememberedAddresses(defs, w.device.id, len(s.Facts().Switches) == 0))
	said := s.Locals(anew, func(name string) bool {
		n, ok := defs.Networks.Get(name)
		ok = ok && view.Believes(w.device.id, name)
		if anew.All && ok {
			w.reports.complete[name] = n
		}
		return ok
	})
	for name := range said.Whole {
		if n, ok := defs.Networks.Get(name); ok && asked && view.Believes(w.device.id, name) {
			w.reports.complete[name] = n
		}
	}
	if !said.Full && !asked && len(said.MACs)+len(said.Flood) == 0 {
		return
	}
	w.loop.metrics.disbelieved.WithLabelValues(w.device.id).Add(float64(said.Quarantined))
	w.loop.macs.take(w.device.id, said, defs, said.Full || asked)
}

// show notes what the session's switches say of themselves.
func (w *worker) show(facts *vtep.Facts) {
	was := w.board.show(facts)
	if !connector.SameSwitches(was, facts.Switches) {
		w.loop.acceptor.Recheck()
	}
	if !facts.SameStatus(was) {
		w.touched()
	}
}
