package reconcile

import (
	"bordergw/reconcile/connector"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

const (
	// defaultInterval is the time between periodic passes.
	defaultInterval = time.Minute
	// settleTime after a start flood lists only grow and nothing is swept:
	// removals that follow from missing facts wait.
	settleTime = 2 * time.Minute
	// defaultHAHold bridges a switch's restart of its database.
	defaultHAHold = 10 * time.Second
	// burstShare and burstGap separate Views that follow from what switches say: a
	// lone change is taken at once, of a burst as much at a time that making Views
	// takes one part in burstShare of the time, at most burstGap.
	burstShare = 10
	burstGap   = 100 * time.Millisecond
)

// Options adjust a Loop; the zero value is usable.
type Options struct {
	// Interval is the time between periodic passes over a switch in sync.
	Interval time.Duration
	Log      logrus.FieldLogger
	// Registry receives the metrics; nil for none.
	Registry prometheus.Registerer
	// Dial opens the connection to a device; nil dials its management address.
	Dial func(context.Context, *model.GatewayDevice) (net.Conn, error)
	// Listeners are where switches dial in. Run closes them.
	Listeners []net.Listener
	// TLS makes and judges encrypted connections; nil for none.
	TLS *transport.TLS
	// Settle replaces the two minutes of caution after a start.
	Settle time.Duration
	// LocalHold and Hold replace the 4 s and 300 s that learned MACs outlive
	// their row and their switch's session.
	LocalHold, Hold time.Duration
	// HAHold is how long a switch must be away before another takes over its
	// part; default 10 s.
	HAHold time.Duration
}

// Loop drives all registered switches. It implements the api's Status.
type Loop struct {
	store   Store
	opts    Options
	log     logrus.FieldLogger
	metrics *metrics
	view    atomic.Pointer[topology.View]
	// stamp asks Run to look at what became of the connections; kick to build a
	// new View because a switch came, went or learned something.
	stamp, kick chan struct{}

	learnMu sync.Mutex
	macs    *mactable.Table
	// heard is the revision of the definitions whose networks a database has told all
	// its stations of: those that were created later it has said nothing of.
	heard map[vtep.DatabaseID]uint64
	// tellers are who told of each database last, numbered by what numbered says; told
	// counts how often any did.
	tellers  map[vtep.DatabaseID]teller
	numbered *model.Registrations
	told     uint64
	// joined is since when a network is in the View, for as long as that is recent.
	joined map[string]time.Time

	mu      sync.Mutex
	workers map[string]*worker // of registered devices, by id; written by Run only
	turns   *turns             // of deleted devices

	acceptor *connector.Acceptor
	leases   *connector.Leases

	// said bounds how often all switches together have the store remember what they say.
	said bucket
	// remembered is when the store was last told of moves, noted when connections in error
	// were last logged; Run's own.
	remembered, noted time.Time

	transitions transitions
	inError     map[string]bool // connections; Run's own
	disputed    map[string]bool // networks that have contested stations; Run's own
}

// New makes a Loop; Run starts it.
func New(store Store, opts Options) *Loop {
	opts.fill()
	l := &Loop{
		store: store, opts: opts, log: opts.Log,
		stamp: make(chan struct{}, 1), kick: make(chan struct{}, 1),
		macs: mactable.New(time.Now(), opts.LocalHold, opts.Hold, mactable.ContradictTime), heard: map[vtep.DatabaseID]uint64{}, tellers: map[vtep.DatabaseID]teller{}, joined: map[string]time.Time{},
		workers: map[string]*worker{}, inError: map[string]bool{}, disputed: map[string]bool{}, leases: connector.NewLeases(),
		turns: newTurns(func(id string) { store.NoteVNIs(id, true, nil) }),
	}
	l.said = bucket{burst: allBurst, gap: allGap}
	l.metrics = newMetrics(opts.Registry, l)
	l.acceptor = connector.NewAcceptor(l.log, l.identify, func(reason string) { l.metrics.refused.WithLabelValues(reason).Inc() })
	return l
}

// fill sets what was left out.
func (o *Options) fill() {
	o.Interval = positive(o.Interval, defaultInterval)
	o.Settle = positive(o.Settle, settleTime)
	o.LocalHold = positive(o.LocalHold, mactable.DefaultLocalHold)
	o.Hold = positive(o.Hold, mactable.DefaultHold)
	o.HAHold = positive(o.HAHold, defaultHAHold)
	if o.Log == nil {
		silent := logrus.New()
		silent.SetLevel(logrus.PanicLevel)
		o.Log = silent
	}
	if o.TLS == nil {
		o.TLS = &transport.TLS{}
	}
	if o.Dial == nil {
		o.Dial = connector.Dialer(o.TLS)
	}
}

func positive(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Run drives the switches until ctx ends; then it closes all sessions and
// leaves the switches as they are.
func (l *Loop) Run(ctx context.Context) error {
	changes, unsubscribe := l.store.Changes()
	defer unsubscribe()
	var running sync.WaitGroup
	defer l.rememberLast()
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	l.recall(l.store.Definitions())
	for _, socket := range l.opts.Listeners {
		running.Go(func() { l.acceptor.Accept(ctx, socket, &running) })
	}
	t := newTimers(l.opts.Settle)
	defer t.stop()
	for {
		began := time.Now()
		next := l.rebuild(ctx, &running, !t.calm)
		t.built(began, next)
		t.at(l.takeTurns(ctx, &running))
		if !l.await(ctx, &running, changes, t) {
			return nil
		}
	}
}

// timers are what Run waits for besides notices.
type timers struct {
	settled, due, stamp, turn *time.Timer
	calm                      bool // settled has fired
	stamping                  bool // stamp runs
	// last is when the last View was made, gap how long after it the next one that
	// follows from what switches say may be.
	last time.Time
	gap  time.Duration
}

func newTimers(settle time.Duration) *timers {
	return &timers{
		settled: time.NewTimer(settle), due: time.NewTimer(time.Hour), stamp: time.NewTimer(time.Hour), turn: time.NewTimer(time.Hour),
	}
}

func (t *timers) stop() {
	t.turn.Stop()
	t.settled.Stop()
	t.due.Stop()
	t.stamp.Stop()
}

// built notes that a View was built, and when time alone asks for the next.
func (t *timers) built(began, next time.Time) {
	t.last = time.Now()
	t.gap = min(burstShare*t.last.Sub(began), burstGap)
	if !next.IsZero() {
		t.due.Reset(max(time.Until(next), burstGap))
	}
}

// at sets when deleted devices are looked at again; zero for not by time alone.
func (t *timers) at(turn time.Time) {
	if !turn.IsZero() {
		t.turn.Reset(time.Until(turn))
	}
}

// await returns when a View has to be built anew; false at the end.
func (l *Loop) await(ctx context.Context, running *sync.WaitGroup, changes <-chan struct{}, t *timers) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-changes:
			return true
		case <-t.due.C:
			return true
		case <-t.turn.C:
			t.at(l.takeTurns(ctx, running))
		case <-l.turns.ended:
			t.at(l.takeTurns(ctx, running))
		case <-l.kick:
			// The edge of a burst passes at once.
			wait := t.gap - time.Since(t.last)
			if wait <= 0 {
				return true
			}
			t.due.Reset(wait)
		case <-t.settled.C:
			t.calm = true
			l.log.Info("settled: what nothing explains is removed from now on")
			return true
		case <-l.stamp:
			if !t.stamping { // a steady stream of notices is not to put it off
				t.stamping = true
				t.stamp.Reset(stampGap)
			}
		case <-t.stamp.C:
			t.stamping = false
			l.stampConnections()
		}
	}
}

// refresh asks for a look at the connections' conditions.
func (l *Loop) refresh() { notify(l.stamp) }

// facts asks for a new View, as a switch has something new to say.
func (l *Loop) facts() { notify(l.kick) }

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// rebuild compiles the definitions as they stand, starts and stops workers to
// match, and hands each its share. It returns when time alone asks for the
// next View, zero for never.
func (l *Loop) rebuild(ctx context.Context, running *sync.WaitGroup, cautious bool) time.Time {
	now := time.Now()
	l.match(ctx, running, l.store.Definitions())
	down, nextDown := l.away(now)
	nextElection := l.elect(ctx, down, now)
	defs := l.store.Definitions()
	learned := l.learned(defs, now)
	unfit, nextFit := l.unsteady(down, now)
	was := l.view.Load()
	young, nextGrown := l.young(defs, was, now)
	view := topology.Compile(topology.Input{
		Definitions: defs, Learned: learned.winners, Down: unfit,
		GrowOnly: cautious, Heard: learned.heard, Young: young,
		// A store without any connection may have been lost: then what stands on
		// the switches is worth more than what it says.
		Sweep: !cautious && defs.Connections.Len() > 0,
	}, was)
	l.view.Store(view)
	l.tellContested(view)
	if was == nil || was.Revision != view.Revision {
		l.refresh() // definitions alone may make a connection impossible
	}
	nextForgotten := l.forgetExpired(ctx)
	lost, clean := supplanted(defs, down), cleaning(defs)
	for id, w := range l.snapshot() {
		w.supplanted.Store(l.anyShared(lost, id))
		w.setWant(view.Wants[id], view.Revision, l.anyShared(clean, id))
	}
	for _, w := range l.turns.workers() {
		w.setWant(view.Wants[w.id], view.Revision, true)
	}
	next := earlier(nextDown, nextFit)
	for _, due := range []time.Time{l.remember(ctx, defs, now), learned.next, nextElection, nextForgotten, nextGrown} {
		next = earlier(next, due)
	}
	return next
}

// earlier is the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// away finds the devices that have been away for longer than the hold, and when
// the next one will have been. One that is being read all that time is slow, not
// away: it has its part still.
func (l *Loop) away(now time.Time) (down map[string]bool, next time.Time) {
	gone := map[string]bool{}
	for id, w := range l.snapshot() {
		st := w.state()
		if st.reachable() {
			continue
		}
		switch due := st.awaySince.Add(l.opts.HAHold); {
		case due.After(now):
			next = earlier(next, due)
		case w.seat.Answers(due):
			next = earlier(next, now.Add(connector.MostSilence))
		default:
			w.seat.GiveUp(now)
			gone[id] = true
		}
	}
	return l.unreached(gone), next
}

// unreached leaves out the devices whose switch is reached by another registration.
func (l *Loop) unreached(gone map[string]bool) map[string]bool {
	down := map[string]bool{}
	for id := range gone {
		if !slices.ContainsFunc(l.sharing(id), func(gd *model.GatewayDevice) bool { return !gone[gd.ID] }) {
			down[id] = true
		}
	}
	return down
}

// unsteady adds the devices that have not been back for as long as the hold:
// their data plane is still being built. It tells when the next one will have
// been.
func (l *Loop) unsteady(down map[string]bool, now time.Time) (map[string]bool, time.Time) {
	out, next := maps.Clone(down), time.Time{}
	for id, w := range l.snapshot() {
		st := w.state()
		if due := st.backSince.Add(l.opts.HAHold); st.reachable() && due.After(now) {
			out[id], next = true, earlier(next, due)
			for _, gd := range l.sharing(id) {
				out[gd.ID] = true
			}
		}
	}
	return out, next
}

// heardSay is what the switches have said of stations, as of one moment: a switch
// that is in heard has all that it said in winners. Stations of one that only
// seemed to have spoken would be taken away from all others.
type heardSay struct {
	winners map[string]*mactable.Learned
	// heard is the revision of the definitions of whose networks a device, by id, has
	// said all.
	heard map[string]uint64
	next  time.Time // when the next of it expires
}

func (l *Loop) learned(defs *model.Definitions, now time.Time) heardSay {
	out := heardSay{heard: map[string]uint64{}}
	registered := map[vtep.DatabaseID]bool{}
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	all := l.renumber(defs)
	for gd := range defs.Devices.All() {
		registered[topology.DatabaseID(gd)] = true
		out.heard[gd.ID] = l.heard[numberOf(all, gd)]
	}
	maps.DeleteFunc(l.heard, func(db vtep.DatabaseID, _ uint64) bool { return !registered[db] })
	l.macs.RetainDatabases(registered)
	l.macs.RetainNetworks(func(id string) bool {
		_, ok := defs.Networks.Get(id)
		return ok
	})
	out.next = l.macs.Expire(now)
	out.winners = l.macs.Snapshot(now)
	return out
}

// learn takes what the switch of a device, by id, says of its stations in the networks of
// some definitions.
func (l *Loop) learn(device string, told vtep.Locals, of *model.Definitions) {
	gd, ok := of.Devices.Get(device)
	if !ok {
		return // it is in no network
	}
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	all := l.renumber(of)
	db := numberOf(all, gd)
	before := l.heard[db]
	l.macs.Update(db, told, func(network string) bool {
		n, ok := of.Networks.Get(network)
		return !ok || n.Seq > before
	}, time.Now())
	if told.Full {
		l.heard[db] = max(before, of.Revision)
	}
	l.told++
	l.noteTeller(db, device, l.told, all.Sharing(gd))
}

// unlearn starts the hold of what a switch that has gone away said over a device, by id,
// unless it has said more over another one since; at once when it is no longer registered.
func (l *Loop) unlearn(device string) {
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	for _, db := range l.toldLast(device) {
		l.macs.Disconnected(db, time.Now())
	}
}

// UnfreezeMAC lets a MAC move again that moved too often, and reports whether
// it was held.
func (l *Loop) UnfreezeMAC(network string, mac model.MAC) bool {
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	return l.macs.Unfreeze(network, mac, time.Now())
}

// match has one worker run for every driven device, and none for others. A
// worker is replaced when its device is to be reached elsewhere. The session with
// one that has been deleted goes on, to clean it.
func (l *Loop) match(ctx context.Context, running *sync.WaitGroup, defs *model.Definitions) {
	changed := false
	defer func() {
		if changed {
			l.acceptor.Recheck()
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, w := range l.workers {
		gd, ok := defs.Devices.Get(id)
		if ok && sameEndpoint(gd, w.device.Load()) {
			continue
		}
		if _, retired := defs.Retired.Get(id); retired && w.state().phase != model.DeviceUnreachable {
			l.turns.adopt(w)
		} else {
			w.stop()
		}
		delete(l.workers, id)
		l.metrics.forget(id)
		changed = true
	}
	for gd := range defs.Devices.All() {
		if !gd.Driven() {
			continue
		}
		if w := l.workers[gd.ID]; w != nil {
			changed = w.device.Swap(gd) != gd || changed
			continue
		}
		changed = true
		w := newWorker(l, gd)
		l.workers[gd.ID] = w
		l.prepare(ctx, running, w)()
	}
}

// prepare gives a worker what stops it, and returns what starts it.
func (l *Loop) prepare(ctx context.Context, running *sync.WaitGroup, w *worker) func() {
	ctx, w.stop = context.WithCancel(ctx)
	return func() {
		running.Go(func() {
			defer w.stop()
			w.run(ctx)
			l.turns.end(w, time.Now())
			l.forget(w.id)
		})
	}
}

// forget ends the series of a device that is not driven any more.
func (l *Loop) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.workers[id] != nil {
		return // by another worker
	}
	l.metrics.forget(id)
	defs := l.store.Definitions()
	_, registered := defs.Devices.Get(id)
	if _, retired := defs.Retired.Get(id); !registered && !retired {
		l.store.NoteVNIs(id, true, nil)
	}
}

func sameEndpoint(a, b *model.GatewayDevice) bool {
	return a.ManagementIP == b.ManagementIP && a.ManagementPort == b.ManagementPort &&
		a.ManagementProtocol == b.ManagementProtocol && a.TLS == b.TLS
}

// snapshot copies the workers for use without the lock.
func (l *Loop) snapshot() map[string]*worker {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.workers)
}

func (l *Loop) worker(id string) *worker {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.workers[id]
}
