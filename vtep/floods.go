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
	byLS refIndex
}

func newFloodTable() floodTable {
	return floodTable{rows: table[hwvtep.McastMacsRemote]{}, byLS: refIndex{}}
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
	if before != nil {
		t.byLS.remove(u.UUID, before.LogicalSwitch)
	}
	if after != nil {
		t.byLS.add(u.UUID, after.LogicalSwitch)
	}
	return before, after, nil
}

// refIndex finds the rows, in order, that refer to a logical switch.
type refIndex map[ovsdb.UUID][]ovsdb.UUID

func (x refIndex) remove(id ovsdb.UUID, ref string) {
	ls, err := ovsdb.ParseUUID(ref)
	i, listed := slices.BinarySearchFunc(x[ls], id, compareUUID)
	if err != nil || !listed {
		return
	}
	if x[ls] = slices.Delete(x[ls], i, i+1); len(x[ls]) == 0 {
		delete(x, ls)
	}
}

func (x refIndex) add(id ovsdb.UUID, ref string) {
	if ls, err := ovsdb.ParseUUID(ref); err == nil {
		i, _ := slices.BinarySearchFunc(x[ls], id, compareUUID)
		x[ls] = slices.Insert(x[ls], i, id)
	}
}
