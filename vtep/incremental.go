package vtep

import (
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// An incremental plan compares only what may differ. It skips a segment if the
// database held the same value before and no row of its logical switch changed since.
// If a newer segment replaces that value, the plan compares the MACs in its delta log
// and the MACs whose rows changed. The increment decides where to look, never what
// should be there: a property test compares its plans with those of Diff.

// maxDirtyMACs bounds the dirty MACs of one logical switch. With more of them, the
// plan compares all its MACs.
const maxDirtyMACs = 4096

// dirtySet holds the parts of a State that changed.
type dirtySet struct {
	all   bool // anything
	ports bool // bindings and tunnels
	// ls has the logical switches with the MACs whose rows changed; nil for all.
	ls map[ovsdb.UUID]map[model.MAC]struct{}
	// changes counts all changes, also those that reset forgot. It shows whether the
	// database changed after a plan was made.
	changes uint64
}

func (t *dirtySet) addAll() {
	t.changes++
	t.all = true
}

func (t *dirtySet) addPorts() {
	t.changes++
	t.ports = true
}

func (t *dirtySet) add(ls ovsdb.UUID) {
	t.changes++
	if t.ls == nil {
		t.ls = map[ovsdb.UUID]map[model.MAC]struct{}{}
	}
	t.ls[ls] = nil
}

func (t *dirtySet) addMAC(row macExtra) {
	t.changes++
	macs, dirty := t.ls[row.ls]
	switch {
	case dirty && macs == nil:
	case row.bad || len(macs) >= maxDirtyMACs:
		t.add(row.ls)
	case !dirty:
		if t.ls == nil {
			t.ls = map[ovsdb.UUID]map[model.MAC]struct{}{}
		}
		t.ls[row.ls] = map[model.MAC]struct{}{row.mac: {}}
	default:
		macs[row.mac] = struct{}{}
	}
}

// addRef is add for the logical switch that a column refers to.
func (t *dirtySet) addRef(ref string) {
	if id, err := ovsdb.ParseUUID(ref); err == nil {
		t.add(id)
	}
}

// reset forgets the changes. It marks what could not be realised as dirty again.
func (t *dirtySet) reset(s *State, open []Problem) {
	*t = dirtySet{changes: t.changes}
	for _, p := range open {
		t.ports = t.ports || p.Binding != nil
		if id, ok := s.logical.byName[p.LogicalSwitch]; ok {
			t.add(id)
		} else {
			t.all = true
		}
	}
}

// increment decides what an incremental plan compares. A nil increment compares
// everything.
type increment struct {
	was   *Want // what the database was last found to hold
	dirty *dirtySet
	same  bool // the Want has the same bindings and tunnels as was
}

// Mode says how much of a database a Plan looks at.
type Mode int

const (
	// Incremental leaves out what can not have changed since the database was last found
	// to hold a Want. The operations are the same as of Whole.
	Incremental Mode = iota
	// Whole looks at everything.
	Whole
)

// planner makes plans. It remembers the Want that a database was last found to hold.
type planner struct{ synced *Want }

// plan compares a Want with a State and changes neither.
func (p *planner) plan(want *Want, have *State, mode Mode) *Plan {
	var where *increment
	if mode == Incremental {
		where = p.increment(want, have)
	}
	plan := diff(want, have, where)
	plan.want, plan.changes = want, have.dirty.changes
	return plan
}

// confirm notes that a plan had nothing to write, unless the database has changed since
// it was made.
func (p *planner) confirm(plan *Plan, have *State) {
	if plan.want == nil || plan.changes != have.dirty.changes {
		return
	}
	p.synced = plan.want
	have.dirty.reset(have, plan.Problems)
}

// increment compares a Want with the one that the database was last found to hold. It
// returns nil if everything has to be compared.
func (p *planner) increment(want *Want, have *State) *increment {
	was := p.synced
	if was == nil || have.dirty.all || !sameCaution(want, was) || want.Prune != was.Prune ||
		want.SourceNode != was.SourceNode || want.MACsFull || was.MACsFull || want.Mark != was.Mark ||
		!slices.EqualFunc(want.Segments, was.Segments, func(a, b *Segment) bool { return a.Name == b.Name }) {
		return nil
	}
	return &increment{
		was: was, dirty: &have.dirty,
		same: SameBindings(want.Bindings, was.Bindings) && slices.Equal(want.Tunnels, was.Tunnels) && want.TunnelRows == was.TunnelRows,
	}
}

// sameCaution reports whether two Wants keep the same unwanted flood members.
func sameCaution(a, b *Want) bool {
	return a.GrowOnly == b.GrowOnly && (!a.GrowOnly || maps.Equal(a.Known, b.Known))
}

// dirtyPart is the part of a segment that has to be compared: nothing, everything, or
// some MACs and all that is no MAC.
type dirtyPart struct {
	nothing, all bool
	macs         []model.MAC // sorted
}

var everything = dirtyPart{all: true}

func (c *increment) segment(seg *Segment, have *State) dirtyPart {
	if c == nil {
		return everything
	}
	was := c.was.Segment(seg.Name)
	rows, dirty := c.dirty.ls[have.logical.byName[seg.Name]]
	if was == seg && !dirty {
		return dirtyPart{nothing: true}
	}
	macs, known := seg.changedSince(was)
	if !known || dirty && rows == nil || c.was.GrowOnly && !slices.Equal(seg.Flood, was.Flood) {
		return everything // also because a member that left may have kept rows
	}
	macs = slices.AppendSeq(macs, maps.Keys(rows))
	reported := have.locators.between(was.Unreported, seg.Unreported) // behind switches that have since
	macs = append(macs, have.remote.macs.behind(have.logical.byName[seg.Name], reported)...)
	slices.SortFunc(macs, model.MAC.Compare)
	return dirtyPart{macs: slices.Compact(macs)}
}

func (c *increment) ports() bool { return c != nil && c.same && !c.dirty.ports }
