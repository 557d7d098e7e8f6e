package reconcile

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep/transport"
)

const (
	// defaultInterval is the time between periodic passes.
	defaultInterval = time.Minute
	// settleTime after a start flood lists only grow and nothing is pruned:
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
	// Events is told what happens; nil for nobody.
	Events Events
}

// Loop drives all registered switches: it makes a View whenever something may have changed, and
// hands each worker its share. It implements the api's Status. Each part keeps its own state;
// of the Loop itself only view and settled change after New, and only Run stores them.
type Loop struct {
	store   Store
	opts    Options
	log     logrus.FieldLogger
	metrics *metrics
	view    atomic.Pointer[topology.View]
	// stamp asks Run to look at what became of the connections; kick to build a
	// new View because a switch came, went or learned something.
	stamp, kick chan struct{}
	// alive is taken from by Run between two pieces of its work.
	alive   chan struct{}
	touched touched
	late    late
	// settled: the caution after a start is over.
	settled atomic.Bool

	// What switches report of MACs; moves and newNetworks are Run's own.
	macs        *macReports
	moves       moveKeeper
	newNetworks newNetworks
	// debts are what switches have to confirm.
	debts debts

	// Who drives the switches; elector is Run's own.
	workers  *workers
	elector  elector
	acceptor *connector.Acceptor
	leases   *connector.Leases

	// said bounds how often all switches together have the store remember what they say.
	said bucket

	lookup   // answers what is asked of rows and MACs
	overview // sums up

	// What became of it; recorder and contested are Run's own.
	devices     *deviceStatuses
	connections *connectionStatuses
	transitions transitions
	events      *eventReporter
	recorder    statusRecorder
	contested   contestedLog
}

// New makes a Loop; Run starts it.
func New(store Store, opts Options) *Loop {
	opts.fill()
	l := &Loop{
		store: store, opts: opts, log: opts.Log,
		stamp: make(chan struct{}, 1), kick: make(chan struct{}, 1), alive: make(chan struct{}),
		newNetworks: newNetworks{settle: opts.Settle, since: map[string]time.Time{}},
		leases:      connector.NewLeases(),
	}
	l.touched.stamp, l.late.view = l.stamp, &l.view
	l.events = &eventReporter{Events: opts.Events, store: store, unregistered: bucket{burst: unregisteredBurst, gap: unregisteredGap}}
	l.transitions.changed = l.events.condition
	l.macs = newMACReports(mactable.New(time.Now(), opts.LocalHold, opts.Hold, mactable.ContradictTime), l.facts)
	l.moves = moveKeeper{store: store, log: l.log, macs: l.macs}
	l.said = bucket{burst: allBurst, gap: allGap}
	l.metrics = newMetrics(opts.Registry, l)
	l.workers = newWorkers(store, l.metrics, func(gd *model.GatewayDevice) *worker { return newWorker(l, gd) })
	l.elector = elector{store: store, log: l.log, workers: l.workers, events: l.events}
	l.devices = &deviceStatuses{store: store, workers: l.workers, tls: opts.TLS}
	l.connections = &connectionStatuses{store: store, view: &l.view, workers: l.workers, macs: l.macs}
	l.lookup = lookup{store: store, view: &l.view, workers: l.workers, macs: l.macs, connections: l.connections}
	l.recorder = statusRecorder{
		store: store, workers: l.workers, devices: l.devices, connections: l.connections, transitions: &l.transitions, events: l.events,
		touched: &l.touched, dirty: newDirtyConnections(l.workers), errors: newErrorLog(store, l.log, l.refresh),
		states: map[string]string{}, counted: map[string]int{},
	}
	l.contested = contestedLog{l.log}
	who := &identifier{store: store, tls: opts.TLS, workers: l.workers, leases: l.leases}
	l.acceptor = connector.NewAcceptor(l.log, who.identify, who.seenAt, func(reason string) { l.metrics.refused.WithLabelValues(reason).Inc() }, l.events.discovered)
	l.overview = overview{
		store: store, devices: l.devices, acceptor: l.acceptor, recorder: &l.recorder, macs: l.macs, settled: &l.settled,
		ready: l.Ready, device: l.DeviceStatus, connection: l.ConnectionStatus,
	}
	l.workers.recheck, l.workers.touch = l.acceptor.Recheck, l.touched.add
	return l
}

// fill sets what was left out.
func (o *Options) fill() {
	o.Interval = positive(o.Interval, defaultInterval)
	o.Settle = positive(o.Settle, settleTime)
	o.LocalHold = positive(o.LocalHold, mactable.DefaultLocalHold)
	o.Hold = positive(o.Hold, mactable.DefaultHold)
	o.HAHold = positive(o.HAHold, defaultHAHold)
	if o.Events == nil {
		o.Events = noEvents{}
	}
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

// waiting is the detail of a device that is not dialled and has not called.
func (o *Options) waiting(gd *model.GatewayDevice) string {
	if len(o.Listeners) == 0 {
		return "the daemon does not listen for switches (ovsdb-listen)"
	}
	if gd.TLS != "" {
		if err := o.TLS.Check(gd.TLS); err != nil {
			return err.Error()
		}
	}
	return "waiting for the switch to connect"
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
	defer l.moves.keepLast()
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	l.macs.recall(l.store.Definitions(), time.Now())
	for _, socket := range l.opts.Listeners {
		running.Go(func() { l.acceptor.Accept(ctx, socket, &running) })
	}
	t := newTimers(l.opts.Settle)
	defer t.stop()
	for {
		began := time.Now()
		next := l.rebuild(ctx, &running, !t.calm)
		t.built(began, next)
		t.at(l.workers.takeTurns(ctx, &running))
		if !l.await(ctx, &running, changes, t) {
			return nil
		}
	}
}

// refresh asks for a look at the connections' conditions, for what the View says of them.
func (l *Loop) refresh() { model.Hint(l.stamp) }

// facts asks for a new View, as a switch has something new to say.
func (l *Loop) facts() { model.Hint(l.kick) }

// rebuild compiles the definitions as they stand, starts and stops workers to
// match, and hands each its share. It returns when time alone asks for the
// next View, zero for never.
func (l *Loop) rebuild(ctx context.Context, running *sync.WaitGroup, cautious bool) time.Time {
	now := time.Now()
	l.workers.match(ctx, running, l.store.Definitions())
	down, nextDown := l.workers.away(now, l.opts.HAHold)
	nextElection := l.elector.elect(ctx, down, now)
	defs := l.store.Definitions()
	learned := l.macs.snapshot(defs, now)
	l.events.MACs(newMACPicture(defs, learned))
	unfit, nextFit := l.workers.unsteady(down, now, l.opts.HAHold)
	was := l.view.Load()
	young, nextGrown := l.newNetworks.at(defs, was, now)
	view := topology.Compile(topology.Input{
		Definitions: defs, Learned: learned.winners, Down: unfit,
		GrowOnly: cautious, Reported: learned.reported, Young: young,
		// A store without any connection may have been lost: then what stands on
		// the switches is worth more than what it says.
		Prune: !cautious && defs.Connections.Len() > 0,
	}, was)
	l.hand(view, defs)
	l.contested.note(view, was)
	l.refresh() // definitions alone may make a connection impossible
	nextForgotten := forgetExpired(ctx, l.store, l.log)
	l.workers.failOver(l.elector.failedOver(defs, down))
	next := earlier(nextDown, nextFit)
	for _, due := range []time.Time{l.moves.keep(ctx, defs, now), learned.next, nextElection, nextForgotten, nextGrown} {
		next = earlier(next, due)
	}
	return next
}

// hand shows a View, and wakes the workers for which it has anything new, that waited for it, or that
// may have something to confirm.
func (l *Loop) hand(view *topology.View, defs *model.Definitions) {
	was := l.view.Load()
	anew := l.newNetworks.madeAnew(defs)
	wake := map[*worker]bool{}
	for device, segments := range view.Changed(was) {
		if w := l.workers.get(device); w != nil {
			w.reports.note(segments, view.SegmentsOf(device)) // before the worker has it
			wake[w] = true
		}
	}
	if len(anew) > 0 {
		for id, w := range l.workers.all() {
			wake[w] = w.reports.again(view.SegmentsOf(id), anew) || wake[w]
		}
	}
	l.view.Store(view)
	for _, id := range l.debts.devices(defs) {
		for _, gd := range sharing(defs, id) {
			if w := l.workers.get(gd.ID); w != nil {
				wake[w] = true
			}
		}
	}
	for _, w := range l.workers.turns.workers() {
		wake[w] = true
	}
	for w, wakes := range wake {
		if wakes {
			w.nudge()
		}
	}
	l.late.release()
}

// earlier is the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
