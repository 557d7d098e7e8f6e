package reconcile

import (
	"maps"
	"slices"
	"sync"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
)

// away finds the devices that have been away for longer than the hold, and when
// the next one will have been. One that is being read all that time is slow, not
// away: it has its part still.
func (ws *workers) away(now time.Time, hold time.Duration) (down map[string]bool, next time.Time) {
	gone := map[string]bool{}
	for id, w := range ws.unsettled(now, hold) {
		since, _ := w.board.presence()
		if since.IsZero() {
			continue
		}
		switch due := since.Add(hold); {
		case due.After(now):
			next = earlier(next, due)
		case w.seat.Answers(due):
			next = earlier(next, now.Add(connector.MostSilence))
		default:
			w.seat.GiveUp(now)
			gone[id] = true
		}
	}
	return ws.unreached(gone), next
}

// unreached leaves out the devices whose switch is reached by another registration.
func (ws *workers) unreached(gone map[string]bool) map[string]bool {
	defs, down := ws.store.Definitions(), map[string]bool{}
	for id := range gone {
		if !slices.ContainsFunc(sharing(defs, id), func(gd *model.GatewayDevice) bool { return !gone[gd.ID] }) {
			down[id] = true
		}
	}
	return down
}

// unsteady adds the devices that have not been back for as long as the hold:
// their data plane is still being built. It tells when the next one will have
// been.
func (ws *workers) unsteady(down map[string]bool, now time.Time, hold time.Duration) (map[string]bool, time.Time) {
	defs, out, next := ws.store.Definitions(), maps.Clone(down), time.Time{}
	for id, w := range ws.unsettled(now, hold) {
		away, back := w.board.presence()
		if due := back.Add(hold); away.IsZero() && due.After(now) {
			out[id], next = true, earlier(next, due)
			for _, gd := range sharing(defs, id) {
				out[gd.ID] = true
			}
		}
	}
	return out, next
}

// unsettled are the workers, by device id, whose switches are away, or have not been back for as long
// as the hold. All others are left alone, however many there are.
func (ws *workers) unsettled(now time.Time, hold time.Duration) map[string]*worker {
	out := map[string]*worker{}
	for _, w := range ws.absent.unsettled(now, hold) {
		if ws.get(w.device.id) == w {
			out[w.device.id] = w
		}
	}
	return out
}

// absences are the workers whose switches have been away lately.
type absences struct {
	mu sync.Mutex
	of map[*worker]bool
}

// add is called after a worker's board shows that the switch is away.
func (a *absences) add(w *worker) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of == nil {
		a.of = map[*worker]bool{}
	}
	a.of[w] = true
}

// drop forgets a worker that has ended.
func (a *absences) drop(w *worker) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.of, w)
}

// unsettled lists those that are away, or not yet back for as long as the hold, and forgets the others. A
// board is read under the lock: who goes away after that is added after that.
func (a *absences) unsettled(now time.Time, hold time.Duration) (out []*worker) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for w := range a.of {
		if away, back := w.board.presence(); away.IsZero() && !back.Add(hold).After(now) {
			delete(a.of, w)
		} else {
			out = append(out, w)
		}
	}
	return out
}
