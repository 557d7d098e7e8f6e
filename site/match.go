package site

import (
	"iter"

	"bordergw/model"
)

// matches says which record each object of a file is, by its key. An object that does not
// exist yet has the id that it will get.
type matches struct {
	// ids are by key, keys by id.
	ids, keys map[string]string
	// records are those that exist, by key.
	records map[string]*model.Record
}

// recordsOf are the records of one kind as a file means them.
type recordsOf struct {
	kind string
	all  map[string]record
	// called finds them by name.
	called index
	used   func(string) bool
}

func newRecordsOf(kind string, all iter.Seq[record], used func(string) bool) *recordsOf {
	out := &recordsOf{kind: kind, all: map[string]record{}, called: index{}, used: used}
	for r := range all {
		out.all[r.ID] = r
		who := identity{r.ProjectID, r.name}
		out.called[who] = append(out.called[who], r.ID)
	}
	return out
}

// match finds the records that the objects of one kind are.
func match[T named](c *comparer, objects []T, of *recordsOf) matches {
	m := matches{map[string]string{}, map[string]string{}, map[string]*model.Record{}}
	for _, object := range objects {
		o := object.object()
		id := c.identify(o, of)
		if other, twice := m.keys[id]; twice {
			c.problem(o.Line, "%s %s: it is the same object as %s", of.kind, clip(o.Key), clip(other))
			continue
		}
		m.ids[o.Key], m.keys[id] = id, o.Key
		if r, exists := of.all[id]; exists {
			m.records[o.Key] = r.Record
		}
	}
	return m
}

// identify gives the id of the record that an object is, or will be.
func (c *comparer) identify(o *Object, of *recordsOf) string {
	same := of.called[identity{o.Project, o.Name}]
	if o.ID != "" {
		c.checkID(o, of, same)
		return o.ID
	}
	switch len(same) {
	case 1:
		return same[0]
	case 0:
	default:
		c.problem(o.Line, "%s %s: %d objects of project %s have this name: call it id:ID", of.kind, clip(o.Name), len(same), clip(o.Project))
		return same[0]
	}
	if before := of.called[identity{o.Project, o.RenamedFrom}]; o.RenamedFrom != "" && len(before) == 1 {
		return before[0]
	}
	return derivedID(of.used, of.kind, o.Project, c.file.Site, o.Name)
}

// checkID refuses an id that does not match what exists.
func (c *comparer) checkID(o *Object, of *recordsOf, same []string) {
	r, exists := of.all[o.ID]
	switch {
	case exists && r.ProjectID != o.Project:
		c.problem(o.Line, "%s %s: %s belongs to project %s, which can not change", of.kind, clip(o.Key), o.ID, clip(r.ProjectID))
	case len(same) > 0 && o.Name != "" && same[0] != o.ID && o.Key == o.Name:
		c.problem(o.Line, "%s %s: it has the id %s, the file says %s", of.kind, clip(o.Key), same[0], o.ID)
	}
}
