package vtep

import (
	"iter"

	"bordergw/model"
)

// An Incremental plan believes what is remembered: which parts are dirty, and what the plan
// before was made from. A Sweep believes none of it. It has the plans that follow compare
// every part of the database and of the Want once, a slice at a time, so that no change has to
// wait for more than one slice. What changes meanwhile is dirty anyway.

// sliceWeight is how much one slice has a plan compare, in rows and entries: each takes about a
// microsecond.
const sliceWeight = 1000

// Sweep has the next Incremental plans compare everything once.
type Sweep struct {
	replica *replica
	planner *planner
	weight  int // of a slice
	want    *Want
	// base is that of the planner at the last Step; begun: there was one.
	base  *made
	begun bool
	// next makes one more part dirty and returns its weight; nil at the end.
	next func() (weight int, more bool)
	stop func()
}

func newSweep(r *replica, p *planner, weight int) *Sweep {
	v := &Sweep{replica: r, planner: p, weight: weight}
	v.next, v.stop = iter.Pull(v.parts)
	return v
}

// Done reports whether the plan after the last Step was, or will be, the last of the Sweep.
func (v *Sweep) Done() bool { return v.next == nil }

// Stop ends a Sweep early, or for good.
func (v *Sweep) Stop() {
	v.next = nil
	v.stop()
}

// Step has the next plan compare one slice more. It returns false, and does nothing, until a plan
// was taken up that compared the last one: what can not be planned now must not add up.
func (v *Sweep) Step(want *Want) bool {
	v.replica.mu.Lock()
	defer v.replica.mu.Unlock()
	base, dirty := v.planner.base, &v.replica.state.dirty
	if v.Done() || v.begun && v.base == base {
		return false
	}
	v.want, v.base, v.begun = want, base, true
	dirty.changes++
	if base == nil || dirty.all {
		v.Stop() // the next plan compares everything
		return true
	}
	for weight := 0; weight < v.weight; {
		n, more := v.next()
		if !more {
			v.Stop()
			break
		}
		weight += n
	}
	return true
}

// parts makes one part after the other dirty and yields its weight. The database may change
// between two: a part that goes is dirty then, and so is one that comes.
func (v *Sweep) parts(yield func(int) bool) {
	// The logical switches come first: a binding leads to one that stands.
	if v.standing(yield) && v.segments(yield) && v.bound(yield) && v.bindings(yield) {
		v.replica.state.dirty.addTunnels()
	}
}

func (v *Sweep) standing(yield func(int) bool) bool {
	for _, row := range v.replica.state.logical.rows {
		if !v.logicalSwitch(row.Name, yield) {
			return false
		}
	}
	return true
}

// segments are those without a row.
func (v *Sweep) segments(yield func(int) bool) bool {
	for seg := range v.want.Segments.All() {
		if v.replica.state.logical.named(seg.Name) != nil {
			if !yield(1) {
				return false
			}
		} else if !v.logicalSwitch(seg.Name, yield) {
			return false
		}
	}
	return true
}

// logicalSwitch has all of a logical switch compared, of a large one some MACs at a time.
func (v *Sweep) logicalSwitch(name string, yield func(int) bool) bool {
	state, seg := v.replica.state, v.want.Segment(name)
	ls := state.logical.byName[name]
	rows, weight := state.remote.macs.byLS[ls], 1+len(state.physical.bound[ls])
	if seg != nil { // else its rows are not looked at one by one
		weight += len(rows) + len(seg.MACs) + len(seg.Flood)
	}
	if weight <= v.weight {
		state.dirty.named(name).addAll()
		return yield(weight)
	}
	state.dirty.named(name)
	if !yield(1) {
		return false
	}
	return seg == nil || v.macs(seg, rows, yield)
}

func (v *Sweep) macs(seg *Segment, rows map[model.MAC]macRow, yield func(int) bool) bool {
	dirty := &v.replica.state.dirty
	for mac := range rows {
		if dirty.named(seg.Name).add(mac); !yield(1) {
			return false
		}
	}
	for i := range seg.MACs {
		if _, stands := rows[seg.MACs[i].MAC]; !stands {
			dirty.named(seg.Name).add(seg.MACs[i].MAC)
		}
		if !yield(1) {
			return false
		}
	}
	return true
}

// bound are the slots that have a binding and should have none.
func (v *Sweep) bound(yield func(int) bool) bool {
	physical := &v.replica.state.physical
	for id, vlans := range physical.ports.vlans {
		for vlan := range vlans {
			for _, at := range physical.placesOf(id) {
				if _, wanted := v.want.Bindings.At(at.slot(vlan)); !wanted {
					v.replica.state.dirty.addSlot(at.slot(vlan))
				}
			}
			if !yield(1) {
				return false
			}
		}
	}
	return true
}

func (v *Sweep) bindings(yield func(int) bool) bool {
	for b := range v.want.Bindings.All() {
		if v.replica.state.dirty.addSlot(b.Slot()); !yield(1) {
			return false
		}
	}
	return true
}
