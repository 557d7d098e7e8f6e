package vtep

import (
	"slices"

	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// floodTable holds the rows of Mcast_Macs_Remote. byLS always says the same as rows: only
// update writes them.
type floodTable struct {
	rows table[hwvtep.McastMacsRemote]
	byLS map[ovsdb.UUID][]ovsdb.UUID // sorted
}

func newFloodTable() floodTable {
	return floodTable{rows: table[hwvtep.McastMacsRemote]{}, byLS: map[ovsdb.UUID][]ovsdb.UUID{}}
}

// update returns the row before and after it, nil for none.
func (t *floodTable) update(u ovsdb.RowUpdate, sum *int) (before, after *hwvtep.McastMacsRemote, err error) {
	before, err = t.rows.apply(u, sum)
	if err != nil {
		return nil, nil, err
	}
	after = t.rows[u.UUID]
	if before != nil && after != nil && before.LogicalSwitch == after.LogicalSwitch {
		return before, after, nil
	}
	t.unlist(u.UUID, before)
	t.list(u.UUID, after)
	return before, after, nil
}

func (t *floodTable) unlist(id ovsdb.UUID, row *hwvtep.McastMacsRemote) {
	ls, known := t.place(row)
	i, listed := slices.BinarySearchFunc(t.byLS[ls], id, compareUUID)
	if !known || !listed {
		return
	}
	if t.byLS[ls] = slices.Delete(t.byLS[ls], i, i+1); len(t.byLS[ls]) == 0 {
		delete(t.byLS, ls)
	}
}

func (t *floodTable) list(id ovsdb.UUID, row *hwvtep.McastMacsRemote) {
	if ls, known := t.place(row); known {
		i, _ := slices.BinarySearchFunc(t.byLS[ls], id, compareUUID)
		t.byLS[ls] = slices.Insert(t.byLS[ls], i, id)
	}
}

// place is the logical switch of a row; false for none.
func (t *floodTable) place(row *hwvtep.McastMacsRemote) (ls ovsdb.UUID, ok bool) {
	if row == nil {
		return ls, false
	}
	ls, err := ovsdb.ParseUUID(row.LogicalSwitch)
	return ls, err == nil
}
