package api

import (
	"math"
	"strings"

	"bordergw/model"
)

// quotaView is what a project may own. Its id is the project.
type quotaView struct {
	project string
	limits  model.Limits
}

// Meta implements record.
func (v quotaView) Meta() *model.Record { return &model.Record{ID: v.project, ProjectID: v.project} }

// quotas is Neutron's resource. Every project has one; the list shows those
// with limits of their own.
func quotas() *resource[quotaView] {
	return &resource[quotaView]{
		singular: "quota", plural: "quotas", route: "/v2.0/quotas",
		attrs: quotaAttributes(),
		refuse: func(string) error {
			return &model.Error{Kind: model.Forbidden, Type: "AdminRequired",
				Message: "User does not have admin privileges: Only admin can view or configure quota"}
		},
		all: func(c *call) (out []quotaView) {
			for q := range c.defs.Quotas.All() {
				out = append(out, quotaOf(c.defs, c.cfg.Store.DefaultLimits(), q.ID))
			}
			return out
		},
		find: func(c *call, id string) (quotaView, error) {
			return quotaOf(c.defs, c.cfg.Store.DefaultLimits(), id), nil
		},
		absent: func(id string) error { return model.ErrQuotaNotFound(printed(id)) },
		update: updateQuota,
		remove: func(c *call, id string) error { return c.cfg.Store.DeleteQuota(c.r.Context(), id) },
	}
}

// quotaOf is the quota of a project, with the default limits where it has none of its own.
func quotaOf(defs *model.Definitions, standard model.Limits, project string) quotaView {
	v := quotaView{project, standard}
	if own, ok := defs.Quotas.Get(project); ok {
		v.limits = v.limits.With(own.Limits)
	}
	return v
}

// quotaAttributes has every resource under both spellings: networking-l2gw
// registers its name with a dash and asks for it with an underscore.
func quotaAttributes() []attribute[quotaView] {
	var attrs []attribute[quotaView]
	for _, name := range model.QuotaResources() {
		limit := func(v quotaView) any { return v.limits.Of(name) }
		a := attribute[quotaView]{name: name, put: true, format: decimal(model.Unlimited, math.MaxInt32), show: limit}
		if dashed := strings.ReplaceAll(name, "_", "-"); dashed != name {
			a.aliases = []string{dashed}
			attrs = append(attrs, readOnly(dashed, "another spelling of "+a.name, a.answer, limit))
		}
		attrs = append(attrs, a)
	}
	owner := func(v quotaView) any { return v.project }
	return append(attrs,
		attribute[quotaView]{name: "tenant_id", filter: true, sort: true, format: shown(text), show: owner},
		attribute[quotaView]{name: "project_id", filter: true, sort: true, format: shown(text), show: owner})
}

func updateQuota(c *call, id string, in values) (quotaView, error) {
	if _, err := stringValue(id); err != nil || id == "" {
		return quotaView{}, model.ErrBadRequest("Invalid input for project_id. Reason: '%s' is not a valid project.", printed(id))
	}
	limits := model.Limits{}
	for name, v := range in {
		limits[name] = int(v.(int64))
	}
	if len(limits) == 0 {
		return quotaOf(c.defs, c.cfg.Store.DefaultLimits(), id), nil
	}
	q, err := c.cfg.Store.SetQuota(c.r.Context(), id, limits)
	if err != nil {
		return quotaView{}, err
	}
	return quotaView{id, c.cfg.Store.DefaultLimits().With(q.Limits)}, nil
}

// defaultQuota is what a project without limits of its own may own.
func defaultQuota(r *resource[quotaView]) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		if _, err := r.lookup(c); err != nil {
			return reply{}, err
		}
		return ok(map[string]members{r.singular: r.attrs.shown(c.who.Identity, nil).render(quotaView{c.id, c.cfg.Store.DefaultLimits()})})
	}
}

// usage is how much of a limit is used. Nothing is reserved here: an object
// counts as soon as it is stored.
type usage struct {
	Limit    int `json:"limit"`
	Used     int `json:"used"`
	Reserved int `json:"reserved"`
}

// quotaDetails answers Neutron's quota_details extension.
func quotaDetails(r *resource[quotaView]) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		v, err := r.lookup(c)
		if err != nil {
			return reply{}, err
		}
		used := c.defs.Owned(v.project)
		details := map[string]usage{}
		for _, name := range model.QuotaResources() {
			details[name] = usage{Limit: v.limits.Of(name), Used: used[name]}
		}
		return ok(map[string]map[string]usage{r.singular: details})
	}
}
