package reconcile

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// board is what the View has for a worker, and what the worker shows to everybody, behind
// one lock. Only the worker shows; what is read is a copy.
type board struct {
	device string
	view   *atomic.Pointer[topology.View]

	mu     sync.Mutex
	status deviceState
	// version is what the last complete plan was made of.
	version topology.Version
}

// wish is what a View has for a device.
type wish struct {
	*vtep.Want
	revision uint64 // of the View
	version  topology.Version
}

// state copies what is known of the device's session. A View that has the same for the device
// as the one that a plan was made from needs no plan of its own.
func (b *board) state() deviceState {
	view := b.view.Load()
	b.mu.Lock()
	defer b.mu.Unlock()
	st := b.status
	if st.revision == 0 || view == nil || view.Revision <= st.revision || view.Version(b.device) != b.version {
		return st
	}
	if st.released == st.revision {
		st.released = view.Revision
	}
	st.revision = view.Revision
	return st
}

// releasedUpTo is the revision up to which the device has given up what it is not to hold.
func (b *board) releasedUpTo() uint64 { return b.state().released }

// presence is since when the device is away, or back if it was: zero for neither.
func (b *board) presence() (awaySince, backSince time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status.awaySince, b.status.backSince
}

// wanted is what the device is to hold, nil if that is not known.
func (b *board) wanted() *vtep.Want { return b.view.Load().Want(b.device) }

// take is what to plan, if there is a View as new as a revision that has anything for the device.
func (b *board) take(need uint64) (wish, bool) {
	view := b.view.Load()
	want := view.Want(b.device)
	if want == nil || view.Revision < need {
		return wish{}, false
	}
	return wish{want, view.Revision, view.Version(b.device)}, true
}

// isCurrent reports whether a wish is that of these definitions.
func (b *board) isCurrent(w wish, defs *model.Definitions) bool {
	view := b.view.Load()
	return view.Revision == defs.Revision && view.Version(b.device) == w.version
}

// settled shows the outcome of a plan: which problems there are, of which those in
// undone keep it from standing. It reports whether that is news, and whether the switch has
// just come back.
func (b *board) settled(w wish, problems, undone []vtep.Problem, hold time.Duration) (changed, back bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	st := &b.status
	changed = st.revision != w.revision || b.version != w.version || !reflect.DeepEqual(st.problems, problems)
	b.version = w.version
	st.revision, st.problems, st.lastError, st.blocked = w.revision, problems, "", ""
	if len(undone) > 0 {
		st.lastError = model.Bounded(undone[0].Message)
	} else {
		st.released = w.revision
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
	b.status.revision, b.status.released, b.status.problems, b.status.blocked, b.version = 0, 0, nil, "", topology.Version{}
}

// lost shows why a session ended, or none could be had.
func (b *board) lost(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status.lastError, b.status.distrust = model.Bounded(err.Error()), transport.Reason(err)
}
