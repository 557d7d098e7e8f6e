package store

import (
	"maps"

	"bordergw/model"
)

// quotaRules keep projects from owning more than their limits. What exists already is
// not touched.
type quotaRules struct {
	tx *txn
	// defaults are for projects that have no limits of their own.
	defaults model.Limits
}

func (q *quotaRules) set(project string, limits model.Limits) *model.Quota {
	own := &model.Quota{Record: model.Record{ID: project, ProjectID: project}}
	old, ok := q.tx.next.Quotas.Get(project)
	if ok {
		own.Record, own.Limits = old.Record, old.Limits
	}
	own.Limits = own.Limits.With(limits)
	if ok && maps.Equal(old.Limits, own.Limits) {
		return old
	}
	return quotas.put(q.tx, own)
}

func (q *quotaRules) delete(project string) error {
	if _, ok := q.tx.next.Quotas.Get(project); !ok {
		return model.ErrQuotaNotFound(project)
	}
	quotas.remove(q.tx, project)
	return nil
}

// check refuses one object more than the project may own.
func (q *quotaRules) check(resource, project string) error {
	return q.checkLimit(resource, project, q.tx.next.Owned(project)[resource])
}

// checkDevice leaves out the deleted devices that the new one takes the place of.
func (q *quotaRules) checkDevice(project string, succeeds []*model.RetiredDevice) error {
	have := q.tx.next.Owned(project)[model.QuotaGatewayDevice]
	for _, r := range succeeds {
		if r.ProjectID == project {
			have--
		}
	}
	return q.checkLimit(model.QuotaGatewayDevice, project, have)
}

func (q *quotaRules) checkLimit(resource, project string, have int) error {
	limits := q.defaults
	if own, ok := q.tx.next.Quotas.Get(project); ok {
		limits = limits.With(own.Limits)
	}
	limit := limits.Of(resource)
	if limit >= 0 && have >= limit {
		return model.ErrOverQuota(resource)
	}
	return nil
}

// checkConnection counts for the gateway's project, which the connection
// will belong to.
func (q *quotaRules) checkConnection(c *model.L2GatewayConnection) error {
	project := c.ProjectID
	if g, ok := q.tx.next.Gateways.Get(c.L2GatewayID); ok {
		project = g.ProjectID
	}
	return q.check(model.QuotaConnection, project)
}
