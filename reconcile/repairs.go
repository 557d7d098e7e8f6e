package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

const (
	// repairWindow is how long a repair is remembered.
	repairWindow = 10 * time.Minute
	// conflictAfter repairs within the window are called a conflict.
	conflictAfter = 5
	firstRepair   = time.Second
	maxRepair     = 5 * time.Minute
	// maxRepairs bounds what is watched: a larger plan is a switch that lost its
	// database, not a hand that undoes ours.
	maxRepairs = 1000
	// maxMarks is how often a mark is set for one wish.
	maxMarks = 2
)

// repairs notices when what was written has to be written again although
// nothing that was wanted changed: somebody else undid it. The first repair is
// made at once, later ones wait longer each time, so that two controllers do
// not wear out a switch.
type repairs struct {
	byOp  map[opKey]*repair
	swept time.Time
	// first was written before anything is in byOp. Most switches that are brought in
	// line are written to once, and their operations need not be told apart.
	first *writing
}

// writing is what was written at once.
type writing struct {
	ops      []vtep.Op
	rejected []vtep.Rejection
	want     *vtep.Want
	at       time.Time
}

// opKey tells operations apart as their text does. Of the stations, of which there
// are many, no text is made.
type opKey struct {
	kind    vtep.OpKind
	mac     model.MAC
	ls      string
	locator vtep.Locator
	text    string
}

func keyOf(op *vtep.Op) opKey {
	if op.Detail != nil {
		return opKey{text: op.String()}
	}
	return opKey{kind: op.Kind, mac: op.MAC, ls: op.LogicalSwitch, locator: op.Locator}
}

type repair struct {
	op    *vtep.Op
	seg   *vtep.Segment // the wish it served
	count int           // times written for that wish
	last  time.Time
	until time.Time
	waits bool // it is planned again and held back until then
}

// filter takes out what has to wait, and returns when the next is due.
func (r *repairs) filter(ops []vtep.Op, want *vtep.Want, wait time.Duration, now time.Time) ([]vtep.Op, time.Duration) {
	r.sweep(now)
	if len(ops) == 0 || len(ops) > maxRepairs {
		return ops, wait
	}
	r.unfold()
	due := make([]vtep.Op, 0, len(ops))
	for _, op := range ops {
		e := r.byOp[keyOf(&op)]
		if e != nil && e.seg == want.Segment(op.LogicalSwitch) && e.count >= maxMarks && marksOnly(&op) {
			continue // another controller has the network too; it may have the mark
		}
		if e != nil && e.seg == want.Segment(op.LogicalSwitch) && e.until.After(now) {
			wait = shorter(wait, e.until.Sub(now))
			e.waits = true
			continue
		}
		due = append(due, op)
	}
	return due, wait
}

// sweep forgets what was long ago, at times: there may be thousands.
func (r *repairs) sweep(now time.Time) {
	if now.Sub(r.swept) > repairWindow/10 {
		r.swept = now
		maps.DeleteFunc(r.byOp, func(_ opKey, e *repair) bool { return now.Sub(e.last) > repairWindow })
		if r.first != nil && now.Sub(r.first.at) > repairWindow {
			r.first = nil
		}
	}
}

// written notes what was written and for which wish.
func (r *repairs) written(ops []vtep.Op, rejected []vtep.Rejection, want *vtep.Want, now time.Time) {
	if len(ops) > maxRepairs || len(r.byOp)+len(ops) > 10*maxRepairs {
		return
	}
	w := &writing{ops: ops, rejected: rejected, want: want, at: now}
	if len(r.byOp) == 0 && r.first == nil {
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
	ops, rejected, want, now := w.ops, w.rejected, w.want, w.at
	if r.byOp == nil {
		r.byOp = make(map[opKey]*repair, len(ops))
	}
	refused, absent := map[opKey]bool{}, map[string]bool{}
	for i := range rejected {
		op := &rejected[i].Op
		refused[keyOf(op)] = true
		absent[op.LogicalSwitch] = absent[op.LogicalSwitch] || op.Kind == vtep.AddLogicalSwitch
	}
	entries := make([]repair, len(ops))
	for i := range ops {
		op := &ops[i]
		key, seg := keyOf(op), want.Segment(op.LogicalSwitch)
		if refused[key] || absent[op.LogicalSwitch] || takenDown(op, seg) {
			continue
		}
		e := r.byOp[key]
		if e == nil || e.seg != seg {
			e = &entries[i]
			e.op, e.seg = op, seg
			r.byOp[key] = e
		}
		e.count++
		e.last, e.waits = now, false
		if n := e.count - 2; n >= 0 {
			e.until = now.Add(min(firstRepair<<min(n, 20), maxRepair))
		}
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

// takenDown reports whether an operation only removes what nobody wants any
// more. A user may want it and not want it as often as he likes.
func takenDown(op *vtep.Op, seg *vtep.Segment) bool { return op.LogicalSwitch != "" && seg == nil }

// problems tells what is being undone again and again, and what waits to be
// written again.
func (r *repairs) problems(want *vtep.Want) (out []vtep.Problem) {
	open := map[string]*repair{}
	for _, e := range r.byOp {
		if e.waits || e.count > conflictAfter {
			open[e.op.String()] = e
		}
	}
	for _, key := range slices.Sorted(maps.Keys(open)) {
		e := open[key]
		switch {
		case e.seg != want.Segment(e.op.LogicalSwitch):
		case e.count > conflictAfter:
			out = append(out, problemOf(e.op, vtep.Conflict, fmt.Sprintf("another hand undid %d times: %s", e.count-1, key)))
		case e.waits:
			out = append(out, problemOf(e.op, vtep.AwaitingSwitch, fmt.Sprintf("another hand undid %d times, to be written again: %s", e.count, key)))
		}
	}
	slices.SortStableFunc(out, func(a, b vtep.Problem) int { return strings.Compare(a.LogicalSwitch, b.LogicalSwitch) })
	return out
}

// problemOf is a Problem about one operation.
func problemOf(op *vtep.Op, reason vtep.Reason, message string) vtep.Problem {
	p := vtep.Problem{Reason: reason, LogicalSwitch: op.LogicalSwitch, Message: message}
	if op.Detail != nil && op.Detail.Binding != (vtep.Binding{}) {
		p.Binding = &op.Detail.Binding
	}
	return p
}
