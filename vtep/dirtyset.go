package vtep

import (
	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

const (
	// maxDirtyMACs bounds the dirty MACs of one logical switch. With more of them, the
	// plan compares all its MACs.
	maxDirtyMACs = 4096
	// maxSharing bounds how many logical switches with one VNI are looked at one by one.
	maxSharing = 64
)

// dirtySet holds the parts of a State that changed since a plan was made that was taken up,
// and those that this plan left open: what it was to write, and its problems. All
// else has been compared and is as it should be.
type dirtySet struct {
	logical *logicalTable
	all     bool // anything
	tunnels bool
	slots   map[Slot]struct{}
	// names has the logical switches, whether or not they stand; unnamed those of which
	// a row refers to one that is not there, or not yet.
	names   map[string]*dirtyRows
	unnamed map[ovsdb.UUID]*dirtyRows
	// changes counts all changes, also those that were forgotten. It shows whether the
	// database changed after a plan was made.
	changes uint64
}

// dirtyRows are the parts of a logical switch that changed: some MACs, or anything. What is
// no MAC is little, and compared wherever there are any.
type dirtyRows struct {
	all  bool
	macs map[model.MAC]struct{}
}

func (r *dirtyRows) add(mac model.MAC) {
	switch {
	case r.all:
	case len(r.macs) >= maxDirtyMACs:
		r.addAll()
	default:
		if r.macs == nil {
			r.macs = map[model.MAC]struct{}{}
		}
		r.macs[mac] = struct{}{}
	}
}

func (r *dirtyRows) addAll() { r.all, r.macs = true, nil }

func (t *dirtySet) addAll() {
	t.changes++
	t.all = true
}

func (t *dirtySet) addTunnels() {
	t.changes++
	t.tunnels = true
}

func (t *dirtySet) addSlot(s Slot) {
	t.changes++
	if t.all {
		return
	}
	if t.slots == nil {
		t.slots = map[Slot]struct{}{}
	}
	t.slots[s] = struct{}{}
}

// named are the dirty rows of a logical switch by its name.
func (t *dirtySet) named(name string) *dirtyRows {
	rows := t.names[name]
	if rows == nil {
		if t.names == nil {
			t.names = map[string]*dirtyRows{}
		}
		rows = &dirtyRows{}
		t.names[name] = rows
	}
	return rows
}

// of are the dirty rows of a logical switch.
func (t *dirtySet) of(ls ovsdb.UUID) *dirtyRows {
	if row := t.logical.rows[ls]; row != nil {
		return t.named(row.Name)
	}
	rows := t.unnamed[ls]
	if rows == nil {
		if t.unnamed == nil {
			t.unnamed = map[ovsdb.UUID]*dirtyRows{}
		}
		rows = &dirtyRows{}
		t.unnamed[ls] = rows
	}
	return rows
}

// addNames adds all of some logical switches.
func (t *dirtySet) addNames(names []string) {
	t.changes++
	switch {
	case t.all:
	case len(names) > maxSharing:
		t.all = true
	default:
		for _, name := range names {
			t.named(name).addAll()
		}
	}
}

// addMAC adds a row of Ucast_Macs_Remote.
func (t *dirtySet) addMAC(row macExtra) {
	t.changes++
	if t.all {
		return
	}
	if rows := t.of(row.ls); !row.bad {
		rows.add(row.mac)
	}
}

// addRef adds what is no MAC of the logical switch that a column refers to.
func (t *dirtySet) addRef(ref string) {
	t.changes++
	if id, err := ovsdb.ParseUUID(ref); err == nil && !t.all {
		t.of(id)
	}
}

// rows are the dirty rows of all logical switches, by name.
func (t *dirtySet) rows() map[string]*dirtyRows {
	for id, rows := range t.unnamed {
		row := t.logical.rows[id]
		if row == nil {
			continue // nothing of it can be wanted
		}
		into := t.named(row.Name)
		for mac := range rows.macs {
			into.add(mac)
		}
		if rows.all {
			into.addAll()
		}
		delete(t.unnamed, id)
	}
	return t.names
}

// reset forgets the changes before a plan, but for what the plan leaves open.
func (t *dirtySet) reset(made *made) {
	*t = dirtySet{logical: t.logical, changes: t.changes, unnamed: t.unnamed}
	for i := 0; i < len(made.ops); {
		i += t.open(made, made.ops[i:])
	}
	for i := range made.problems {
		if p := &made.problems[i]; p.Binding != nil {
			t.addSlot(p.Binding.Slot())
		} else {
			t.named(p.LogicalSwitch).addAll()
		}
	}
}

// open leaves the first of some operations open, and returns how many. Those of many MACs of one
// logical switch are one look at all that it has.
func (t *dirtySet) open(made *made, ops []Op) int {
	op := &ops[0]
	switch {
	case op.bindsPort():
		t.addSlot(op.Detail.Binding.Slot())
	case op.Detail != nil && op.Detail.Tunnel != (Tunnel{}):
		t.tunnels = true
	case !op.isMAC():
		t.named(op.LogicalSwitch)
	default:
		n := 1
		for n < len(ops) && ops[n].isMAC() && ops[n].LogicalSwitch == op.LogicalSwitch {
			n++
		}
		t.openMACs(made, ops[:n])
		return n
	}
	return 1
}

func (t *dirtySet) openMACs(made *made, ops []Op) {
	rows := t.named(ops[0].LogicalSwitch)
	if seg := made.want.Segment(ops[0].LogicalSwitch); seg != nil && len(ops) > len(seg.MACs)/4 {
		rows.addAll()
		return
	}
	for i := range ops {
		rows.add(ops[i].MAC)
	}
}
