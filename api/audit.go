package api

import (
	"slices"
	"strings"

	"bordergw/model"
)

// defaultAuditLimit is the number of records shown when no limit is given.
const defaultAuditLimit = 100

// audit lists changes, newest first. Limit 0 is all that are kept.
func audit(c *call) (reply, error) {
	q := c.query()
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
	records, err := c.cfg.Store.Audit(model.AuditFilter{Resource: resource, ResourceID: q.Get("id"), Limit: p.limit})
	if err != nil {
		return reply{}, err
	}
	return ok(map[string][]model.AuditRecord{"audit": records})
}
