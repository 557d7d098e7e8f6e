package reconcile

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"bordergw/model"
)

// workers are the workers that run: one for every driven device, and those of deleted
// devices that have a turn. Only Run starts and stops them, everybody looks them up.
type workers struct {
	store   Store
	metrics *metrics
	// create makes a worker, which start runs.
	create func(*model.GatewayDevice) *worker
	// recheck has switches that dialled in identified again.
	recheck func()
	// touch notes that something else may be known of a device, by id, than before.
	touch func(id string)
	turns *turns // of deleted devices

	// matched are the definitions that the workers were last matched with. Turns begin by
	// these: a device that has been deleted since still has its worker. It is Run's own.
	matched *model.Definitions
	// lost are the devices that failOver was last called with, lostOf the registrations then.
	lost   map[string]bool
	lostOf *model.Registrations

	// absent are those whose switches are not there.
	absent absences

	mu   sync.Mutex
	byID map[string]*worker // of registered devices
}

func newWorkers(store Store, m *metrics, create func(*model.GatewayDevice) *worker) *workers {
	return &workers{
		store: store, metrics: m, create: create, byID: map[string]*worker{},
		turns: newTurns(func(id string) { store.NoteVNIs(id, true, nil) }),
	}
}

// match has one worker run for every driven device, and none for others. A
// worker is replaced when its device is to be reached elsewhere. The session with
// one that has been deleted goes on, to clean it.
func (ws *workers) match(ctx context.Context, running *sync.WaitGroup, defs *model.Definitions) {
	was := ws.matched
	ws.matched = defs
	if was != nil && was.Devices.Same(defs.Devices) {
		return
	}
	changed := false
	defer func() {
		if changed {
			ws.recheck()
		}
	}()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	var before model.Table[model.GatewayDevice, *model.GatewayDevice]
	if was != nil {
		before = was.Devices
	}
	for id, c := range defs.Devices.Changes(before) {
		changed = true
		if w := ws.byID[id]; w != nil && (c.Now == nil || !sameEndpoint(c.Now, w.device.Load())) {
			ws.dismiss(w, defs)
		}
		if c.Now == nil || !c.Now.Driven() {
			continue
		}
		if w := ws.byID[id]; w != nil {
			if was := w.device.Swap(c.Now); was.DriftPolicy != c.Now.DriftPolicy {
				w.nudge() // what is left as it is may be due, although the View is the same
			}
			continue
		}
		w := ws.create(c.Now)
		ws.byID[id] = w
		ws.metrics.begin(id)
		ws.touch(id)
		ws.prepare(ctx, running, w)()
	}
}

// dismiss ends a worker of a device that is gone, or is to be reached elsewhere. The lock is held.
func (ws *workers) dismiss(w *worker, defs *model.Definitions) {
	id := w.device.id
	if _, retired := defs.Retired.Get(id); retired && w.state().phase != model.DeviceUnreachable {
		ws.turns.adopt(w)
	} else {
		w.stop()
	}
	delete(ws.byID, id)
	ws.metrics.forget(id)
	ws.touch(id)
}

// prepare gives a worker what stops it, and returns what starts it.
func (ws *workers) prepare(ctx context.Context, running *sync.WaitGroup, w *worker) func() {
	ctx, w.stop = context.WithCancel(ctx)
	return func() {
		running.Go(func() {
			defer w.stop()
			w.run(ctx)
			ws.absent.drop(w)
			ws.turns.end(w, time.Now())
			ws.forget(w.device.id)
		})
	}
}

// takeTurns begins the turns of deleted devices that are due. It returns when to look
// again, zero if nothing but a change brings the next turn.
func (ws *workers) takeTurns(ctx context.Context, running *sync.WaitGroup) time.Time {
	for {
		now, defs := time.Now(), ws.matched
		id, again := ws.turns.next(defs, now)
		if id == "" {
			return again
		}
		r, _ := defs.Retired.Get(id)
		w := ws.create(&r.GatewayDevice)
		w.brief = true
		begin := ws.prepare(ctx, running, w)
		ws.turns.begin(w, now)
		begin()
		ws.recheck()
	}
}

// forget ends the series of a device that is not driven any more.
func (ws *workers) forget(id string) {
	defer ws.touch(id)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.byID[id] != nil {
		return // by another worker
	}
	ws.metrics.forget(id)
	defs := ws.store.Definitions()
	_, registered := defs.Devices.Get(id)
	if _, retired := defs.Retired.Get(id); !registered && !retired {
		ws.store.NoteVNIs(id, true, nil)
	}
}

func sameEndpoint(a, b *model.GatewayDevice) bool {
	return a.ManagementIP == b.ManagementIP && a.ManagementPort == b.ManagementPort &&
		a.ManagementProtocol == b.ManagementProtocol && a.TLS == b.TLS
}

// all copies the workers of registered devices, by id, for use without the lock.
func (ws *workers) all() map[string]*worker {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return maps.Clone(ws.byID)
}

// failOver notes which devices are down whose part another device has.
func (ws *workers) failOver(lost map[string]bool) {
	all := ws.matched.Registrations()
	if maps.Equal(lost, ws.lost) && (len(lost) == 0 || all == ws.lostOf) {
		return
	}
	ws.lost, ws.lostOf = lost, all
	for id, w := range ws.all() {
		w.failedOver.Store(anyShared(ws.matched, lost, id))
	}
}

// byName lists the workers of registered devices by the names of the devices.
func (ws *workers) byName() (out []*worker) {
	for _, w := range ws.all() {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b *worker) int {
		return cmp.Or(strings.Compare(a.device.Load().Name, b.device.Load().Name), strings.Compare(a.device.id, b.device.id))
	})
	return out
}

// get is the worker of a registered device, nil if there is none.
func (ws *workers) get(id string) *worker {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.byID[id]
}

// driver is the worker that has a session with the switch of a device, which may be
// that of another registration; else the device's own, nil if there is none.
func (ws *workers) driver(id string) *worker {
	own, ways := ws.get(id), sharing(ws.store.Definitions(), id)
	if len(ways) < 2 {
		return own
	}
	for _, gd := range ways {
		w := ws.get(gd.ID)
		if w == nil || w.current() == nil {
			continue
		}
		if st := w.state(); st.reachable() || own == nil || own.current() == nil {
			return w
		}
	}
	return own
}

// reach reports whether a device has a session.
func (ws *workers) reach(gd *model.GatewayDevice) bool {
	w := ws.driver(gd.ID)
	if w == nil {
		return false
	}
	st := w.state()
	return st.reachable()
}
