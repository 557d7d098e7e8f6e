package store

import (
	"context"
	"maps"

	"bordergw/model"
)

// DefaultLimits are those of projects that have none of their own.
func (s *Store) DefaultLimits() model.Limits { return s.opts.Quota }

// SetQuota gives a project limits of its own; those that are not listed stay as
// they are. What exists already is not touched by a lower limit.
func (s *Store) SetQuota(ctx context.Context, project string, limits model.Limits) (*model.Quota, error) {
	return write(ctx, s, func(t *txn) (*model.Quota, error) { return t.setQuota(project, limits), nil })
}

// DeleteQuota gives a project the default limits.
func (s *Store) DeleteQuota(ctx context.Context, project string) error {
	return s.do(ctx, func(t *txn) error {
		if _, ok := t.next.Quotas.Get(project); !ok {
			return model.ErrQuotaNotFound(project)
		}
		quotas.remove(t, project)
		return nil
	})
}

func (t *txn) setQuota(project string, limits model.Limits) *model.Quota {
	q := &model.Quota{Record: model.Record{ID: project, ProjectID: project}}
	old, ok := t.next.Quotas.Get(project)
	if ok {
		q.Record, q.Limits = old.Record, old.Limits
	}
	q.Limits = q.Limits.With(limits)
	if ok && maps.Equal(old.Limits, q.Limits) {
		return old
	}
	return quotas.put(t, q)
}

// checkQuota refuses one object more than the project may own.
func (t *txn) checkQuota(resource, project string) error {
	return t.checkLimit(resource, project, t.next.Owned(project)[resource])
}

// checkDeviceQuota leaves out the deleted devices that the new one takes the place of.
func (t *txn) checkDeviceQuota(project string, succeeds []*model.RetiredDevice) error {
	have := t.next.Owned(project)[model.QuotaGatewayDevice]
	for _, r := range succeeds {
		if r.ProjectID == project {
			have--
		}
	}
	return t.checkLimit(model.QuotaGatewayDevice, project, have)
}

func (t *txn) checkLimit(resource, project string, have int) error {
	limits := t.opts.Quota
	if own, ok := t.next.Quotas.Get(project); ok {
		limits = limits.With(own.Limits)
	}
	limit := limits.Of(resource)
	if limit >= 0 && have >= limit {
		return model.ErrOverQuota(resource)
	}
	return nil
}

// checkConnectionQuota counts for the gateway's project, which the connection
// will belong to.
func (t *txn) checkConnectionQuota(c *model.L2GatewayConnection) error {
	project := c.ProjectID
	if g, ok := t.next.Gateways.Get(c.L2GatewayID); ok {
		project = g.ProjectID
	}
	return t.checkQuota(model.QuotaConnection, project)
}
