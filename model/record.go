package model

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"
)

// Record is what all stored nouns have in common. Only the store writes it.
type Record struct {
	// ID is opaque, unique within its kind and never reused.
	ID string `json:"id"`
	// ProjectID is the owner (Neutron's tenant_id).
	ProjectID string `json:"project_id"`
	// Seq orders records by creation.
	Seq uint64 `json:"seq"`
	// Revision is the store revision of the last change.
	Revision uint64 `json:"revision"`
	// ManagedBy names the program that keeps the record as its own says, such as neutron; ""
	// for what operators made here.
	ManagedBy string `json:"managed_by,omitempty"`
	// CreatedAt is the wall clock at creation, for people only.
	CreatedAt time.Time `json:"created_at"`
}

// Meta is the common part of a record.
func (r *Record) Meta() *Record { return r }

// Recorder is implemented by pointers to structs that embed Record.
type Recorder[T any] interface {
	*T
	Meta() *Record
}

// Table is an immutable set of records in creation order. With and Without
// return a changed copy; the records themselves are shared.
type Table[T any, P Recorder[T]] struct {
	byID map[string]P
	list []P
}

// Get returns the record with that id.
func (t Table[T, P]) Get(id string) (P, bool) {
	p, ok := t.byID[id]
	return p, ok
}

// Len is the number of records.
func (t Table[T, P]) Len() int { return len(t.list) }

// Same reports whether it is the same value of the table: nothing was put or removed.
func (t Table[T, P]) Same(o Table[T, P]) bool {
	return len(t.list) == len(o.list) && (len(t.list) == 0 || &t.list[0] == &o.list[0])
}

// All yields the records in creation order.
func (t Table[T, P]) All() iter.Seq[P] { return slices.Values(t.list) }

// With returns a table in which p replaces or joins the records. Its Seq must
// not change once it is in a table.
func (t Table[T, P]) With(p P) Table[T, P] {
	out := Table[T, P]{byID: maps.Clone(t.byID)}
	if out.byID == nil {
		out.byID = map[string]P{}
	}
	out.byID[p.Meta().ID] = p
	i, found := t.search(p)
	if found {
		out.list = slices.Clone(t.list)
		out.list[i] = p
	} else {
		out.list = slices.Insert(slices.Clone(t.list), i, p)
	}
	return out
}

// Without returns a table that lacks the record with that id.
func (t Table[T, P]) Without(id string) Table[T, P] {
	p, ok := t.byID[id]
	if !ok {
		return t
	}
	out := Table[T, P]{byID: maps.Clone(t.byID)}
	delete(out.byID, id)
	i, _ := t.search(p)
	out.list = slices.Delete(slices.Clone(t.list), i, i+1)
	return out
}

// NewTable builds a table from records in any order.
func NewTable[T any, P Recorder[T]](records []P) Table[T, P] {
	t := Table[T, P]{byID: make(map[string]P, len(records)), list: slices.Clone(records)}
	for _, p := range records {
		t.byID[p.Meta().ID] = p
	}
	slices.SortFunc(t.list, compareRecords[T, P])
	return t
}

func (t Table[T, P]) search(p P) (int, bool) {
	return slices.BinarySearchFunc(t.list, p, compareRecords[T, P])
}

func compareRecords[T any, P Recorder[T]](a, b P) int {
	x, y := a.Meta(), b.Meta()
	return cmp.Or(cmp.Compare(x.Seq, y.Seq), cmp.Compare(x.ID, y.ID))
}
