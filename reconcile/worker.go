package reconcile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"
	"bordergw/vtep/transport"
)

const (
	// maxBackoff is short: a switch that comes back with what it held before may
	// hold what another one has taken over meanwhile.
	maxBackoff = 5 * time.Second
	// maxMuteBackoff is for what accepts connections and does not speak OVSDB:
	// most likely it is no switch.
	maxMuteBackoff = 30 * time.Second
	// maxRefusedBackoff is for a switch that is reached and is not this registration's to
	// drive. Finding that out reads its whole database.
	maxRefusedBackoff = 30 * time.Second
	// maxElsewhereBackoff is for one that another registration drives. The end of that is
	// noticed at once.
	maxElsewhereBackoff = 10 * time.Minute
	dialTimeout         = 5 * time.Second
	// A session that lasted this long starts the next backoff afresh.
	steadyAfter = 10 * time.Second
	// quarantine is how long a peer is left alone that sends what no switch does.
	quarantine = time.Minute
	// storeRetry is when the store is told again what it could not take.
	storeRetry = 5 * time.Second
)

// worker drives one switch database. Everything but the fields under mu is
// used by its own goroutine only.
type worker struct {
	loop   *Loop
	id     string
	device atomic.Pointer[model.GatewayDevice]
	stop   context.CancelFunc
	wake   chan struct{}
	// seat has the worker's sessions.
	seat *connector.Seat
	// brief: the worker has a turn of a deleted device. It makes one attempt at a
	// session, and nobody is told of that.
	brief bool
	// damper decides what of a plan is sent, and when; synced and drifted belong to it.
	damper damping.Damper
	// surveys are of this session, doubts of all.
	surveys surveys
	doubts  doubts
	logged  string // the phase that was logged last
	stamped string // the phase since which conditions were last looked at
	// synced is what the switch was last brought to hold in this session; drifted is
	// what an external writer changed since, under the policy that leaves it so.
	synced  damping.Synced
	drifted []vtep.Op
	// trace tells of what was put right.
	trace repairTrace
	// held is when the last attempt at a session had one; zero if it had none.
	held time.Time
	// inventory is what the store was last told of the database's switches, stored
	// what it has of them since.
	inventory []model.SwitchInventory
	stored    *model.Inventory
	// said bounds how often the store is told; due is when it is told what had to wait,
	// which is unsaid.
	said   bucket
	due    *time.Timer
	unsaid []model.SwitchInventory
	// ways are the registrations as they were when the session was last admitted.
	ways *model.Registrations
	// missing are switches of the database that are not in it now, since when.
	missing map[string]time.Time
	// supplanted: the switch is down and another one has its part. Written by the Loop.
	supplanted atomic.Bool
	// heard are the networks, as they were defined then, of which all stations have been
	// told in this session. One that is defined anew is another one: what was told of
	// it before has been forgotten.
	heard map[string]*model.Network

	mu       sync.Mutex
	want     *vtep.Want
	revision uint64 // of the View that want is from
	status   deviceState
	// left: a network was given up, so that what was told of it may be forgotten;
	// joined are those that have come since stations were last told.
	left   bool
	joined []string
	// behind: a plan waits for a View that is as new as what was read.
	behind bool
}

func newWorker(l *Loop, gd *model.GatewayDevice) *worker {
	w := &worker{loop: l, id: gd.ID, wake: make(chan struct{}, 1)}
	w.seat = connector.NewSeat(w.device.Load, w.logger)
	w.said = bucket{burst: deviceBurst, gap: deviceGap}
	w.device.Store(gd)
	w.status = deviceState{phase: model.DeviceUnreachable, phaseSince: time.Now(), awaySince: time.Now(), detail: notConnected}
	if connector.Listens(gd) {
		w.status.detail = l.waiting(gd)
	}
	return w
}

// logger has the device's name as it is now, and its id.
func (w *worker) logger() logrus.FieldLogger {
	return w.loop.log.WithFields(logrus.Fields{"device": w.device.Load().DisplayName(), "device_id": w.id})
}

// setWant hands over what the switch should hold as of a revision. A Want that
// says the same as the one before does not wake a worker that is in sync,
// unless there is clean-up to confirm.
func (w *worker) setWant(want *vtep.Want, revision uint64, cleaning bool) {
	w.mu.Lock()
	same := vtep.SameWant(w.want, want)
	w.noteNetworks(want)
	if same && w.status.released == w.status.revision && w.status.revision == w.revision {
		w.status.released = revision
	}
	if same && w.status.revision == w.revision {
		w.status.revision = revision
	}
	w.want, w.revision = want, revision
	idle := same && w.status.phase == model.DeviceInSync && !cleaning && !w.behind
	w.mu.Unlock()
	if !idle {
		w.nudge()
	}
}

func (w *worker) nudge() { notify(w.wake) }

// run connects again and again until ctx ends.
func (w *worker) run(ctx context.Context) {
	defer w.seat.Close()
	defer w.loop.leases.Forget(w.seat)
	if !w.brief {
		w.stamp()
	}
	retry := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(500*time.Millisecond),
		backoff.WithMaxInterval(maxBackoff),
		backoff.WithMaxElapsedTime(0), // forever
	)
	for ctx.Err() == nil {
		w.held = time.Time{}
		err := w.connect(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, connector.ErrOffered) || w.seat.Offering():
			w.damper = damping.Damper{}
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

// delay is how long to wait after a session, or an attempt at one.
func (w *worker) delay(retry *backoff.ExponentialBackOff, err error) time.Duration {
	switch {
	case refused(err):
	case !w.held.IsZero() && time.Since(w.held) > steadyAfter:
		retry.Reset()
	case errors.Is(err, ovsdb.ErrProtocol):
		return quarantine
	}
	retry.MaxInterval = w.maxDelay(err)
	return min(retry.NextBackOff(), retry.MaxInterval) // jitter may lead past the maximum
}

// maxDelay is how long the wait after an error may grow. A switch that was in
// line not long ago is expected back, whatever answers in its place.
func (w *worker) maxDelay(err error) time.Duration {
	st := w.state()
	switch {
	case errors.As(err, new(connector.DrivenElsewhere)):
		return maxElsewhereBackoff
	case refused(err):
		return maxRefusedBackoff
	case !errors.Is(err, ovsdb.ErrNoAnswer) || st.expected(w.loop.opts.Hold):
		return maxBackoff
	}
	return maxMuteBackoff
}

// refused reports whether a switch was reached and is not this registration's to drive.
func refused(err error) bool {
	return errors.As(err, new(connector.NotDriven)) || errors.As(err, new(connector.DrivenElsewhere))
}

// rest waits before the next attempt. A switch that dials in ends it, and so does one
// that nobody drives any more, or redialGap once the switch is supplanted.
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
			if w.supplanted.Load() && d < quarantine {
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
		w.enter(model.DeviceUnreachable, w.loop.waiting(gd))
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

// drive keeps a switch in line over one session, to its end or that of ctx, or
// until a newer session is there.
func (w *worker) drive(ctx context.Context, k connector.Link) error {
	w.enterReading()
	w.loop.metrics.sessions.WithLabelValues(w.id).Inc()
	w.hold(k)
	defer w.letGo()
	facts := k.Session.Facts()
	w.show(facts) // also what is another switch
	if reason := w.loop.identity().Unproven(w.device.Load(), k, facts.Switches); reason != "" {
		return connector.NotDriven(reason)
	}
	w.stored = nil // told at once
	// Before serve takes the lock: it is not to be taken from another worker.
	if err := w.admit(ctx, facts.Switches); err != nil {
		return err
	}
	return w.serve(ctx, k.Session)
}

// hold notes the session that stands.
func (w *worker) hold(k connector.Link) {
	w.held = time.Now()
	w.seat.Hold(k)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.backSince, w.status.peer, w.status.distrust = time.Time{}, k.Peer, ""
}

// letGo notes that no session stands.
func (w *worker) letGo() {
	w.seat.LetGo()
	w.mu.Lock()
	if w.status.awaySince.IsZero() {
		w.status.awaySince = time.Now()
	}
	w.status.peer = transport.Peer{}
	w.status.revision, w.status.released, w.status.problems, w.status.blocked = 0, 0, nil, ""
	w.mu.Unlock()
	if w.loop.leases.Has(w.seat) { // else it has told nothing
		w.loop.unlearn(w.id)
	}
	w.loop.leases.Release(w.seat)
}

// serve keeps the switch in line until the session ends.
func (w *worker) serve(ctx context.Context, s *vtep.Session) error {
	w.due = time.NewTimer(time.Hour)
	defer w.due.Stop()
	defer w.sayUnsaid()
	need, err := w.begin(ctx, s)
	if err != nil {
		return err
	}
	pass := time.NewTicker(w.loop.opts.Interval)
	defer pass.Stop()
	retry := time.NewTimer(0)
	defer retry.Stop()
	w.surveys.begin(s, w.loop.opts.Interval, w.doubts.rows)
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
			w.tell(s, false)
		case <-w.due.C:
			if need, err = w.observe(ctx, s); err != nil {
				return err
			}
		case <-w.seat.Offered():
			if w.seat.Offering() {
				return connector.ErrOffered
			}
			continue
		case <-w.wake:
			if w.networksChanged() {
				w.tell(s, true)
			}
		case <-pass.C:
			mode = vtep.Whole
			if need, err = w.look(ctx, s); err != nil {
				return err
			}
			w.tell(s, false) // the time of a switch that is missing may be over
			w.traceRest(time.Now())
			w.stamp() // a certificate may have ended
		case <-retry.C:
		case <-w.surveys.timer.C:
			if err := w.survey(ctx, s); err != nil {
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
	w.synced, w.stored, w.damper = damping.Synced{}, nil, damping.Damper{}
	if err := s.Claim(ctx, w.loop.store.Definitions().StoreID); err != nil {
		return 0, err
	}
	if need, err = w.observe(ctx, s); err != nil {
		return 0, err
	}
	w.networksChanged() // whatever they are now, all stations are told
	w.tell(s, true)
	w.enter(model.DeviceSyncing, "waiting for the plan")
	return need, nil
}

// observe records what the switch says of itself. It returns the store revision
// that a plan must be made from at least, so that no plan is older than what
// was read.
func (w *worker) observe(ctx context.Context, s *vtep.Session) (uint64, error) {
	if err := s.Sync(ctx, vtep.Reported); err != nil {
		return 0, err
	}
	facts := s.Facts()
	if err := w.admit(ctx, facts.Switches); err != nil {
		return 0, err
	}
	if all, vnis := s.TakeVNIs(); all || len(vnis) > 0 {
		w.loop.store.NoteVNIs(w.id, all, vnis)
	}
	w.show(facts)
	return w.loop.store.Definitions().Revision, nil
}

// show notes what the session's switches say of themselves.
func (w *worker) show(facts *vtep.Facts) {
	w.mu.Lock()
	was := w.status.facts
	w.status.facts = facts
	w.mu.Unlock()
	if !connector.SameSwitches(was, facts.Switches) {
		w.loop.acceptor.Recheck()
	}
	if !facts.SameStatus(was) {
		w.loop.refresh()
	}
}

// recorded reports whether the store knows that the database has been read: from then
// on it may hold rows of ours, which a deletion of the device must not forget.
func (w *worker) recorded() bool {
	defs := w.loop.store.Definitions()
	_, read := defs.Inventories.Get(w.id)
	_, registered := defs.Devices.Get(w.id)
	return read || !registered
}

// kept reports whether the store has these very switches already, as it has
// nearly always: what a switch says is mostly of its stations. While one is missing
// time alone changes what is to be remembered.
func (w *worker) kept(switches []model.SwitchInventory) bool {
	now, _ := w.loop.store.Definitions().Inventories.Get(w.id)
	return len(w.missing) == 0 && len(switches) > 0 && len(w.inventory) > 0 && now != nil && now == w.stored && &w.inventory[0] == &switches[0] &&
		now.Revision > w.device.Load().Accepted
}

// keepInTime has the store remember the switches of the database, at a bounded rate. What
// is said first in a session is remembered at once: plans are made from it.
func (w *worker) keepInTime(ctx context.Context, switches []model.SwitchInventory) error {
	if wait := max(w.said.wait(time.Now()), w.loop.said.wait(time.Now())); wait > 0 && w.stored != nil {
		w.unsaid = switches
		w.due.Reset(wait)
		return nil
	}
	return w.keep(ctx, switches)
}

// unsaidName is the name of a switch that the store is yet to be told of, "" for none:
// until then it is not known whether another device has it too, and nothing is planned.
func (w *worker) unsaidName() string {
	if w.unsaid == nil {
		return ""
	}
	inv, _ := w.loop.store.Definitions().Inventories.Get(w.id)
	return unknownName(inv, w.unsaid)
}

func unknownName(inv *model.Inventory, switches []model.SwitchInventory) string {
	for i := range switches {
		if _, known := inv.Switch(switches[i].Name); !known {
			return switches[i].Name
		}
	}
	return ""
}

// sayUnsaid has the store remember, at the end of a session, what had to wait.
func (w *worker) sayUnsaid() {
	if w.unsaid == nil || w.loop.identity().Foreign(w.device.Load(), w.unsaid) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeRetry)
	defer cancel()
	_ = w.keep(ctx, w.unsaid) // it is logged, and nothing is written any more
}

// keep has the store remember the switches of the database. What the store does not
// take is tried again at the next pass, and what is wanted still kept in line: but
// not on a switch that the store knows nothing of, which may be another device's.
func (w *worker) keep(ctx context.Context, switches []model.SwitchInventory) error {
	w.unsaid = nil
	old, _ := w.loop.store.Definitions().Inventories.Get(w.id)
	now := time.Now()
	w.mu.Lock()
	from := w.seat.Link().From
	w.mu.Unlock()
	inv := model.Inventory{Switches: w.remembered(old, switches, now), Peer: from, SeenAt: now}
	err := w.loop.store.SetInventory(ctx, w.id, inv)
	switch {
	case err == nil:
		w.inventory = switches
		w.stored, _ = w.loop.store.Definitions().Inventories.Get(w.id)
		if w.stored != old {
			w.said.passed(now)
			w.loop.said.passed(now)
		}
		return nil
	case model.KindOf(err) == model.NotFound:
		return nil // it is deleted
	case ctx.Err() != nil:
		return ctx.Err()
	}
	w.logger().WithField("err", err).Warn("remembering what the switch says of itself")
	if name := unknownName(old, switches); name != "" {
		return fmt.Errorf("switch %s can not be remembered: %w", name, err)
	}
	return nil
}
