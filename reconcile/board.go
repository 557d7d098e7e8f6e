package reconcile

import (
	"reflect"
	"sync"
	"time"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// board is what the Loop hands to a worker, and what the worker shows to everybody, behind
// one lock. Only the Loop hands over, only the worker shows; what is read is a copy.
type board struct {
	mu       sync.Mutex
	want     *vtep.Want
	revision uint64 // of the View that want is from
	status   deviceState
	// behind: a plan waits for a View that is as new as what was read.
	behind bool
}

// state copies what is known of the device's session.
func (b *board) state() deviceState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

// wanted is what the Loop has handed over last, nil if nothing.
func (b *board) wanted() *vtep.Want {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.want
}

// hand hands over what the switch should hold as of a revision. It reports whether the worker
// has nothing to do: it is in sync, and waits for no newer View.
func (b *board) hand(want *vtep.Want, revision uint64) (idle bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	same := vtep.SameWant(b.want, want)
	if same && b.status.released == b.status.revision && b.status.revision == b.revision {
		b.status.released = revision
	}
	if same && b.status.revision == b.revision {
		b.status.revision = revision
	}
	b.want, b.revision = want, revision
	return same && b.status.phase == model.DeviceInSync && !b.behind
}

// take is what to plan, if it is as new as a revision. Else a newer one has to be handed
// over, even if it says the same.
func (b *board) take(need uint64) (want *vtep.Want, revision uint64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.behind = b.want == nil || b.revision < need
	return b.want, b.revision, !b.behind
}

// isCurrent reports whether want was made from these definitions.
func (b *board) isCurrent(want *vtep.Want, defs *model.Definitions) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.want == want && b.revision == defs.Revision
}

// settled shows the outcome of a plan of want: which problems there are, of which those in
// undone keep it from standing. It reports whether that is news, and whether the switch has
// just come back.
func (b *board) settled(want *vtep.Want, revision uint64, problems, undone []vtep.Problem, hold time.Duration) (changed, back bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if vtep.SameWant(b.want, want) {
		revision = b.revision // what was handed over meanwhile says the same
	}
	st := &b.status
	changed = st.revision != revision || !reflect.DeepEqual(st.problems, problems)
	st.revision, st.problems, st.lastError, st.blocked = revision, problems, "", ""
	if len(undone) > 0 {
		st.lastError = model.Bounded(undone[0].Message)
	} else {
		st.released = revision
	}
	return changed, st.isBack(hold)
}

// blocked shows why nothing can be written now.
func (b *board) blocked(detail string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.blocked, b.status.lastError = detail, detail
}

// enter shows a phase.
func (b *board) enter(phase, detail string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if phase != b.status.phase {
		b.status.phaseSince = time.Now()
	}
	b.status.phase, b.status.detail = phase, detail
}

// show shows what the session's switches say of themselves, and returns what they said before.
func (b *board) show(facts *vtep.Facts) (was *vtep.Facts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was, b.status.facts = b.status.facts, facts
	return was
}

// unreported shows a change that the switch did not report.
func (b *board) unreported(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.unreported, b.status.unreportedAt = what, time.Now()
}

// held shows with whom a session stands.
func (b *board) held(peer transport.Peer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.backSince, b.status.peer, b.status.distrust = time.Time{}, peer, ""
}

// letGo shows that no session stands.
func (b *board) letGo() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.status.awaySince.IsZero() {
		b.status.awaySince = time.Now()
	}
	b.status.peer = transport.Peer{}
	b.status.revision, b.status.released, b.status.problems, b.status.blocked = 0, 0, nil, ""
}

// lost shows why a session ended, or none could be had.
func (b *board) lost(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.lastError, b.status.distrust = model.Bounded(err.Error()), transport.Reason(err)
}
