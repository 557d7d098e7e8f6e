package vtep

import (
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// Rows is what a database holds of one logical switch, as of one moment, whoever wrote it.
type Rows struct {
	Name string
	// Key is the VNI of the logical switch, 0 for none.
	Key model.VNI
	// Bindings are the slots that are bound to it, sorted.
	Bindings []Slot
	// Flood are the members of its unknown-dst row, sorted; nil if there is no such row.
	Flood []Locator
	// Local and Remote are where the MACs that were asked for are, as far as there are rows.
	Local, Remote map[model.MAC]Locator
	// LocalMACs and RemoteMACs count all that there are.
	LocalMACs, RemoteMACs int
	Ownership             RowsOwner
}

// RowsOwner says whose the rows of a logical switch are.
type RowsOwner uint8

const (
	// RowsForeign are unmanaged.
	RowsForeign RowsOwner = iota
	// RowsWanted are of a logical switch that the database is to hold.
	RowsWanted
	// RowsLeft are managed and not wanted any more.
	RowsLeft
)

// String is how people and the API call it.
func (o RowsOwner) String() string {
	return map[RowsOwner]string{RowsForeign: model.RowsForeign, RowsWanted: model.RowsOurs, RowsLeft: model.RowsLeft}[o]
}

// rowsNamed is what there is of a logical switch, false if there is none of that name.
func rowsNamed(s *State, want *Want, name string, macs []model.MAC) (Rows, bool) {
	id, found := s.logical.byName[name]
	row := s.logical.rows[id]
	if !found || row == nil {
		return Rows{}, false
	}
	out := Rows{
		Name: name, Key: s.logical.vni(name), Flood: floodRow(s, id), Ownership: want.owner(s.caps, row),
		Local: located(s, &s.local.macs, id, macs), Remote: located(s, &s.remote.macs, id, macs),
		LocalMACs: s.local.macs.count(id), RemoteMACs: s.remote.macs.count(id),
	}
	out.Bindings = slices.SortedFunc(s.physical.boundTo(id), Slot.Compare)
	return out, true
}

// floodRow are the members of the unknown-dst row of a logical switch, nil for no row.
func floodRow(s *State, ls ovsdb.UUID) []Locator {
	for _, id := range s.floods.byLS[ls] {
		if row := s.floods.rows[id]; row.MAC == UnknownDst {
			list, _ := s.locators.members(row.LocatorSet)
			return append([]Locator{}, list...)
		}
	}
	return nil
}

// located are the locators of those of some MACs that have a row. A locator that can not be used is the zero one.
func located(s *State, t *macTable, ls ovsdb.UUID, macs []model.MAC) map[model.MAC]Locator {
	out := map[model.MAC]Locator{}
	for _, mac := range macs {
		if row, ok := t.byLS[ls][mac]; ok {
			out[mac] = s.locators.usable[row.locator]
		}
	}
	return out
}

// owner says whose a logical switch is.
func (w *Want) owner(c Caps, row *hwvtep.LogicalSwitch) RowsOwner {
	seg := w.Segment(row.Name)
	switch {
	case seg != nil && w.adoptable(c, row, seg):
		return RowsWanted
	case seg == nil && (row.OtherConfig[MarkKey] == w.Mark || w.removable(c, row)):
		return RowsLeft
	}
	return RowsForeign
}

// names are those of all logical switches, in no order.
func (t *logicalTable) names() []string { return slices.Collect(maps.Keys(t.byName)) }
