package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"bordergw/model"
)

// revisions yields those that the filter chooses, newest first.
func revisions(ctx context.Context, b backend, at *snapshot, f model.RevisionFilter) iter.Seq2[*model.Revision, error] {
	return func(yield func(*model.Revision, error) bool) {
		last, chooser, given := at.audited, newChooser(&at.Definitions, f), 0
		if f.Before != 0 && (f.Kind == "" || f.Found != nil) { // else names are found from the newest record on
			last = min(last, f.Before-1)
		}
		for span, err := range history(ctx, b, last, last < at.audited) {
			if err != nil {
				yield(nil, err)
				return
			}
			if f.Past(span.Time) {
				return
			}
			if chooser.look(span); !span.whole() || !chooser.takes(span) {
				continue
			}
			span.revision.Found = chooser.handOn()
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
func history(ctx context.Context, b backend, last uint64, mayBeAmidst bool) iter.Seq2[span, error] {
	return func(yield func(span, error) bool) {
		var r *model.Revision
		next := last
		for e, err := range entries(ctx, b, last) {
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

// entries yields the records of the audit from a number down, until the context ends.
func entries(ctx context.Context, b backend, last uint64) iter.Seq2[*auditEntry, error] {
	return func(yield func(*auditEntry, error) bool) {
		below := auditID(last + 1)
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
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
