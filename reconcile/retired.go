package reconcile

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
)

// Deleted devices that may still hold rows of ours have no worker of their own. They
// take turns: at most maxTurns have a worker at a time, and one begins at most each
// turnGap. Most of them have gone for good, so that a device that does not answer is
// tried less and less often.

const (
	// maxTurns is how many deleted devices are dialled, read or cleaned at a time.
	maxTurns = 4
	turnGap  = time.Second
	// maxTurn ends a turn whose switch is not clean yet, so that others have theirs.
	maxTurn = 5 * time.Minute
	// firstRest and maxRest bound the time between two turns of one device. It
	// doubles each time.
	firstRest = 5 * time.Second
	maxRest   = 5 * time.Minute
)

// turns is who of the deleted devices has a turn, and when the next one begins.
type turns struct {
	mu   sync.Mutex
	byID map[string]*turn // by gateway device id
	last time.Time        // when a turn last began
	// ended tells that a turn is over, or that a device calls for one.
	ended chan struct{}
	// forgotten is called with each device that needs no turn any more.
	forgotten func(id string)
}

// turn is one deleted device.
type turn struct {
	worker *worker // nil between turns
	due    time.Time
	rest   time.Duration
	called bool        // the switch has dialled in
	detail string      // of the last turn
	cut    *time.Timer // ends a turn that takes too long
}

func newTurns(forgotten func(id string)) *turns {
	return &turns{byID: map[string]*turn{}, ended: make(chan struct{}, 1), forgotten: forgotten}
}

// adopt lets the worker of a device that has just been deleted finish the session
// that it has, as the device's first turn.
func (t *turns) adopt(w *worker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.seat.Ended() {
		return
	}
	of := &turn{rest: firstRest}
	of.take(w)
	t.byID[w.device.id] = of
}

// take gives the device's turn to a worker.
func (o *turn) take(w *worker) {
	o.worker, o.called = w, false
	o.cut = time.AfterFunc(maxTurn, w.stop)
}

// leave ends the device's turn; its worker may still be about to end.
func (o *turn) leave() {
	o.worker = nil
	o.cut.Stop()
}

// retain takes up the devices that have been deleted, and ends the turns of those that
// need none any more.
func (t *turns) retain(defs *model.Definitions, now time.Time) {
	for id, of := range t.byID {
		if _, ok := defs.Retired.Get(id); ok {
			continue
		}
		if of.worker != nil {
			of.worker.stop()
			of.leave()
		}
		delete(t.byID, id)
		if _, again := defs.Devices.Get(id); !again {
			t.forgotten(id)
		}
	}
	for r := range defs.Retired.All() {
		if t.byID[r.ID] == nil {
			t.byID[r.ID] = &turn{due: now, rest: firstRest}
		}
	}
}

// next chooses the device whose turn begins now, "" for none, and tells when to look
// again, zero if only the end of a turn can bring the next one.
func (t *turns) next(defs *model.Definitions, now time.Time) (id string, again time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.retain(defs, now)
	running := 0
	var first *turn
	for r := range defs.Retired.All() {
		switch of := t.byID[r.ID]; {
		case of.worker != nil:
			running++
		case connector.Listens(&r.GatewayDevice) && !of.called:
		case first == nil || of.due.Before(first.due):
			id, first = r.ID, of
		}
	}
	switch gap := t.last.Add(turnGap); {
	case first == nil || running >= maxTurns:
		return "", time.Time{}
	case gap.After(now):
		return "", gap
	case first.due.After(now):
		return "", first.due
	}
	return id, now.Add(turnGap)
}

// begin notes that a device has its turn.
func (t *turns) begin(w *worker, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID[w.device.id].take(w)
	t.last = now
}

// end notes that a worker has ended, if it had a turn.
func (t *turns) end(w *worker, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.byID[w.device.id]
	if of == nil || of.worker != w {
		return
	}
	of.leave()
	st := w.state()
	of.detail = cmp.Or(st.lastError, st.detail)
	of.due = now.Add(of.rest)
	of.rest = min(2*of.rest, maxRest)
	model.Hint(t.ended)
}

// call gives the worker of a deleted device whose switch has dialled in. If it has none
// it gets one soon, and the switch is looked at again then.
func (t *turns) call(id string) *worker {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.byID[id]
	if of == nil {
		of = &turn{rest: firstRest}
		t.byID[id] = of
	}
	if of.worker == nil && !of.called {
		of.called, of.due = true, time.Now()
		model.Hint(t.ended)
	}
	return of.worker
}

// workers are those that have a turn.
func (t *turns) workers() (out []*worker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, of := range t.byID {
		if of.worker != nil {
			out = append(out, of.worker)
		}
	}
	return out
}

// report tells whether a device has its turn, and what came of it.
func (t *turns) report(id string) (cleaning bool, detail string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.byID[id]
	switch {
	case of == nil:
		return false, ""
	case of.worker == nil:
		return false, of.detail
	}
	st := of.worker.state()
	return true, cmp.Or(st.detail, st.phase)
}

// list lists the deleted devices that are still to be cleaned, by name.
func (t *turns) list(defs *model.Definitions) []model.DeletedDevice {
	networks := map[string]int{}
	for stone := range defs.Tombstones.All() {
		for _, id := range stone.Pending {
			networks[id]++
		}
	}
	out := []model.DeletedDevice{}
	for r := range defs.Retired.All() {
		d := model.DeletedDevice{
			ID: r.ID, Name: r.Name, ProjectID: r.ProjectID, Endpoint: connector.Describe(&r.GatewayDevice),
			DeletedAt: r.RetiredAt, ForgottenAt: r.RetiredAt.Add(retention), Networks: networks[r.ID],
		}
		d.Cleaning, d.Detail = t.report(r.ID)
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b model.DeletedDevice) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out
}
