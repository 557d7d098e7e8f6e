package damping

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"bordergw/vtep"
)

// repeats notices when what was written is planned again although nothing else was
// written to the same Key since: an external writer undid it. The first time it is
// written again at once. Each further time it waits longer, so that two controllers do
// not wear out a switch. Other changes in the same network do not matter: they happen
// whenever a MAC is learned there.
type repeats struct {
	of     map[Key]*repeat
	purged time.Time // when entries older than repeatWindow were last dropped
	// waiting are the entries that were held back last.
	waiting []*repeat
	// first is the first write of a session. It is kept as it is until a second plan
	// comes: most switches are written once, and need no entries.
	first *writing
}

// writing is what one plan wrote.
type writing struct {
	ops      []vtep.Op
	rejected []vtep.Rejection
	at       time.Time
}

// repeat is what was last written to one Key.
type repeat struct {
	op      *vtep.Op
	key     Key
	outcome outcome
	count   int // how often it was written without anything else in between
	last    time.Time
	until   time.Time
	waits   bool // planned again, and held back until then
}

// filter takes out what has to wait, with what is on a logical switch that waits, and
// returns when the next is due. If most of the sampled MACs of a large plan have to
// wait, all its MACs do.
func (r *repeats) filter(ops []vtep.Op, wait time.Duration, now time.Time) ([]vtep.Op, time.Duration) {
	r.purge(now)
	if len(ops) > 0 {
		r.unfold()
	}
	held := r.held(ops, now)
	if len(held) == 0 {
		return ops, wait
	}
	macs := 0
	for _, e := range r.waiting {
		wait = Sooner(wait, e.until.Sub(now))
		if aboutMAC(e.op) {
			macs++
		}
	}
	all := len(ops) > maxWatched && 2*macs > sampleMACs
	absent := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(ops), func(op vtep.Op) bool {
		waits := held[KeyOf(&op)] || all && aboutMAC(&op) || absent[op.LogicalSwitch]
		if waits && op.Kind == vtep.AddLogicalSwitch {
			absent[op.LogicalSwitch] = true
		}
		return waits
	}), wait
}

// watched returns the operations of a plan that are watched one by one: all of a small
// plan, and of a large one a sample of the MACs and whatever is no MAC.
func watched(ops []vtep.Op) []vtep.Op {
	if len(ops) <= maxWatched {
		return ops
	}
	var some []vtep.Op
	macs := 0
	for i := range ops {
		if aboutMAC(&ops[i]) {
			macs++
		}
		if len(some) < maxWatched && (macs <= sampleMACs || !aboutMAC(&ops[i])) {
			some = append(some, ops[i])
		}
	}
	return some
}

// held finds the Keys that have to wait. Of several operations with one Key the first
// decides for all.
func (r *repeats) held(ops []vtep.Op, now time.Time) map[Key]bool {
	before := r.waiting
	r.waiting = nil
	for _, e := range before {
		e.waits = false
	}
	planned, held := map[Key]bool{}, map[Key]bool{}
	some := watched(ops)
	for i := range some {
		key := KeyOf(&some[i])
		e := r.of[key]
		if e == nil || planned[key] {
			continue
		}
		planned[key] = true
		same := e.outcome == outcomeOf(&some[i])
		if e.waits = same && e.until.After(now); e.waits {
			r.waiting = append(r.waiting, e)
		}
		// Another controller has the network too: it may have the mark.
		if yielded := same && e.count >= maxMarks && marksOnly(&some[i]); e.waits || yielded {
			held[key] = true
		}
	}
	if len(ops) <= maxWatched {
		r.forget(before, planned)
	}
	return held
}

// forget drops what waited and is no longer planned: it is not wanted any more, or it
// stands again.
func (r *repeats) forget(waiting []*repeat, planned map[Key]bool) {
	for _, e := range waiting {
		if !planned[e.key] {
			delete(r.of, e.key)
		}
	}
}

// purge drops what was written long ago. It looks rarely: there may be thousands.
func (r *repeats) purge(now time.Time) {
	if now.Sub(r.purged) <= repeatWindow/10 {
		return
	}
	r.purged = now
	maps.DeleteFunc(r.of, func(_ Key, e *repeat) bool { return now.Sub(e.last) > repeatWindow })
	if r.first != nil && now.Sub(r.first.at) > repeatWindow {
		r.first = nil
	}
}

// written notes what a plan wrote.
func (r *repeats) written(ops []vtep.Op, rejected []vtep.Rejection, now time.Time) {
	w := &writing{ops: watched(ops), rejected: rejected, at: now}
	if len(r.of) == 0 && r.first == nil {
		r.first = w
		return
	}
	r.unfold()
	r.note(w)
}

// unfold makes the entries of the first write.
func (r *repeats) unfold() {
	if w := r.first; w != nil {
		r.first = nil
		r.note(w)
	}
}

// note counts operations. An operation that the switch refused, or whose logical switch
// it refused, was not written.
func (r *repeats) note(w *writing) {
	r.makeRoom(len(w.ops))
	refused, absent := map[Key]bool{}, map[string]bool{}
	for i := range w.rejected {
		op := &w.rejected[i].Op
		refused[KeyOf(op)] = true
		absent[op.LogicalSwitch] = absent[op.LogicalSwitch] || op.Kind == vtep.AddLogicalSwitch
	}
	r.dropTakenDown(w.ops)
	entries := make([]repeat, len(w.ops))
	noted := make(map[Key]bool, len(w.ops))
	for i := range w.ops {
		op := &w.ops[i]
		key := KeyOf(op)
		if refused[key] || absent[op.LogicalSwitch] || noted[key] || takesDown(op) {
			continue
		}
		noted[key] = true
		e := r.of[key]
		if out := outcomeOf(op); e == nil || e.outcome != out {
			e = &entries[i]
			*e = repeat{op: op, key: key, outcome: out}
			r.of[key] = e
		}
		e.wrote(w.at)
	}
}

// wrote counts a write and sets when the same may be written again.
func (e *repeat) wrote(now time.Time) {
	e.count++
	e.last, e.waits = now, false
	if n := e.count - 2; n >= 0 {
		e.until = now.Add(min(firstRepeat<<min(n, 20), maxRepeat))
	}
}

// makeRoom bounds what is remembered, to ten large plans. Entries that were written
// once may be forgotten: an external writer that reacts does so within seconds.
func (r *repeats) makeRoom(more int) {
	if r.of == nil {
		r.of = make(map[Key]*repeat, more)
	}
	if len(r.of)+more > 10*maxWatched {
		maps.DeleteFunc(r.of, func(_ Key, e *repeat) bool { return e.count == 1 })
	}
}

// dropTakenDown forgets the entries of logical switches that were taken down. A user
// may define and delete a network as often as he likes.
func (r *repeats) dropTakenDown(ops []vtep.Op) {
	gone := map[string]bool{}
	for i := range ops {
		if takesDown(&ops[i]) {
			gone[ops[i].LogicalSwitch] = true
		}
	}
	if len(gone) > 0 {
		maps.DeleteFunc(r.of, func(key Key, _ *repeat) bool { return gone[key.logicalSwitch] })
	}
}

// marksOnly reports whether an operation writes nothing but our mark on a logical
// switch.
func marksOnly(op *vtep.Op) bool {
	if op.Kind != vtep.SetLogicalSwitch {
		return false
	}
	row := *op.Detail.Switch
	row.Mark = nil
	return row == vtep.LogicalSwitchRow{}
}

// problems lists what is undone again and again, and what waits to be written again.
// Each logical switch and each binding has one Problem, about the entry that was undone
// most often.
func (r *repeats) problems() (out []vtep.Problem) {
	type place struct {
		logicalSwitch string
		binding       vtep.Binding
	}
	open := map[place][]*repeat{}
	for _, e := range r.of {
		if !e.waits && e.count <= conflictAfter {
			continue
		}
		at := place{logicalSwitch: e.op.LogicalSwitch}
		if e.op.Detail != nil {
			at.binding = e.op.Detail.Binding
		}
		open[at] = append(open[at], e)
	}
	for _, list := range open {
		out = append(out, problemOfAll(list))
	}
	slices.SortFunc(out, func(a, b vtep.Problem) int {
		return cmp.Or(cmp.Compare(a.LogicalSwitch, b.LogicalSwitch), cmp.Compare(a.Message, b.Message))
	})
	return out
}
