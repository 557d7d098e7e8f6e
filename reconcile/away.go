package reconcile

import (
	"maps"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
)

// away finds the devices that have been away for longer than the hold, and when
// the next one will have been. One that is being read all that time is slow, not
// away: it has its part still.
func (ws *workers) away(now time.Time, hold time.Duration) (down map[string]bool, next time.Time) {
	gone := map[string]bool{}
	for id, w := range ws.all() {
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
	for id, w := range ws.all() {
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
