package reconcile

import (
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
	view    atomic.Pointer[View]
	// stamp asks Run to look at what became of the connections; kick to build a
	// new View because a switch came, went or learned something.
	stamp, kick chan struct{}

	learnMu  sync.Mutex
	learning *learning
	heard    map[vtep.DatabaseID]bool // have said which stations they have

	mu      sync.Mutex
	workers map[string]*worker // by gateway device id; written by Run only

	reception *reception
	claims    *claims
	ways      ways

	// said bounds how often all switches together have the store remember what they say.
	said bucket
	// remembered is when the store was last told of moves, noted when connections in error
	// were last logged; Run's own.
	remembered, noted time.Time

	historyMu sync.Mutex
	history   history
	inError   map[string]bool // connections; Run's own
}

// New makes a Loop; Run starts it.
func New(store Store, opts Options) *Loop {
	opts.fill()
	l := &Loop{
		store: store, opts: opts, log: opts.Log,
		stamp: make(chan struct{}, 1), kick: make(chan struct{}, 1),
		learning: newLearning(opts.LocalHold, opts.Hold, contradictTime), heard: map[vtep.DatabaseID]bool{},
		workers: map[string]*worker{}, history: history{}, inError: map[string]bool{}, claims: newClaims(),
	}
	l.said = bucket{burst: allBurst, gap: allGap}
	l.reception = newReception(l)
	l.metrics = newMetrics(opts.Registry, l)
	return l
}

// fill sets what was left out.
func (o *Options) fill() {
	o.Interval = positive(o.Interval, defaultInterval)
	o.Settle = positive(o.Settle, settleTime)
	o.LocalHold = positive(o.LocalHold, defaultLocalHold)
	o.Hold = positive(o.Hold, defaultHold)
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
		o.Dial = dialer(o.TLS)
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

	l.learnMu.Lock()
	l.learning.recall(l.store.Definitions())
	l.learnMu.Unlock()
	for _, socket := range l.opts.Listeners {
		running.Go(func() { l.reception.accept(ctx, socket, &running) })
	}
	t := &timers{settled: time.NewTimer(l.opts.Settle), due: time.NewTimer(time.Hour), stamp: time.NewTimer(time.Hour)}
	defer t.stop()
	for {
		began := time.Now()
		next := l.rebuild(ctx, &running, !t.calm)
		t.built(began, next)
		if !l.await(ctx, changes, t) {
			return nil
		}
	}
}

// timers are what Run waits for besides notices.
type timers struct {
	settled, due, stamp *time.Timer
	calm                bool // settled has fired
	stamping            bool // stamp runs
	// last is when the last View was made, gap how long after it the next one that
	// follows from what switches say may be.
	last time.Time
	gap  time.Duration
}

func (t *timers) stop() {
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

// await returns when a View has to be built anew; false at the end.
func (l *Loop) await(ctx context.Context, changes <-chan struct{}, t *timers) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-changes:
			return true
		case <-t.due.C:
			return true
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
	view := Compile(Input{
		Definitions: defs, Learned: learned.winners, Down: unfit,
		GrowOnly: cautious, Unheard: learned.unheard,
		// A store without any connection may have been lost: then what stands on
		// the switches is worth more than what it says.
		Sweep: !cautious && defs.Connections.Len() > 0,
	}, was)
	l.view.Store(view)
	if was == nil || was.Revision != view.Revision {
		l.refresh() // definitions alone may make a connection impossible
	}
	l.forgetExpired(ctx)
	lost, clean := supplanted(defs, down), cleaning(defs)
	for id, w := range l.snapshot() {
		w.supplanted.Store(l.anyShared(lost, id))
		w.setWant(view.Wants[id], view.Revision, l.anyShared(clean, id))
	}
	nextMoves := l.remember(ctx, defs, now)
	return earlier(nextMoves, earlier(earlier(nextDown, nextFit), earlier(learned.next, nextElection)))
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
		case w.answers(due):
			next = earlier(next, now.Add(mostSilence))
		default:
			w.giveUp(now)
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
// that is not in unheard has all that it said in winners. Stations of one that
// only seemed to have spoken would be taken away from all others.
type heardSay struct {
	winners map[string]*Learned
	unheard map[string]bool // devices, by id, that have said nothing since the start
	next    time.Time       // when the next of it expires
}

func (l *Loop) learned(defs *model.Definitions, now time.Time) heardSay {
	out := heardSay{unheard: map[string]bool{}}
	workers := l.snapshot()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	for id, w := range workers {
		if !l.heardOf(id, w) {
			out.unheard[id] = true
		}
	}
	l.learning.retain(func(id string) bool {
		_, ok := defs.Networks.Get(id)
		return ok
	})
	out.next = l.learning.expire(now)
	out.winners = l.learning.snapshot(now)
	return out
}

// heardOf reports whether a device's switch has said which stations it has, over
// whichever registration.
func (l *Loop) heardOf(id string, w *worker) bool {
	return l.heard[databaseID(w.device.Load())] || slices.ContainsFunc(l.sharing(id), func(gd *model.GatewayDevice) bool {
		return l.heard[databaseID(gd)]
	})
}

// learn takes what a switch says of its stations.
func (l *Loop) learn(db vtep.DatabaseID, told vtep.Locals, first bool) {
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	l.learning.update(db, told, first, time.Now())
	l.heard[db] = true
}

// unlearn starts the hold of what a switch that has gone away said; at once
// when its device is no longer registered.
func (l *Loop) unlearn(db vtep.DatabaseID) {
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	l.learning.disconnected(db, time.Now())
}

// UnfreezeMAC lets a MAC move again that moved too often, and reports whether
// it was held.
func (l *Loop) UnfreezeMAC(network string, mac model.MAC) bool {
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	return l.learning.unfreeze(network, mac, time.Now())
}

// match has one worker run for every driven device, and none for others. A
// worker is replaced when its device is to be reached elsewhere.
func (l *Loop) match(ctx context.Context, running *sync.WaitGroup, defs *model.Definitions) {
	wanted := drivenDevices(defs)
	changed := false
	defer func() {
		if changed {
			l.reception.recheck()
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, w := range l.workers {
		if gd := wanted[id]; gd == nil || !sameEndpoint(gd, w.device.Load()) {
			w.stop()
			delete(l.workers, id)
			changed = true
		}
	}
	for id, gd := range wanted {
		if w := l.workers[id]; w != nil {
			changed = w.device.Swap(gd) != gd || changed
			continue
		}
		changed = true
		w := newWorker(l, gd)
		l.workers[id] = w
		wctx, stop := context.WithCancel(ctx)
		w.stop = stop
		running.Go(func() {
			w.run(wctx)
			l.forget(id)
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
	if gd := drivenDevices(l.store.Definitions())[id]; gd == nil {
		l.store.NoteVNIs(id, true, nil)
	}
}

// drivenDevices are those that have a database, deleted ones included until
// they are clean.
func drivenDevices(defs *model.Definitions) map[string]*model.GatewayDevice {
	out := map[string]*model.GatewayDevice{}
	add := func(gd *model.GatewayDevice) {
		if gd.Driven() {
			out[gd.ID] = gd
		}
	}
	for gd := range defs.Devices.All() {
		add(gd)
	}
	for r := range defs.Retired.All() {
		add(&r.GatewayDevice)
	}
	return out
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
