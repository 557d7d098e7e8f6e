package vtep

import (
	"maps"
	"slices"

	"bordergw/model"
)

// An incremental plan compares only what may differ. A plan that was taken up is its base: what
// that one did not write, and had no problem with, was as it should be. It compares what the
// Want asks for otherwise than then, what changed in the database since, and what the
// base left open. The increment decides where to look, never what should be there: a
// property test compares its plans with those of Diff.

// Mode says how much of a database a Plan looks at.
type Mode int

const (
	// Incremental leaves out what can not have changed since a plan was taken up. The plan
	// is the same as of Whole.
	Incremental Mode = iota
	// Whole looks at everything.
	Whole
)

// made is what a plan was made from, and all that came of it.
type made struct {
	want *Want
	// changes are those of the database until then, base is what the planner knew.
	changes  uint64
	base     *made
	where    *increment
	ops      []Op
	problems []Problem
}

// planner makes plans. It remembers the last one that was taken up.
type planner struct{ base *made }

// plan compares a Want with a State and changes neither.
func (p *planner) plan(want *Want, have *State, mode Mode) *Plan {
	var where *increment
	if mode == Incremental {
		where = p.increment(want, have)
	}
	plan := diff(want, have, where)
	plan.made = &made{want: want, changes: have.dirty.changes, base: p.base, where: where, ops: plan.Ops, problems: plan.Problems}
	return plan
}

// confirm takes a plan up as the base of the next ones, unless the database has changed since
// it was made, or another one was taken up.
func (p *planner) confirm(plan *Plan, have *State) {
	m := plan.made
	if m == nil || m.changes != have.dirty.changes || m.base != p.base {
		return
	}
	have.dirty.reset(m)
	p.base = &made{want: m.want}
}

// increment is where an incremental plan looks; nil is everywhere.
type increment struct {
	was   *Want // of the base
	dirty *dirtySet
	// parts are the logical switches to be compared, names are they in order.
	parts map[string]*dirtyPart
	names []string
}

// dirtyPart is the part of a logical switch that has to be compared: all that is no
// MAC, and everything or some MACs.
type dirtyPart struct {
	all  bool
	macs []model.MAC // sorted
	// rebound: it may have another row than before, or was not one that bindings lead to.
	rebound bool
}

// increment compares a Want with that of the base. It returns nil if everything has to be compared.
func (p *planner) increment(want *Want, have *State) *increment {
	if p.base == nil {
		return nil
	}
	return newIncrement(want, p.base.want, have, &have.dirty)
}

// newIncrement is where a Want says something else than another one, or rows are dirty; nil if everything has to be
// compared.
func newIncrement(want, was *Want, have *State, dirty *dirtySet) *increment {
	if dirty.all || !sameCircumstances(want, was) {
		return nil
	}
	reclassed, known := want.reclassed(was)
	if !known {
		return nil
	}
	inc := &increment{was: was, dirty: dirty, parts: map[string]*dirtyPart{}}
	rows := dirty.rows()
	for name := range want.Segments.Changes(inc.was.Segments) {
		inc.parts[name] = inc.part(want, have, name, rows[name])
	}
	for name, r := range rows {
		if inc.parts[name] == nil {
			inc.parts[name] = inc.part(want, have, name, r)
		}
	}
	reclass := func(name string) {
		_, stands := have.logical.byName[name]
		switch {
		case !stands:
		case want.Segment(name) != nil: // it may be taken over now, or not any more
			inc.parts[name] = &dirtyPart{all: true, rebound: true}
		case inc.parts[name] == nil:
			inc.parts[name] = &dirtyPart{}
		}
	}
	for name := range reclassed {
		reclass(name)
	}
	for name := range want.Standby.Changes(was.Standby) {
		reclass(name)
	}
	inc.names = slices.Sorted(maps.Keys(inc.parts))
	return inc
}

// compare plans what a Want asks for otherwise than another one.
func compare(was, want *Want, have *State) *Plan {
	return diff(want, have, newIncrement(want, was, have, &dirtySet{logical: &have.logical}))
}

// sameCircumstances reports whether what concerns all segments is the same.
func sameCircumstances(a, b *Want) bool {
	return a.Prune == b.Prune && a.Cable == b.Cable && a.SourceNode == b.SourceNode && a.MACsFull == b.MACsFull && a.Mark == b.Mark &&
		a.GrowOnly == b.GrowOnly && (!a.GrowOnly || maps.Equal(a.Known, b.Known)) // else they keep other unwanted flood members
}

// part is what may differ of a logical switch, some of whose rows, or none (nil), have changed.
func (c *increment) part(want *Want, have *State, name string, rows *dirtyRows) *dirtyPart {
	seg, was := want.Segment(name), c.was.Segment(name)
	part := &dirtyPart{rebound: was == nil || rows != nil && rows.all}
	if seg == nil {
		return part
	}
	macs, known := seg.changedSince(was)
	if !known || rows != nil && rows.all || c.was.GrowOnly && !slices.Equal(seg.Flood, was.Flood) || was.Located != nil && !was.sameLocated(seg) {
		part.all = true // also because a member that left, or could not be told, may have kept rows
		return part
	}
	if rows != nil {
		macs = slices.AppendSeq(macs, maps.Keys(rows.macs))
	}
	reported := have.locators.between(was.Unreported, seg.Unreported) // behind switches that have since
	macs = append(macs, have.remote.macs.behind(have.logical.byName[name], reported)...)
	slices.SortFunc(macs, model.MAC.Compare)
	part.macs = slices.Compact(macs)
	return part
}

// sameTunnels reports whether the tunnels are, and are to be, what they were.
func (c *increment) sameTunnels(want *Want) bool {
	return !c.dirty.tunnels && slices.Equal(want.Tunnels, c.was.Tunnels) && want.TunnelRows == c.was.TunnelRows
}

// slots are those at which what is bound may be another one, or should be.
func (c *increment) slots(d *differ) []Slot {
	slots := maps.Clone(c.dirty.slots)
	if slots == nil {
		slots = map[Slot]struct{}{}
	}
	for s := range d.want.Bindings.Changes(c.was.Bindings) {
		slots[s] = struct{}{}
	}
	for name, part := range c.parts {
		ls, stands := d.have.logical.byName[name]
		if refused := d.want.Segment(name) != nil && !d.realised[name]; !refused && !part.rebound && !d.removed[ls] {
			continue
		}
		for s := range d.want.Bindings.Of(name) {
			slots[s] = struct{}{}
		}
		if stands {
			for s := range d.have.physical.boundTo(ls) {
				slots[s] = struct{}{}
			}
		}
	}
	for _, s := range slices.Collect(maps.Keys(slots)) {
		if end, cabled := d.want.Cable.end(s); cabled {
			slots[end] = struct{}{}
		}
	}
	return slices.SortedFunc(maps.Keys(slots), Slot.Compare)
}
