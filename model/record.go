package model

import (
	"cmp"
	"iter"
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

// Table is an immutable set of records in creation order. With and Without return a
// changed table that shares with the old one what did not change. Their cost, and that of a
// look-up, grows with the logarithm of the length. The records themselves are shared.
type Table[T any, P Recorder[T]] struct {
	byID  Sorted[id, P]
	bySeq Sorted[Order, P]
	// owned are the numbers of records by project.
	owned Sorted[id, int]
}

// Order is the place of a record in the order of creation.
type Order struct {
	Seq uint64
	ID  string
}

// Compare orders by creation.
func (a Order) Compare(b Order) int {
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.ID, b.ID))
}

// Order is where the record is in the order of creation.
func (r *Record) Order() Order { return Order{r.Seq, r.ID} }

// Get returns the record with that id.
func (t Table[T, P]) Get(recordID string) (P, bool) { return t.byID.Get(id(recordID)) }

// Len is the number of records.
func (t Table[T, P]) Len() int { return t.byID.Len() }

// Owned is the number of records of a project.
func (t Table[T, P]) Owned(project string) int {
	n, _ := t.owned.Get(id(project))
	return n
}

// Same reports whether it is the same value of the table: nothing was put or removed.
func (t Table[T, P]) Same(o Table[T, P]) bool { return t.byID == o.byID }

// All yields the records in creation order.
func (t Table[T, P]) All() iter.Seq[P] { return values(t.bySeq) }

// Changes yields by id what differs from another value of the table, at the cost of what
// differs where one follows from the other.
func (t Table[T, P]) Changes(was Table[T, P]) iter.Seq2[string, Change[P]] {
	return func(yield func(string, Change[P]) bool) {
		for k, c := range SortedChanges(was.byID, t.byID) {
			if !yield(string(k), c) {
				return
			}
		}
	}
}

// With returns a table in which p replaces or joins the records. Its Seq must
// not change once it is in a table.
func (t Table[T, P]) With(p P) Table[T, P] {
	m := p.Meta()
	if old, ok := t.Get(m.ID); !ok || old.Meta().ProjectID != m.ProjectID {
		if ok {
			t.own(old.Meta().ProjectID, -1)
		}
		t.own(m.ProjectID, 1)
	}
	t.byID, t.bySeq = t.byID.With(id(m.ID), p), t.bySeq.With(m.Order(), p)
	return t
}

// Without returns a table that lacks the record with that id.
func (t Table[T, P]) Without(recordID string) Table[T, P] {
	p, ok := t.Get(recordID)
	if !ok {
		return t
	}
	t.own(p.Meta().ProjectID, -1)
	t.byID, t.bySeq = t.byID.Without(id(recordID)), t.bySeq.Without(p.Meta().Order())
	return t
}

// own counts that many records more of a project.
func (t *Table[T, P]) own(project string, more int) {
	if n := t.Owned(project) + more; n > 0 {
		t.owned = t.owned.With(id(project), n)
	} else {
		t.owned = t.owned.Without(id(project))
	}
}

// NewTable builds a table from records in any order, each of another id.
func NewTable[T any, P Recorder[T]](records []P) (t Table[T, P]) {
	byID, bySeq := make([]Pair[id, P], len(records)), make([]Pair[Order, P], len(records))
	owned := map[id]int{}
	for i, p := range records {
		m := p.Meta()
		byID[i], bySeq[i] = Pair[id, P]{id(m.ID), p}, Pair[Order, P]{m.Order(), p}
		owned[id(m.ProjectID)]++
	}
	t.byID, t.bySeq = t.byID.WithAll(byID), t.bySeq.WithAll(bySeq)
	for project, n := range owned {
		t.owned = t.owned.With(project, n)
	}
	return t
}
