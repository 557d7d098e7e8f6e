package api

import (
	"context"

	"bordergw/model"
)

// kept is a kind of record that the store keeps in a table of its own: what resources of
// such records have in common.
type kept[R any, P model.Recorder[R], T record] struct {
	table  func(*model.Definitions) model.Table[R, P]
	absent func(id string) *model.Error
	// view shows a record as an item of the resource.
	view   func(*call, P) T
	create func(*call, values) (P, error)
	// update is nil when nothing can be changed.
	update func(c *call, id string, in values) (P, error)
	remove func(s Store, ctx context.Context, id string) error
}

// serve completes a resource: it finds and changes the records.
func (k kept[R, P, T]) serve(r resource[T]) *resource[T] {
	r.all, r.find = k.all, k.find
	r.absent = func(id string) error { return k.absent(id) }
	r.create = func(c *call, in values) (T, error) {
		p, err := k.create(c, in)
		return k.viewed(c, p, err)
	}
	if k.update != nil {
		r.update = func(c *call, id string, in values) (T, error) {
			p, err := k.update(c, id, in)
			return k.viewed(c, p, err)
		}
	}
	r.remove = func(c *call, id string) error { return k.remove(c.cfg.Store, c.r.Context(), id) }
	return &r
}

func (k kept[R, P, T]) all(c *call) []T {
	table := k.table(c.defs)
	vs := make([]T, 0, table.Len())
	for p := range table.All() {
		vs = append(vs, k.view(c, p))
	}
	return vs
}

func (k kept[R, P, T]) find(c *call, id string) (v T, err error) {
	p, ok := k.table(c.defs).Get(id)
	if !ok {
		return v, k.absent(id)
	}
	return k.view(c, p), nil
}

// viewed is a record that was created or changed.
func (k kept[R, P, T]) viewed(c *call, p P, err error) (v T, _ error) {
	if err != nil {
		return v, err
	}
	return k.view(c, p), nil
}

// asKept is the view of a record that is an item as it is.
func asKept[P record](_ *call, p P) P { return p }
