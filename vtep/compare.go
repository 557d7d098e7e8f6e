package vtep

import (
	"encoding/json"
	"iter"
	"maps"
	"reflect"
	"slices"

	"bordergw/vtep/ovsdb"
)

// rows is a table as a Survey compares it.
type rows interface {
	len() int
	// of are the rows of one logical switch, or all.
	of(ls *ovsdb.UUID) iter.Seq[ovsdb.UUID]
	has(id ovsdb.UUID) bool
	// row is what is known of a row, comparable, nil for nothing.
	row(id ovsdb.UUID) any
	// pending: the row is known to be there, gone or changed, and not yet how.
	pending(id ovsdb.UUID) bool
	// like reports whether a row that is known has these columns.
	like(id ovsdb.UUID, columns json.RawMessage) (bool, error)
	// decoded is a row of these columns, in the form that row gives.
	decoded(columns json.RawMessage) (any, error)
}

// surveyTables are the tables of a State as a Survey looks at them. They are valid while
// the State is locked.
type surveyTables struct {
	caps     Caps // which of them the server has
	byName   map[string]rows
	logical  *logicalTable
	locators *locatorTable
}

func (s *State) surveyed() *surveyTables {
	return &surveyTables{caps: s.caps, logical: &s.logical, locators: &s.locators, byName: map[string]rows{
		"Physical_Switch": s.physical.switches, "Physical_Port": &s.physical.ports, "Logical_Switch": s.logical.rows,
		"Physical_Locator": s.locators.rows, "Physical_Locator_Set": s.locators.sets, "Tunnel": s.tunnels.rows, "Logical_Router": s.routers,
		"Mcast_Macs_Remote": s.floods.rows, "Mcast_Macs_Local": s.local.floods,
		"Ucast_Macs_Remote": &s.remote.macs, "Ucast_Macs_Local": &s.local.macs,
	}}
}

// unlike finds rows that differ from what was read of a part, a few if there are many.
func (t *surveyTables) unlike(p part, results []ovsdb.Result) (out []ovsdb.UUID, err error) {
	table := t.byName[p.table]
	read := map[ovsdb.UUID]bool{}
	for i := range results {
		err := ovsdb.EachRow(results[i].Rows, func(row json.RawMessage) error {
			id, ok := rowID(row)
			if !ok {
				return errWire
			}
			read[id] = true
			like, err := p.bare && table.has(id), error(nil)
			if !p.bare {
				like, err = table.like(id, row)
			}
			if !like && !table.pending(id) && len(out) < maxSuspects {
				out = append(out, id)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	asked := table.of(p.of)
	if p.rows != nil {
		asked = slices.Values(p.rows)
	}
	for id := range asked {
		if !read[id] && table.row(id) != nil && !table.pending(id) && len(out) < 2*maxSuspects {
			out = append(out, id)
		}
	}
	return out, nil
}

// weigh compares rows that were asked for again. It returns the unreported ones, and
// those that have to be asked for once more.
func (t *surveyTables) weigh(suspects []Suspect, results []ovsdb.Result) (unreported, still []Suspect, err error) {
	for i, was := range suspects {
		table := t.byName[was.Table]
		now := Suspect{Table: was.Table, id: was.id, has: string(results[i].Rows), known: table.row(was.id)}
		there, like := false, false
		err := ovsdb.EachRow(results[i].Rows, func(row json.RawMessage) (err error) {
			there = true
			like, err = table.like(was.id, row)
			return err
		})
		switch {
		case err != nil:
			return nil, nil, err
		case table.pending(was.id) || like || !there && now.known == nil:
		case now == was:
			if err := t.nameRow(&now); err != nil {
				return nil, nil, err
			}
			unreported = append(unreported, now)
		default:
			still = append(still, now)
		}
	}
	return unreported, still, nil
}

func rowID(row json.RawMessage) (id ovsdb.UUID, ok bool) {
	err := ovsdb.EachColumn(row, func(column, value []byte) error {
		if string(column) == "_uuid" {
			id, ok = ovsdb.ReadRef(value)
		}
		return nil
	})
	return id, ok && err == nil
}

func (t table[T]) len() int { return len(t) }

func (t table[T]) of(*ovsdb.UUID) iter.Seq[ovsdb.UUID] { return maps.Keys(t) }

func (t table[T]) has(id ovsdb.UUID) bool { return t[id] != nil }

// row is a pointer, which is another one when the row has changed.
func (t table[T]) row(id ovsdb.UUID) any {
	if row := t[id]; row != nil {
		return row
	}
	return nil
}

func (t table[T]) pending(ovsdb.UUID) bool { return false }

func (t table[T]) like(id ovsdb.UUID, columns json.RawMessage) (bool, error) {
	row := t[id]
	if row == nil {
		return false, nil
	}
	var read T
	if err := decodeColumns(columns, &read, false); err != nil {
		return false, err
	}
	return sameRow(row, &read), nil
}

func (t table[T]) decoded(columns json.RawMessage) (any, error) {
	row := new(T)
	return row, decodeColumns(columns, row, false)
}

func sameRow[T any](a, b *T) bool { return sameColumns(reflect.ValueOf(*a), reflect.ValueOf(*b)) }

// sameColumns compares the tagged fields of two rows; an empty set or map is like none.
func sameColumns(a, b reflect.Value) bool {
	return !slices.ContainsFunc(columnFields(a.Type()), func(f columnField) bool {
		x, y := a.Field(f.index), b.Field(f.index)
		if k := x.Kind(); (k == reflect.Slice || k == reflect.Map) && x.Len() == 0 && y.Len() == 0 {
			return false
		}
		return !reflect.DeepEqual(x.Interface(), y.Interface())
	})
}

func (t *macTable) of(ls *ovsdb.UUID) iter.Seq[ovsdb.UUID] {
	return func(yield func(ovsdb.UUID) bool) {
		if ls == nil {
			for id := range t.rows {
				if !yield(id) {
					return
				}
			}
			maps.Keys(t.extra)(yield)
			return
		}
		for _, row := range t.byLS[*ls] {
			if !yield(row.uuid) {
				return
			}
		}
		maps.Keys(t.extraOf[*ls])(yield)
	}
}

func (t *macTable) has(id ovsdb.UUID) bool {
	_, known := t.get(id)
	return known
}

func (t *macTable) row(id ovsdb.UUID) any {
	if e, ok := t.get(id); ok {
		return e
	}
	return nil
}

func (t *macTable) pending(id ovsdb.UUID) bool {
	_, pending := t.partial[id]
	return pending
}

func (t *macTable) like(id ovsdb.UUID, columns json.RawMessage) (bool, error) {
	have, known := t.get(id)
	if !known {
		return false, nil
	}
	var read macExtra
	reported, err := read.decode(columns)
	return !reported || read == have, err
}

func (t *macTable) decoded(columns json.RawMessage) (any, error) {
	var row macExtra
	_, err := row.decode(columns)
	return row, err
}

// sample is one row in contentShare, in as many turns all of them.
func (t *macTable) sample(turn int) (out []ovsdb.UUID) {
	for id := range t.of(nil) {
		if int(id[0])%contentShare == turn%contentShare { // UUIDs are random
			out = append(out, id)
		}
	}
	return out
}
