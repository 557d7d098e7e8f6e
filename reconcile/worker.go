package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// worker drives one switch database. Everything but device, seat, failedOver, reports and
// board is used by its own goroutine only.
type worker struct {
	loop   *Loop
	device device
	stop   context.CancelFunc
	wake   chan struct{}
	// seat has the worker's sessions. began is when the last attempt at one had one; zero
	// if it had none.
	seat      *connector.Seat
	began     time.Time
	admission admission
	// brief: the worker has a turn of a deleted device. It makes one attempt at a
	// session, which is not announced.
	brief bool
	// upkeep decides what of a plan is sent, and when.
	upkeep    upkeep
	surveys   surveys
	inventory *inventoryKeeper
	announced announced
	// failedOver: the switch is down and another one has its part. Written by the Loop.
	failedOver atomic.Bool
	reports    networkReports
	board      board
}

// upkeep is what has been done to a switch in a session. It is the worker's own.
type upkeep struct {
	damper damping.Damper
	// synced is what the switch was last brought to hold; drifted is what an external
	// writer changed since, under the policy that leaves it so.
	synced  damping.Synced
	drifted []vtep.Op
	// trace notes what was put right.
	trace repairTrace
	// holdings has the store know what is managed on the switch.
	holdings holdingKeeper
	// told is what was told of drift last.
	told string
}

func newWorker(l *Loop, gd *model.GatewayDevice) *worker {
	w := &worker{loop: l, wake: make(chan struct{}, 1)}
	w.device.id, w.device.store, w.device.tls, w.device.log = gd.ID, l.store, l.opts.TLS, l.log
	w.device.Store(gd)
	w.board.device, w.board.view = gd.ID, &l.view
	w.seat = connector.NewSeat(w.device.Load, w.device.logger)
	w.upkeep.holdings = holdingKeeper{device: &w.device, gap: l.opts.Interval / notesInPass}
	w.inventory = newInventoryKeeper(&w.device, w.seat, l.opts.Hold, &l.said)
	w.admission = admission{device: &w.device, seat: w.seat, leases: l.leases, inventory: w.inventory}
	w.surveys = surveys{device: &w.device, board: &w.board, metrics: l.metrics}
	w.upkeep.trace = repairTrace{device: &w.device, metrics: l.metrics, events: l.events}
	w.board.status = deviceState{phase: model.DeviceUnreachable, phaseSince: time.Now(), awaySince: time.Now(), detail: notConnected}
	if connector.Listens(gd) {
		w.board.status.detail = l.opts.waiting(gd)
	}
	l.workers.absent.add(w)
	return w
}

func (w *worker) nudge() { model.Hint(w.wake) }

// run connects again and again until ctx ends.
func (w *worker) run(ctx context.Context) {
	defer w.seat.Close()
	defer w.loop.leases.Forget(w.seat)
	w.stamp()
	retry := newRetries()
	for ctx.Err() == nil {
		w.began = time.Time{}
		err := w.connect(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, connector.ErrOffered) || w.seat.Offering():
			w.upkeep.damper = damping.Damper{}
			continue
		}
		w.lost(err)
		if !w.device.registered() {
			return
		}
		w.rest(ctx, w.delay(retry, err))
	}
}

// delay is how long to wait after a session, or an attempt at one.
func (w *worker) delay(retry retries, err error) time.Duration {
	var lasted time.Duration
	if !w.began.IsZero() {
		lasted = time.Since(w.began)
	}
	st := w.state()
	return retry.delay(err, lasted, st.expected(w.loop.opts.Hold))
}

// rest waits before the next attempt. A switch that dials in ends it, and so does one
// that nobody drives any more, or redialGap once the switch has been failed over.
func (w *worker) rest(ctx context.Context, d time.Duration) {
	if connector.Listens(w.device.Load()) {
		return // connect waits
	}
	t, look := time.NewTimer(d), time.NewTicker(redialGap)
	defer t.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-w.seat.Offered():
			return
		case <-w.seat.Freed():
			return
		case <-look.C:
			if w.failedOver.Load() && d < quarantine {
				return
			}
		}
	}
}

// connect has one session, of a switch that dialled in or by dialling, and
// serves it to its end.
func (w *worker) connect(ctx context.Context) error {
	if served, err := w.seat.Serve(ctx, w.drive); served {
		w.loop.acceptor.Recheck()
		return err
	}
	gd := w.device.Load()
	if !connector.Listens(gd) {
		return w.dial(ctx)
	}
	if of, waits := w.loop.leases.Waits(w.seat); waits {
		w.enter(model.DeviceDrivenElsewhere, of.Error())
	} else {
		w.enter(model.DeviceUnreachable, w.loop.opts.waiting(gd))
	}
	if w.brief {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, dialTimeout)
		defer cancel()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.seat.Offered():
		return connector.ErrOffered
	case <-w.seat.Freed():
		return connector.ErrOffered
	}
}

// dial connects to the switch and serves it to the end of the session.
func (w *worker) dial(ctx context.Context) error {
	k, err := w.seat.Dial(ctx, connector.Dialing{
		Dial: w.loop.opts.Dial, Timeout: dialTimeout, Mark: w.loop.store.Definitions().StoreID, Connected: w.enterReading,
	})
	if err != nil {
		return err
	}
	err = w.drive(ctx, k)
	_ = k.Session.Close()
	w.loop.acceptor.Recheck()
	return err
}

// drive keeps a switch in sync over one session, to its end or that of ctx, or
// until a newer session is there.
func (w *worker) drive(ctx context.Context, k connector.Link) error {
	w.enterReading()
	w.loop.metrics.sessions.WithLabelValues(w.device.id).Inc()
	w.hold(k)
	defer w.letGo()
	facts := k.Session.Facts()
	w.show(facts) // also what is another switch
	if reason := w.device.identity().Unproven(w.device.Load(), k, facts.Switches); reason != "" {
		return connector.NotDriven(reason)
	}
	w.inventory.stored = nil // remembered at once
	w.upkeep.holdings.restart()
	// Before serve takes the lock: it is not to be taken from another worker.
	if err := w.admission.admit(ctx, facts.Switches); err != nil {
		return err
	}
	defer w.upkeep.holdings.end()
	return w.serve(ctx, k.Session)
}

// hold notes the session that stands.
func (w *worker) hold(k connector.Link) {
	w.began = time.Now()
	w.seat.Hold(k)
	w.board.held(k.Peer)
	w.stamp() // the peer's certificate
}

// letGo notes that no session stands.
func (w *worker) letGo() {
	w.seat.LetGo()
	w.board.letGo()
	w.loop.workers.absent.add(w)
	w.touched()
	if w.loop.leases.Has(w.seat) { // else it has reported nothing
		w.loop.macs.disconnected(w.device.id)
	}
	w.loop.leases.Release(w.seat)
}

// state copies what is known of the device's session.
func (w *worker) state() deviceState { return w.board.state() }

// endpoint is where the worker's session comes from or goes to.
func (w *worker) endpoint() string {
	k := w.seat.Link()
	if k.From == "" {
		return connector.Describe(w.device.Load())
	}
	return k.Endpoint()
}

// current is the worker's session, nil while there is none.
func (w *worker) current() *vtep.Session {
	return w.seat.Link().Session
}

// unread says why the device is not read now, "" if it is.
func (w *worker) unread() string {
	if w == nil {
		return ""
	}
	st := w.state()
	return w.unreadIn(&st)
}

// unreadIn says why a device in such a state is not read, "" if it is.
func (w *worker) unreadIn(st *deviceState) string {
	if st.phase != model.DeviceUnreachable && st.phase != model.DeviceReading {
		return ""
	}
	return fmt.Sprintf("device %s: %s: %s", w.device.Load().DisplayName(), strings.ToLower(st.phase), st.detail)
}

// away says in what phase the worker is without a session, and why.
func (w *worker) away() string {
	st := w.state()
	return strings.TrimSuffix(strings.ToLower(st.phase)+": "+st.detail, ": ")
}

// planned tells what would be sent to the switch now, with that many steps at most.
func (w *worker) planned(limit int) model.DevicePlan {
	gd := w.device.Load()
	p := model.DevicePlan{ID: w.device.id, Name: gd.Name}
	want, s := w.board.wanted(), w.current()
	switch {
	case s == nil:
		p.Detail = w.state().detail
	case want != nil:
		p.Known, p.Detail = true, noted(sharingNote(w.loop.store.Definitions(), w.device.id), topology.RelayNote(gd))
		ops := s.Plan(want, vtep.Whole).Ops
		p.Count = len(ops)
		p.Steps = stepsOf(ops, limit)
	}
	return p
}

// noted joins the notes that there are.
func noted(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}
