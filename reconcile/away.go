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
