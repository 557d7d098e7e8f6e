package api

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"bordergw/model"
)

// defaultAuditLimit is the number of records shown when no limit is given.
const defaultAuditLimit = 100

// audit lists changes, newest first, those that are older than the one of the
// number "marker" if there is one. Limit 0 is all that are kept.
func audit(c *call) (reply, error) {
	q := c.url.query()
	p, err := parsePage(q)
	if err != nil {
		return reply{}, err
	}
	if !q.Has("limit") {
		p.limit = defaultAuditLimit
	}
	resource := q.Get("resource")
	if resource != "" && !slices.Contains(model.AuditResources, resource) {
		return reply{}, model.ErrBadRequest("Invalid input for resource. Reason: %s is not one of %s.",
			printed(resource), strings.Join(model.AuditResources, ", "))
	}
	f := model.AuditFilter{Resource: resource, ResourceID: q.Get("id"), Name: q.Get("name"), Limit: p.limit}
	if f.When, err = readWhen(q); err != nil {
		return reply{}, err
	}
	if p.marker != "" {
		if f.Before, err = strconv.ParseUint(p.marker, 10, 64); err != nil {
			return reply{}, model.ErrBadRequest("Invalid input for marker. Reason: '%s' is not the number of a record (seq).", printed(p.marker))
		}
	}
	records := recorded(c.cfg.Store.Audit(f))
	if f.Name != "" || f.When != (model.When{}) { // it may have to look at all
		records = records.back(c)
	}
	return ok(stream{{"audit", records}})
}

func recorded(records iter.Seq2[*model.AuditRecord, error]) items {
	return func(yield func(any, error) bool) {
		for r, err := range records {
			if !yield(r, err) {
				return
			}
		}
	}
}
