package vtep

import (
	"encoding/json"
	"iter"
	"maps"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// portTable holds the rows of Physical_Port. A port may have 4,095 VLANs bound, of which one
// changes: vlans has the bindings, by VLAN, and they are left out of the rows. A row is another
// one also when only its bindings have changed.
type portTable struct {
	rows  table[hwvtep.PhysicalPort]
	vlans map[ovsdb.UUID]map[int]string
}

func newPortTable() portTable {
	return portTable{rows: table[hwvtep.PhysicalPort]{}, vlans: map[ovsdb.UUID]map[int]string{}}
}

// update takes over one monitor update. It returns the row before and after it, nil for none, and
// what is bound otherwise than before: "" for nothing. sum is the weight of all rows.
func (t *portTable) update(u ovsdb.RowUpdate, sum *int) (before, after *hwvtep.PhysicalPort, changes map[int]model.Change[string], err error) {
	before, err = t.rows.apply(u, sum)
	after = t.rows[u.UUID]
	if err != nil {
		return before, after, nil, err
	}
	var said map[int]string // nil for nothing
	if after != nil {
		bare := *after // nobody has seen the row yet
		said, bare.VLANBindings = after.VLANBindings, nil
		*sum += weight(&bare) - weight(after)
		after = &bare
		t.rows[u.UUID] = after
	}
	was := t.vlans[u.UUID]
	switch {
	case u.Kind == ovsdb.KindModify && before != nil && said == nil:
	case u.Kind == ovsdb.KindModify && before != nil && u.Diff:
		changes = toggledBindings(was, said)
	default:
		changes = changedBindings(was, said)
	}
	t.bind(u.UUID, changes, sum)
	return before, after, changes, nil
}

// toggledBindings reads a difference to what is bound: see decodeMap.
func toggledBindings(was, said map[int]string) map[int]model.Change[string] {
	changes := make(map[int]model.Change[string], len(said))
	for vlan, ls := range said {
		c := model.Change[string]{Was: was[vlan], Now: ls}
		if c.Was == ls {
			c.Now = ""
		}
		changes[vlan] = c
	}
	return changes
}

func changedBindings(was, is map[int]string) map[int]model.Change[string] {
	changes := map[int]model.Change[string]{}
	for vlan, ls := range was {
		if is[vlan] != ls {
			changes[vlan] = model.Change[string]{Was: ls, Now: is[vlan]}
		}
	}
	for vlan, ls := range is {
		if was[vlan] != ls {
			changes[vlan] = model.Change[string]{Was: was[vlan], Now: ls}
		}
	}
	return changes
}

// bind carries out changes of the bindings of a port.
func (t *portTable) bind(id ovsdb.UUID, changes map[int]model.Change[string], sum *int) {
	vlans := t.vlans[id]
	if vlans == nil && len(changes) > 0 {
		vlans = map[int]string{}
		t.vlans[id] = vlans
	}
	for vlan, c := range changes {
		if c.Was != "" {
			*sum -= atomWeight + len(c.Was)
			delete(vlans, vlan)
		}
		if c.Now != "" {
			*sum += atomWeight + len(c.Now)
			vlans[vlan] = c.Now
		}
	}
	if len(vlans) == 0 {
		delete(t.vlans, id)
	}
}

func (t *portTable) len() int { return t.rows.len() }

func (t *portTable) of(ls *ovsdb.UUID) iter.Seq[ovsdb.UUID] { return t.rows.of(ls) }

func (t *portTable) has(id ovsdb.UUID) bool { return t.rows.has(id) }

func (t *portTable) row(id ovsdb.UUID) any { return t.rows.row(id) }

func (t *portTable) pending(id ovsdb.UUID) bool { return t.rows.pending(id) }

func (t *portTable) decoded(columns json.RawMessage) (any, error) { return t.rows.decoded(columns) }

// like is that of a table, with the bindings.
func (t *portTable) like(id ovsdb.UUID, columns json.RawMessage) (bool, error) {
	row := t.rows[id]
	if row == nil {
		return false, nil
	}
	var read hwvtep.PhysicalPort
	if err := decodeColumns(columns, &read, false); err != nil {
		return false, err
	}
	same := maps.Equal(read.VLANBindings, t.vlans[id])
	read.VLANBindings = nil
	return same && sameRow(row, &read), nil
}
