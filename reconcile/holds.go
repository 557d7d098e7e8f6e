package reconcile

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"bordergw/vtep"
)

const (
	firstHold = 100 * time.Millisecond
	maxHold   = 30 * time.Second
	// holdEach is how much longer stations wait for each operation that is held: a
	// switch that has no room for thousands is not to be busy refusing them one by one.
	holdEach = 50 * time.Millisecond
	// maxProblems is enough to see what is wrong with a switch that refuses all.
	maxProblems = 100
)

// holds keeps operations that a switch refused from being sent again and again.
// The key is the printed operation: what a plan prints is what is sent.
type holds map[string]*hold

type hold struct {
	op    vtep.Op
	err   error
	delay time.Duration
	until time.Time
}

// filter takes out the operations that are held back, and those on a logical
// switch that is. Holds whose operation is no longer planned are forgotten. It
// returns when the next one is due.
func (h holds) filter(ops []vtep.Op, now time.Time) (due []vtep.Op, wait time.Duration) {
	if len(h) == 0 {
		return ops, 0
	}
	planned, absent := map[string]bool{}, map[string]bool{}
	for _, op := range ops {
		key := op.String()
		planned[key] = true
		if held := h[key]; held != nil && held.until.After(now) {
			wait = shorter(wait, held.until.Sub(now))
			absent[op.LogicalSwitch] = absent[op.LogicalSwitch] || op.Kind == vtep.AddLogicalSwitch
			continue
		}
		if !absent[op.LogicalSwitch] {
			due = append(due, op)
		}
	}
	maps.DeleteFunc(h, func(key string, _ *hold) bool { return !planned[key] })
	return due, wait
}

// refused holds back what was refused, longer each time, and returns when the
// next one is due.
func (h holds) refused(rs []vtep.Rejection, wait time.Duration, now time.Time) time.Duration {
	for i := range rs {
		key := rs[i].Op.String()
		if h[key] == nil {
			h[key] = &hold{op: rs[i].Op, delay: firstHold / 2}
		}
		held := h[key]
		held.err = rs[i].Err
		held.delay = min(2*held.delay, maxHold)
	}
	least := min(time.Duration(len(h))*holdEach, maxRepair)
	for i := range rs {
		held := h[rs[i].Op.String()]
		held.until = now.Add(held.delay)
		if isStation(&held.op) {
			held.until = now.Add(max(held.delay, least))
		}
		wait = shorter(wait, held.until.Sub(now))
	}
	return wait
}

// shorter is the lesser of two waits, of which 0 is none.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// problems reports what is held back, in order.
func (h holds) problems() []vtep.Problem {
	var out []vtep.Problem
	for _, key := range slices.Sorted(maps.Keys(h)) {
		if len(out) == maxProblems {
			break
		}
		held := h[key]
		out = append(out, problemOf(&held.op, vtep.Rejected, "the switch refused to "+key+": "+held.err.Error()))
	}
	slices.SortStableFunc(out, func(a, b vtep.Problem) int { return cmp.Compare(a.LogicalSwitch, b.LogicalSwitch) })
	return out
}
