package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// worker drives one switch database. Everything but device, failedOver, reports and board
// is used by its own goroutine only.
type worker struct {
	loop   *Loop
	id     string
	device atomic.Pointer[model.GatewayDevice]
	stop   context.CancelFunc
	wake   chan struct{}
	// seat has the worker's sessions, session is the present one.
	seat    *connector.Seat
	session session
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

// session is what a worker knows of its present session, or of the last one.
type session struct {
	// began is when the last attempt at a session had one; zero if it had none.
	began time.Time
	// ways are the registrations as they were when the session was last admitted.
	ways *model.Registrations
}

// upkeep is what has been done to a switch in a session.
type upkeep struct {
	damper damping.Damper
	// synced is what the switch was last brought to hold; drifted is what an external
	// writer changed since, under the policy that leaves it so.
	synced  damping.Synced
	drifted []vtep.Op
	// trace notes what was put right.
	trace repairTrace
}

// announced is the phase that was logged last, and the one that was recorded last.
type announced struct{ logged, stamped string }

// board is what the Loop hands to a worker, and what the worker shows to everybody.
type board struct {
	mu       sync.Mutex
	want     *vtep.Want
	revision uint64 // of the View that want is from
	status   deviceState
	// behind: a plan waits for a View that is as new as what was read.
	behind bool
}

func newWorker(l *Loop, gd *model.GatewayDevice) *worker {
	w := &worker{loop: l, id: gd.ID, wake: make(chan struct{}, 1)}
	w.seat = connector.NewSeat(w.device.Load, w.logger)
	w.inventory = newInventoryKeeper(w)
	w.device.Store(gd)
	w.board.status = deviceState{phase: model.DeviceUnreachable, phaseSince: time.Now(), awaySince: time.Now(), detail: notConnected}
	if connector.Listens(gd) {
		w.board.status.detail = l.opts.waiting(gd)
	}
	return w
}

// logger has the device's name as it is now, and its id. The store has a new name before
// the Loop hands it to the worker.
func (w *worker) logger() logrus.FieldLogger {
	gd := w.device.Load()
	if now, registered := w.loop.store.Definitions().Devices.Get(w.id); registered {
		gd = now
	}
	return w.loop.log.WithFields(logrus.Fields{"device": gd.DisplayName(), "device_id": w.id})
}

// setWant hands over what the switch should hold as of a revision. A Want that
// says the same as the one before does not wake a worker that is in sync,
// unless there is clean-up to confirm.
func (w *worker) setWant(want *vtep.Want, revision uint64, cleaning bool) {
	w.board.mu.Lock()
	same := vtep.SameWant(w.board.want, want)
	w.reports.note(w.board.want, want)
	if same && w.board.status.released == w.board.status.revision && w.board.status.revision == w.board.revision {
		w.board.status.released = revision
	}
	if same && w.board.status.revision == w.board.revision {
		w.board.status.revision = revision
	}
	w.board.want, w.board.revision = want, revision
	idle := same && w.board.status.phase == model.DeviceInSync && !cleaning && !w.board.behind
	w.board.mu.Unlock()
	if !idle {
		w.nudge()
	}
}

func (w *worker) nudge() { model.Hint(w.wake) }

// run connects again and again until ctx ends.
func (w *worker) run(ctx context.Context) {
	defer w.seat.Close()
	defer w.loop.leases.Forget(w.seat)
	w.stamp()
	retry := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(500*time.Millisecond),
		backoff.WithMaxInterval(maxBackoff),
		backoff.WithMaxElapsedTime(0), // forever
	)
	for ctx.Err() == nil {
		w.session.began = time.Time{}
		err := w.connect(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, connector.ErrOffered) || w.seat.Offering():
			w.upkeep.damper = damping.Damper{}
			continue
		}
		w.lost(err)
		if !w.registered() {
			return
		}
		w.rest(ctx, w.delay(retry, err))
	}
}

// registered reports whether the device has not been deleted.
func (w *worker) registered() bool {
	_, ok := w.loop.store.Definitions().Devices.Get(w.id)
	return ok
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
	w.loop.metrics.sessions.WithLabelValues(w.id).Inc()
	w.hold(k)
	defer w.letGo()
	facts := k.Session.Facts()
	w.show(facts) // also what is another switch
	if reason := identityOf(w.loop.store.Definitions(), w.loop.opts.TLS).Unproven(w.device.Load(), k, facts.Switches); reason != "" {
		return connector.NotDriven(reason)
	}
	w.inventory.stored = nil // remembered at once
	// Before serve takes the lock: it is not to be taken from another worker.
	if err := w.admit(ctx, facts.Switches); err != nil {
		return err
	}
	return w.serve(ctx, k.Session)
}

// hold notes the session that stands.
func (w *worker) hold(k connector.Link) {
	w.session.began = time.Now()
	w.seat.Hold(k)
	w.board.mu.Lock()
	w.board.status.backSince, w.board.status.peer, w.board.status.distrust = time.Time{}, k.Peer, ""
	w.board.mu.Unlock()
	w.stamp() // the peer's certificate
}

// letGo notes that no session stands.
func (w *worker) letGo() {
	w.seat.LetGo()
	w.board.mu.Lock()
	if w.board.status.awaySince.IsZero() {
		w.board.status.awaySince = time.Now()
	}
	w.board.status.peer = transport.Peer{}
	w.board.status.revision, w.board.status.released, w.board.status.problems, w.board.status.blocked = 0, 0, nil, ""
	w.board.mu.Unlock()
	if w.loop.leases.Has(w.seat) { // else it has reported nothing
		w.loop.macs.disconnected(w.id)
	}
	w.loop.leases.Release(w.seat)
}

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
	if st.phase != model.DeviceUnreachable && st.phase != model.DeviceReading {
		return ""
	}
	return fmt.Sprintf("device %s: %s: %s", w.device.Load().DisplayName(), strings.ToLower(st.phase), st.detail)
}

// planned tells what would be sent to the switch now, with that many steps at most.
func (w *worker) planned(limit int) model.DevicePlan {
	gd := w.device.Load()
	p := model.DevicePlan{ID: w.id, Name: gd.Name}
	w.board.mu.Lock()
	want, detail := w.board.want, w.board.status.detail
	w.board.mu.Unlock()
	s := w.current()
	switch {
	case s == nil:
		p.Detail = detail
	case want != nil:
		p.Known, p.Detail = true, noted(sharingNote(w.loop.store.Definitions(), w.id), topology.RelayNote(gd))
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
