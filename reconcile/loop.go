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
)

const (
	// defaultInterval is the time between periodic passes.
	defaultInterval = time.Minute
	// settleTime after a start flood lists only grow and nothing is swept:
	// removals that follow from missing facts wait.
	settleTime = 2 * time.Minute
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
	// Settle replaces the two minutes of caution after a start.
	Settle time.Duration
}

// Loop drives all registered switches. It implements the api's Status.
type Loop struct {
	store   Store
	opts    Options
	log     logrus.FieldLogger
	metrics *metrics
	view    atomic.Pointer[View]
	// stamp asks Run to look at what became of the connections.
	stamp chan struct{}

	mu      sync.Mutex
	workers map[string]*worker // by gateway device id; written by Run only

	historyMu sync.Mutex
	history   history
}

// New makes a Loop; Run starts it.
func New(store Store, opts Options) *Loop {
	if opts.Interval <= 0 {
		opts.Interval = defaultInterval
	}
	if opts.Settle <= 0 {
		opts.Settle = settleTime
	}
	if opts.Log == nil {
		silent := logrus.New()
		silent.SetLevel(logrus.PanicLevel)
		opts.Log = silent
	}
	if opts.Dial == nil {
		opts.Dial = dial
	}
	l := &Loop{
		store: store, opts: opts, log: opts.Log,
		stamp: make(chan struct{}, 1), workers: map[string]*worker{}, history: history{},
	}
	l.metrics = newMetrics(opts.Registry, l)
	return l
}

// Run drives the switches until ctx ends; then it closes all sessions and
// leaves the switches as they are.
func (l *Loop) Run(ctx context.Context) error {
	changes, unsubscribe := l.store.Changes()
	defer unsubscribe()
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	settled := time.NewTimer(l.opts.Settle)
	defer settled.Stop()
	cautious := true
	for {
		l.rebuild(ctx, &running, cautious)
		if !l.await(ctx, changes, settled, &cautious) {
			return nil
		}
	}
}

// await returns when a View has to be built anew; false at the end.
func (l *Loop) await(ctx context.Context, changes <-chan struct{}, settled *time.Timer, cautious *bool) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-changes:
			return true
		case <-settled.C:
			*cautious = false
			l.log.Info("settled: removals of what nothing explains are allowed from now on")
			return true
		case <-l.stamp:
			l.stampConnections()
			// Many switches may change at once; once in a while is enough.
			if !pause(ctx, stampGap) {
				return false
			}
		}
	}
}

// refresh asks for a look at the connections' conditions.
func (l *Loop) refresh() {
	select {
	case l.stamp <- struct{}{}:
	default:
	}
}

// rebuild compiles the definitions as they stand, starts and stops workers to
// match, and hands each its share.
func (l *Loop) rebuild(ctx context.Context, running *sync.WaitGroup, cautious bool) {
	defs := l.store.Definitions()
	view := Compile(Input{
		Definitions: defs,
		GrowOnly:    cautious,
		// A store without any connection may have been lost: then what stands on
		// the switches is worth more than what it says.
		Sweep: !cautious && defs.Connections.Len() > 0,
	}, l.view.Load())
	l.view.Store(view)
	l.match(ctx, running, defs)
	l.forgetExpired(ctx, defs)
	for id, w := range l.snapshot() {
		w.setWant(view.Wants[id], view.Revision, cleaning(defs, id))
	}
}

// match has one worker run for every driven device, and none for others. A
// worker is replaced when its device is to be reached elsewhere.
func (l *Loop) match(ctx context.Context, running *sync.WaitGroup, defs *model.Definitions) {
	wanted := drivenDevices(defs)
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, w := range l.workers {
		if gd := wanted[id]; gd == nil || !sameEndpoint(gd, w.device.Load()) {
			w.stop()
			delete(l.workers, id)
		}
	}
	for id, gd := range wanted {
		if w := l.workers[id]; w != nil {
			w.device.Store(gd)
			continue
		}
		w := newWorker(l, gd)
		l.workers[id] = w
		wctx, stop := context.WithCancel(ctx)
		w.stop = stop
		running.Go(func() { w.run(wctx) })
	}
}

// drivenDevices are those that can be dialled, deleted ones included until
// they are clean.
func drivenDevices(defs *model.Definitions) map[string]*model.GatewayDevice {
	out := map[string]*model.GatewayDevice{}
	add := func(gd *model.GatewayDevice) {
		if gd.Driven() && gd.ManagementIP != "" {
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
	out := make(map[string]*worker, len(l.workers))
	for id, w := range l.workers {
		out[id] = w
	}
	return out
}

func (l *Loop) worker(id string) *worker {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.workers[id]
}
