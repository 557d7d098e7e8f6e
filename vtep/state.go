package vtep

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// State is a switch database as it stands. It is filled by update and, for managed
// rows, from replies. It is not safe for concurrent use; a replica guards it.
type State struct {
	caps Caps

	physical physicalTables
	logical  logicalTable
	locators locatorTable
	tunnels  tunnelTable
	routers  table[hwvtep.LogicalRouter]
	floods   floodTable
	remote   remoteMACs
	local    localMACs

	size footprint
	// dirty records what changed since a plan last found nothing to do.
	dirty dirtySet
}

// table holds the rows of one small table.
type table[T any] map[ovsdb.UUID]*T

// NewState is an empty State for a server with these capabilities.
func NewState(c Caps) *State {
	s := &State{
		caps:     c,
		physical: newPhysicalTables(),
		logical:  newLogicalTable(),
		locators: newLocatorTable(),
		floods:   newFloodTable(),
		routers:  table[hwvtep.LogicalRouter]{},
		size:     footprint{limit: maxWeight},
	}
	s.dirty = dirtySet{logical: &s.logical, all: true} // nothing has been looked at
	s.tunnels = tunnelTable{rows: table[hwvtep.Tunnel]{}, locators: &s.locators}
	s.remote = remoteMACs{macs: newMACTable(), dirty: &s.dirty}
	s.local = localMACs{
		macs: newMACTable(), floods: table[hwvtep.McastMacsLocal]{}, floodsOf: refIndex{},
		physical: &s.physical, logical: &s.logical, locators: &s.locators,
	}
	return s
}

// apply takes over one monitor update and returns the row before it, or nil. It keeps
// sum, the weight of all rows.
// A row is replaced, never changed in place, so that a pointer to it stays
// valid for whoever holds one.
func (t table[T]) apply(u ovsdb.RowUpdate, sum *int) (*T, error) {
	old := t[u.UUID]
	if u.Kind == ovsdb.KindDelete {
		*sum -= weight(old)
		delete(t, u.UUID)
		return old, nil
	}
	// Columns at their default are left out of a new row.
	row := new(T)
	if old != nil && u.Kind == ovsdb.KindModify {
		*row = *old
	}
	if err := decodeColumns(u.Row, row, u.Diff); err != nil {
		return old, fmt.Errorf("%s: %w", u.Table, err)
	}
	*sum += weight(row) - weight(old)
	t[u.UUID] = row
	return old, nil
}

// update applies one monitor update. An error means that the row can not be
// understood; the State is then no longer to be trusted.
func (s *State) update(u ovsdb.RowUpdate) error {
	if err := s.updateTable(u); err != nil {
		return err
	}
	return s.size.count(s.remote.macs.held() + s.local.macs.held())
}

func (s *State) updateTable(u ovsdb.RowUpdate) (err error) {
	switch u.Table {
	case "Physical_Switch":
		s.local.changed.all = true // what counts as its own address may have changed
		s.dirty.addAll()
		return s.physical.updateSwitch(u, &s.size.sum)
	case "Physical_Port":
		return s.updatePort(u)
	case "Logical_Switch":
		return s.updateLogical(u)
	case "Physical_Locator":
		if u.Kind == ovsdb.KindModify {
			s.dirty.addAll() // tunnel_key is mutable
		}
		return s.locators.update(u, &s.size.sum)
	case "Physical_Locator_Set":
		_, err = s.locators.sets.apply(u, &s.size.sum)
	case "Tunnel":
		s.dirty.addTunnels()
		_, err = s.tunnels.rows.apply(u, &s.size.sum)
	case "Logical_Router": // never written, and no plan looks at it
		_, err = s.routers.apply(u, &s.size.sum)
	case "Mcast_Macs_Remote":
		return s.updateFlood(u)
	case "Mcast_Macs_Local":
		err = s.local.updateFlood(u, &s.size.sum)
	case "Ucast_Macs_Remote":
		return s.remote.update(u)
	case "Ucast_Macs_Local":
		return s.local.update(u)
	default:
		return fmt.Errorf("update of table %.64q, which is not monitored", u.Table)
	}
	return err
}

func (s *State) updatePort(u ovsdb.RowUpdate) error {
	moved, vlans, err := s.physical.updatePort(u, &s.size.sum)
	if moved {
		s.dirty.addAll()
		return err
	}
	for _, at := range s.physical.placesOf(u.UUID) {
		for _, vlan := range vlans {
			s.dirty.addSlot(at.slot(vlan))
		}
	}
	return err
}

func (s *State) updateLogical(u ovsdb.RowUpdate) error {
	old, row, err := s.logical.update(u, &s.size.sum)
	if old != nil && (row == nil || row.Name != old.Name) {
		s.local.changed.addNames(namesOf(old, row)) // its MACs were those of another network
	}
	s.dirty.addNames(s.logical.sharing(row)) // who waits for a VNI that came free is open anyway
	s.dirty.addNames(namesOf(old, row))
	return err
}

// namesOf are those of the rows that there are.
func namesOf(rows ...*hwvtep.LogicalSwitch) (names []string) {
	for _, row := range rows {
		if row != nil {
			names = append(names, row.Name)
		}
	}
	return names
}

func (s *State) updateFlood(u ovsdb.RowUpdate) error {
	before, after, err := s.floods.update(u, &s.size.sum)
	for _, row := range []*hwvtep.McastMacsRemote{before, after} {
		if row != nil {
			s.dirty.addRef(row.LogicalSwitch)
		}
	}
	return err
}

// sortedUUIDs gives a table's rows an order.
func sortedUUIDs[T any](m map[ovsdb.UUID]T) []ovsdb.UUID {
	return slices.SortedFunc(maps.Keys(m), compareUUID)
}

func compareUUID(a, b ovsdb.UUID) int { return strings.Compare(string(a[:]), string(b[:])) }
