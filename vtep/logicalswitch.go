package vtep

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// maxKeyChanges bounds the changes that are kept between two calls of takeVNIs. With
// more of them, takeVNIs returns all logical switches.
const maxKeyChanges = 1 << 12

// keyChanges are the names of logical switches that came, went or changed.
type keyChanges struct {
	all   bool
	names map[string]struct{}
}

func (c *keyChanges) note(rows ...*hwvtep.LogicalSwitch) {
	for _, row := range rows {
		switch {
		case row == nil || c.all:
		case len(c.names) >= maxKeyChanges:
			c.all, c.names = true, nil
		default:
			if c.names == nil {
				c.names = map[string]struct{}{}
			}
			c.names[row.Name] = struct{}{}
		}
	}
}

// logicalTable holds the logical switches of a database. byName and byKey always say the same as
// rows, and changed has all that changed: only update writes them.
type logicalTable struct {
	rows   table[hwvtep.LogicalSwitch]
	byName map[string]ovsdb.UUID
	// byKey are the names of those that have a VNI.
	byKey map[int][]string
	// changed records whose VNIs changed since takeVNIs.
	changed keyChanges
}

func newLogicalTable() logicalTable {
	return logicalTable{
		rows: table[hwvtep.LogicalSwitch]{}, byName: map[string]ovsdb.UUID{}, byKey: map[int][]string{}, changed: keyChanges{all: true},
	}
}

// update returns the row before and after it, nil for none.
func (t *logicalTable) update(u ovsdb.RowUpdate, sum *int) (old, row *hwvtep.LogicalSwitch, err error) {
	old, err = t.rows.apply(u, sum)
	if err != nil {
		return nil, nil, err
	}
	row = t.rows[u.UUID]
	t.changed.note(old, row)
	if old != nil && (row == nil || row.Name != old.Name) && t.byName[old.Name] == u.UUID {
		delete(t.byName, old.Name)
	}
	if row != nil {
		t.byName[row.Name] = u.UUID
	}
	t.indexKeys(old, row)
	return old, row, nil
}

// indexKeys notes which VNI a row gave up, and which it has now.
func (t *logicalTable) indexKeys(old, row *hwvtep.LogicalSwitch) {
	if old != nil && old.TunnelKey != nil {
		names := t.byKey[*old.TunnelKey]
		if i := slices.Index(names, old.Name); i >= 0 {
			names[i] = names[len(names)-1]
			t.byKey[*old.TunnelKey] = names[:len(names)-1]
		}
		if len(names) <= 1 {
			delete(t.byKey, *old.TunnelKey)
		}
	}
	if row != nil && row.TunnelKey != nil {
		t.byKey[*row.TunnelKey] = append(t.byKey[*row.TunnelKey], row.Name)
	}
}

// sharing are the names of the logical switches that have the VNI of a row, nil for none.
func (t *logicalTable) sharing(row *hwvtep.LogicalSwitch) []string {
	if row == nil || row.TunnelKey == nil {
		return nil
	}
	return t.byKey[*row.TunnelKey]
}

// named is the row of that name, nil for none.
func (t *logicalTable) named(name string) *hwvtep.LogicalSwitch { return t.rows[t.byName[name]] }

// at is the row that a column refers to, nil for none.
func (t *logicalTable) at(ref string) *hwvtep.LogicalSwitch {
	id, err := ovsdb.ParseUUID(ref)
	if err != nil {
		return nil
	}
	return t.rows[id]
}

// name is the name of the logical switch that a column refers to, for people.
func (t *logicalTable) name(ref string) string {
	if row := t.at(ref); row != nil {
		return row.Name
	}
	return "logical switch " + ref
}

// vni is the VNI of the logical switch of that name, 0 for none.
func (t *logicalTable) vni(name string) model.VNI {
	row := t.named(name)
	if row == nil || row.TunnelKey == nil {
		return 0
	}
	v, err := model.NewVNI(int64(*row.TunnelKey))
	if err != nil {
		return 0
	}
	return v
}

// takeVNIs returns the VNIs that changed since the last call, see Session.TakeVNIs.
func (t *logicalTable) takeVNIs() (all bool, vnis map[string]model.VNI) {
	changes := t.changed
	t.changed = keyChanges{}
	if !changes.all && len(changes.names) == 0 {
		return false, nil
	}
	vnis = map[string]model.VNI{}
	for name := range changes.names {
		vnis[name] = t.vni(name)
	}
	if changes.all {
		for name := range t.byName {
			vnis[name] = t.vni(name)
		}
	}
	return changes.all, vnis
}
