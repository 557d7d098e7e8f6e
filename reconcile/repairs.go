package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bordergw/vtep"
)

const (
	// repairWindow is how long a repair is remembered.
	repairWindow = 10 * time.Minute
	// conflictAfter repairs within the window are called a conflict.
	conflictAfter = 5
	firstRepair   = time.Second
	maxRepair     = 5 * time.Minute
	// maxRepairs bounds the plans that are watched as a whole: a larger one is most
	// likely of a switch that is empty, and a few of its stations stand for all.
	maxRepairs = 1000
	few        = 100
	// maxMarks is how often a mark is set for one wish.
	maxMarks = 2
)

// repairs notices when what was written has to be written again although nothing else
// was written of the same thing since: somebody else undid it. The first repair is made
// at once, later ones wait longer each time, so that two controllers do not wear out a
// switch. What is wanted of a network changes with every station that is learned there
// and does not matter here.
type repairs struct {
	of    map[subject]*repair
	swept time.Time
	// waiting are those that were held back last.
	waiting []*repair
	// first was written before anything is in of. Most switches that are brought in
	// line are written to once, and their operations need not be told apart.
	first *writing
}

// writing is what was written at once.
type writing struct {
	ops      []vtep.Op
	rejected []vtep.Rejection
	at       time.Time
}

// repair is what was last written of a subject.
type repair struct {
	op      *vtep.Op
	subject subject
	outcome outcome
	count   int // times written, and nothing else in between
	last    time.Time
	until   time.Time
	waits   bool // it is planned again and held back until then
}

// filter takes out what has to wait, with what is on a logical switch that has to, and
// returns when the next is due. If most of the stations that are watched of a large plan
// have to wait, so do all.
func (r *repairs) filter(ops []vtep.Op, wait time.Duration, now time.Time) ([]vtep.Op, time.Duration) {
	r.sweep(now)
	if len(ops) > 0 {
		r.unfold()
	}
	held := r.held(ops, now)
	if len(held) == 0 {
		return ops, wait
	}
	stations := 0
	for _, e := range r.waiting {
		wait = shorter(wait, e.until.Sub(now))
		if isStation(e.op) {
			stations++
		}
	}
	all := len(ops) > maxRepairs && 2*stations > few
	absent := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(ops), func(op vtep.Op) bool {
		waits := held[subjectOf(&op)] || all && isStation(&op) || absent[op.LogicalSwitch]
		if waits && op.Kind == vtep.AddLogicalSwitch {
			absent[op.LogicalSwitch] = true
		}
		return waits
	}), wait
}

// watched are the operations of a plan that are told apart: all, or of a large one some
// stations and what are no stations.
func watched(ops []vtep.Op) []vtep.Op {
	if len(ops) <= maxRepairs {
		return ops
	}
	var some []vtep.Op
	stations := 0
	for i := range ops {
		if isStation(&ops[i]) {
			stations++
		}
		if len(some) < maxRepairs && (stations <= few || !isStation(&ops[i])) {
			some = append(some, ops[i])
		}
	}
	return some
}

// held finds what has to wait. Of several operations on one subject the first decides
// for all.
func (r *repairs) held(ops []vtep.Op, now time.Time) map[subject]bool {
	was := r.waiting
	r.waiting = nil
	for _, e := range was {
		e.waits = false
	}
	planned, held := map[subject]bool{}, map[subject]bool{}
	some := watched(ops)
	for i := range some {
		s := subjectOf(&some[i])
		e := r.of[s]
		if e == nil || planned[s] {
			continue
		}
		planned[s] = true
		same := e.outcome == outcomeOf(&some[i])
		if e.waits = same && e.until.After(now); e.waits {
			r.waiting = append(r.waiting, e)
		}
		// Another controller has the network too; it may have the mark.
		if yielded := same && e.count >= maxMarks && marksOnly(&some[i]); e.waits || yielded {
			held[s] = true
		}
	}
	if len(ops) <= maxRepairs {
		r.forget(was, planned)
	}
	return held
}

// forget drops what waited and is planned no more: it is not wanted now, or stands again.
func (r *repairs) forget(waiting []*repair, planned map[subject]bool) {
	for _, e := range waiting {
		if !planned[e.subject] {
			delete(r.of, e.subject)
		}
	}
}

// sweep forgets what was long ago, at times: there may be thousands.
func (r *repairs) sweep(now time.Time) {
	if now.Sub(r.swept) > repairWindow/10 {
		r.swept = now
		maps.DeleteFunc(r.of, func(_ subject, e *repair) bool { return now.Sub(e.last) > repairWindow })
		if r.first != nil && now.Sub(r.first.at) > repairWindow {
			r.first = nil
		}
	}
}

// written notes what was written.
func (r *repairs) written(ops []vtep.Op, rejected []vtep.Rejection, now time.Time) {
	w := &writing{ops: watched(ops), rejected: rejected, at: now}
	if len(r.of) == 0 && r.first == nil {
		r.first = w
		return
	}
	r.unfold()
	r.note(w)
}

// unfold notes what was written first.
func (r *repairs) unfold() {
	if w := r.first; w != nil {
		r.first = nil
		r.note(w)
	}
}

// note counts operations. What the switch refused, or what is on a logical switch that
// it refused, was not written.
func (r *repairs) note(w *writing) {
	r.makeRoom(len(w.ops))
	refused, absent := map[subject]bool{}, map[string]bool{}
	for i := range w.rejected {
		op := &w.rejected[i].Op
		refused[subjectOf(op)] = true
		absent[op.LogicalSwitch] = absent[op.LogicalSwitch] || op.Kind == vtep.AddLogicalSwitch
	}
	r.bury(w.ops)
	entries := make([]repair, len(w.ops))
	noted := make(map[subject]bool, len(w.ops))
	for i := range w.ops {
		op := &w.ops[i]
		s := subjectOf(op)
		if refused[s] || absent[op.LogicalSwitch] || noted[s] || takesDown(op) {
			continue
		}
		noted[s] = true
		e := r.of[s]
		if out := outcomeOf(op); e == nil || e.outcome != out {
			e = &entries[i]
			*e = repair{op: op, subject: s, outcome: out}
			r.of[s] = e
		}
		e.wrote(w.at)
	}
}

// wrote counts, and says from when on the same may be written again.
func (e *repair) wrote(now time.Time) {
	e.count++
	e.last, e.waits = now, false
	if n := e.count - 2; n >= 0 {
		e.until = now.Add(min(firstRepair<<min(n, 20), maxRepair))
	}
}

// makeRoom bounds what is remembered. What nobody has undone yet may be forgotten: a
// hand that fights back does so within seconds.
func (r *repairs) makeRoom(more int) {
	if r.of == nil {
		r.of = make(map[subject]*repair, more)
	}
	if len(r.of)+more > 10*maxRepairs {
		maps.DeleteFunc(r.of, func(_ subject, e *repair) bool { return e.count == 1 })
	}
}

// bury forgets all of the logical switches that were taken down. A user may want them
// and not want them as often as he likes.
func (r *repairs) bury(ops []vtep.Op) {
	gone := map[string]bool{}
	for i := range ops {
		if takesDown(&ops[i]) {
			gone[ops[i].LogicalSwitch] = true
		}
	}
	if len(gone) > 0 {
		maps.DeleteFunc(r.of, func(s subject, _ *repair) bool { return gone[s.ls] })
	}
}

// marksOnly reports whether an operation changes nothing but whose a logical
// switch is.
func marksOnly(op *vtep.Op) bool {
	if op.Kind != vtep.SetLogicalSwitch {
		return false
	}
	row := *op.Detail.Switch
	row.Mark = nil
	return row == vtep.LogicalSwitchRow{}
}

// problems tells what is being undone again and again, and what waits to be written
// again: of each logical switch the most stubborn, and of each binding.
func (r *repairs) problems() (out []vtep.Problem) {
	open := map[place][]*repair{}
	for _, e := range r.of {
		if e.waits || e.count > conflictAfter {
			open[placeOf(e.op)] = append(open[placeOf(e.op)], e)
		}
	}
	for _, list := range open {
		out = append(out, problemOfAll(list))
	}
	slices.SortFunc(out, func(a, b vtep.Problem) int {
		return cmp.Or(strings.Compare(a.LogicalSwitch, b.LogicalSwitch), strings.Compare(a.Message, b.Message))
	})
	return out
}

// place is what a Problem is about.
type place struct {
	ls      string
	binding vtep.Binding
}

func placeOf(op *vtep.Op) place {
	at := place{ls: op.LogicalSwitch}
	if op.Detail != nil {
		at.binding = op.Detail.Binding
	}
	return at
}

// problemOfAll tells of what was undone most often, and how many there are.
func problemOfAll(list []*repair) vtep.Problem {
	worst := slices.MinFunc(list, func(a, b *repair) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.op.String(), b.op.String()))
	})
	more := ""
	if n := len(list) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	if worst.count > conflictAfter {
		return problemOf(worst.op, vtep.Conflict, fmt.Sprintf("another hand undid %d times: %s%s", worst.count-1, worst.op, more))
	}
	return problemOf(worst.op, vtep.AwaitingSwitch, fmt.Sprintf("another hand undid %d times, to be written again: %s%s", worst.count, worst.op, more))
}

// problemOf is a Problem about one operation.
func problemOf(op *vtep.Op, reason vtep.Reason, message string) vtep.Problem {
	p := vtep.Problem{Reason: reason, LogicalSwitch: op.LogicalSwitch, Message: message}
	if op.Detail != nil && op.Detail.Binding != (vtep.Binding{}) {
		p.Binding = &op.Detail.Binding
	}
	return p
}
