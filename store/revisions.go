package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"bordergw/model"
)

// revisions yields those that the filter chooses, newest first.
func revisions(b backend, at *snapshot, f model.RevisionFilter) iter.Seq2[*model.Revision, error] {
	return func(yield func(*model.Revision, error) bool) {
		last, chooser, given := at.audited, newChooser(&at.Definitions, f), 0
		if f.Kind == "" && f.Before != 0 { // else names are found from the newest record on
			last = min(last, f.Before-1)
		}
		for span, err := range history(b, last, last < at.audited) {
			if err != nil {
				yield(nil, err)
				return
			}
			if chooser.look(span); !span.whole() || !chooser.takes(span) {
				continue
			}
			given++
			if !yield(span.revision, nil) || given == f.Limit {
				return
			}
		}
	}
}

// span is one record of the history, with the revision that it belongs to, which is nil for what
// changes no definition.
type span struct {
	*auditEntry
	revision *model.Revision
}

// whole reports whether it is the first record of its revision, so that all have been seen.
func (s span) whole() bool { return s.revision != nil && s.revision.First == s.Seq }

// history yields the records from a number down for as long as they tell how to go back. From a
// number that may be amidst a revision it begins with the one before.
func history(b backend, last uint64, mayBeAmidst bool) iter.Seq2[span, error] {
	return func(yield func(span, error) bool) {
		var r *model.Revision
		next := last
		for e, err := range entries(b, last) {
			if err != nil {
				yield(span{}, err)
				return
			}
			if e.Seq != next { // others were dropped while it was read
				return
			}
			next--
			if r == nil {
				r = e.revision()
			}
			switch mayBeAmidst = mayBeAmidst && r == nil; {
			case mayBeAmidst:
				continue
			case r == nil && kinds[e.Resource] != "": // of an earlier version of the program
				return
			}
			one := span{e, r}
			if !yield(one, nil) {
				return
			}
			if one.whole() {
				r = nil
			}
		}
	}
}

// entries yields the records of the audit from a number down.
func entries(b backend, last uint64) iter.Seq2[*auditEntry, error] {
	return func(yield func(*auditEntry, error) bool) {
		below := auditID(last + 1)
		for {
			page, err := entryPage(b, below)
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(nil, fmt.Errorf("read table %s: %w", auditTable, err))
				return
			}
			if len(page) == 0 {
				return
			}
			below = auditID(page[len(page)-1].Seq)
		}
	}
}

// entryPage reads the records below an id until it has seen a page's worth.
func entryPage(b backend, below string) (page []*auditEntry, err error) {
	var bad error
	seen := 0
	err = b.newest(auditTable, below, func(id string, value []byte) bool {
		e := &auditEntry{}
		if bad = json.Unmarshal(value, e); bad != nil {
			bad = fmt.Errorf("record %q: %w", id, bad)
			return false
		}
		page, seen = append(page, e), seen+len(value)
		return seen < auditPage
	})
	return page, cmp.Or(err, bad)
}

// chooser finds the revisions that a filter chooses, in records from the newest down.
type chooser struct {
	filter model.RevisionFilter
	// ids are those of the objects that have, or had, the name.
	ids   map[string]bool
	found bool
}

func newChooser(d *model.Definitions, f model.RevisionFilter) *chooser {
	c := &chooser{filter: f, ids: map[string]bool{f.Name: true}}
	f.Name = pairName(f.Name)
	c.filter.Name = f.Name
	if f.Kind == "" {
		return c
	}
	add := func(ref model.ObjectRef) {
		if f.Kind == ref.Kind && pairName(ref.Name) == f.Name {
			c.ids[ref.ID] = true
		}
	}
	for n := range d.Networks.All() {
		add(model.RefNetwork(d, n.ID))
	}
	for gd := range d.Devices.All() {
		add(model.RefDevice(d, gd.ID))
	}
	for g := range d.Gateways.All() {
		add(model.RefGateway(d, g.ID))
	}
	if f.Kind == model.KindConnection {
		for conn := range d.Connections.All() {
			add(model.RefConnection(d, conn))
		}
	}
	return c
}

// pairName lets the names of a connection's gateway and network stand apart as in a plan.
func pairName(name string) string { return strings.ReplaceAll(name, " ", "/") }

// takes reports, with the last record of a revision, whether it is chosen.
func (c *chooser) takes(s span) bool {
	found := c.found
	c.found = false
	return found && (c.filter.Before == 0 || s.revision.Number < c.filter.Before)
}

// look notes whether a record is of the object that is asked for.
func (c *chooser) look(s span) {
	ref := s.ref()
	switch {
	case c.filter.Kind == "":
		c.found = true
	case ref.Kind != c.filter.Kind:
	case c.ids[ref.ID]:
		c.found = true
	case pairName(ref.Name) == c.filter.Name, s.nameBefore() == c.filter.Name:
		c.ids[ref.ID], c.found = true, true
	}
}
