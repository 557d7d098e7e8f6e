package reconcile

import (
	"context"
	"maps"
	"sync"
	"time"

	"bordergw/model"
)

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
