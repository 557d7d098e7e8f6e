package damping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"bordergw/vtep"
)

// retries holds back operations that the switch refused, each for itself.
type retries map[attempt]*retry

// attempt is an operation of one kind: to add a MAC and to delete it are two.
type attempt struct {
	key  Key
	kind vtep.OpKind
}

func attemptOf(op *vtep.Op) attempt { return attempt{KeyOf(op), op.Kind} }

type retry struct {
	op      vtep.Op
	outcome outcome
	err     error
	delay   time.Duration
	until   time.Time
}

// filter takes out the operations that are held back, and those on a logical switch
// that is. It forgets what is no longer planned.
func (r retries) filter(ops []vtep.Op, now time.Time) (due []vtep.Op, wait time.Duration) {
	if len(r) == 0 {
		return ops, 0
	}
	planned, absent := map[attempt]bool{}, map[string]bool{}
	for i := range ops {
		op := &ops[i]
		a := attemptOf(op)
		held := r[a]
		if held != nil && held.outcome == outcomeOf(op) {
			planned[a] = true
			if held.until.After(now) {
				wait = Sooner(wait, held.until.Sub(now))
				absent[op.LogicalSwitch] = absent[op.LogicalSwitch] || op.Kind == vtep.AddLogicalSwitch
				continue
			}
		}
		if !absent[op.LogicalSwitch] {
			due = append(due, *op)
		}
	}
	maps.DeleteFunc(r, func(a attempt, _ *retry) bool { return !planned[a] })
	return due, wait
}

// refused holds back what was refused, longer each time, and returns when the next one
// is due.
func (r *retries) refused(rs []vtep.Rejection, wait time.Duration, now time.Time) time.Duration {
	if *r == nil {
		*r = retries{}
	}
	for i := range rs {
		a, out := attemptOf(&rs[i].Op), outcomeOf(&rs[i].Op)
		held := (*r)[a]
		if held == nil || held.outcome != out {
			held = &retry{op: rs[i].Op, outcome: out, delay: firstRetry / 2}
			(*r)[a] = held
		}
		held.err = rs[i].Err
		held.delay = min(2*held.delay, maxRetry)
	}
	least := min(time.Duration(len(*r))*retryEach, maxRepeat)
	for i := range rs {
		held := (*r)[attemptOf(&rs[i].Op)]
		held.until = now.Add(held.delay)
		if aboutMAC(&held.op) {
			held.until = now.Add(max(held.delay, least))
		}
		wait = Sooner(wait, held.until.Sub(now))
	}
	return wait
}

// problems lists what is held back: by logical switch, and there by the text of the
// operation. Of what is beyond maxProblems it says how much each logical switch has, of
// as many logical switches.
func (r retries) problems() []vtep.Problem {
	texts := make(map[string]*retry, len(r))
	for _, held := range r {
		texts[held.op.String()] = held
	}
	var out []vtep.Problem
	var rest moreRefused
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		if held := texts[text]; len(out) < maxProblems {
			out = append(out, problemOf(&held.op, vtep.Rejected, "the switch refused to "+shown(&held.op)+": "+held.err.Error()))
		} else {
			rest.add(held)
		}
	}
	out = append(out, rest.problems()...)
	slices.SortStableFunc(out, func(a, b vtep.Problem) int { return cmp.Compare(a.LogicalSwitch, b.LogicalSwitch) })
	return out
}

// moreRefused counts what is held back beyond what is listed, by logical switch.
type moreRefused struct {
	order []string
	of    map[string]*refusedOn
}

// refusedOn is the first of what is held back on one logical switch, and how much that is.
type refusedOn struct {
	first *retry
	count int
}

func (m *moreRefused) add(held *retry) {
	ls := held.op.LogicalSwitch
	if m.of == nil {
		m.of = map[string]*refusedOn{}
	}
	if m.of[ls] == nil {
		m.of[ls] = &refusedOn{first: held}
		m.order = append(m.order, ls)
	}
	m.of[ls].count++
}

// problems are one for each logical switch, about no row of its own.
func (m *moreRefused) problems() (out []vtep.Problem) {
	for _, ls := range m.order[:min(len(m.order), maxProblems)] {
		on := m.of[ls]
		more := ""
		if on.count > 1 {
			more = fmt.Sprintf(" and %d more", on.count-1)
		}
		out = append(out, vtep.Problem{Reason: vtep.Rejected, LogicalSwitch: ls,
			Message: "the switch refused to " + shown(&on.first.op) + more + ": " + on.first.err.Error()})
	}
	return out
}
