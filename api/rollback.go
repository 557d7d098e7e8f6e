package api

import (
	"github.com/prometheus/client_golang/prometheus"

	"bordergw/model"
	"bordergw/site"
)

// maxRollbackRequest bounds the body that asks for a rollback, in bytes.
const maxRollbackRequest = 1 << 16

// rollbackRequest asks for the plan of a rollback, or for one to be carried out.
type rollbackRequest struct {
	// MaxDelete is the percentage of all objects, and of connections, that may be deleted; 20
	// unless it is given. Three objects may be in any case.
	MaxDelete int `json:"max_delete"`
	// Allow are the codes of findings that are errors and do not refuse the plan.
	Allow []string `json:"allow,omitempty"`
	// Token is that of the plan that is meant; "" means whatever has to be done.
	Token string `json:"token,omitempty"`
}

// rollbackPlan is what a rollback to a revision would change.
type rollbackPlan struct {
	To uint64 `json:"to"`
	*site.Plan
}

// appliedRollback is what was done. Revision is 0 if there was nothing to do.
type appliedRollback struct {
	To       uint64         `json:"to"`
	Revision uint64         `json:"revision"`
	Changes  []site.Change  `json:"changes"`
	Findings []site.Finding `json:"findings"`
}

func rollbackSchema() schema {
	s := planSchema()
	s["properties"].(map[string]schema)["to"] = schemaOf[uint64]()
	s["required"] = append([]string{"to"}, s["required"].([]string)...)
	return s
}

// rollbackOrder is a request for a rollback.
type rollbackOrder struct {
	to      uint64
	token   string
	options site.Options
}

func readRollback(c *call) (*rollbackOrder, error) {
	in := rollbackRequest{MaxDelete: site.DefaultMaxDelete}
	n, err := revisionNumber(c)
	if err != nil {
		return nil, err
	}
	data, err := c.body.bytes(maxRollbackRequest)
	if err != nil {
		return nil, err
	}
	if err := decodeOrder(data, &in); err != nil {
		return nil, err
	}
	o := &rollbackOrder{n, in.Token, site.Options{MaxDelete: in.MaxDelete, Allow: in.Allow}}
	return o, o.options.Check()
}

// plan compares what definitions are with what they were, and looks at the switches that the
// changes need.
func (o *rollbackOrder) plan(c *call) (*site.Plan, error) {
	defer prometheus.NewTimer(c.metrics.plans.WithLabelValues(ofRollback)).ObserveDuration()
	past, err := definitionsThen(c, o.to)
	if err != nil {
		return nil, err
	}
	p := site.Rollback(past.Now, past, o.options)
	switch next, err := c.cfg.Store.Try(p.Apply); {
	case err != nil && model.KindOf(err) == model.Internal:
		return nil, err
	case err != nil:
		p.Barred(err)
	default:
		if err := check(c, p, past.Now, next, o.options.Allow); err != nil {
			return nil, err
		}
	}
	p.SealAt(past.Last)
	return p, nil
}

// planRollback says what a rollback would change. Nothing is stored.
func planRollback(c *call) (reply, error) {
	o, err := readRollback(c)
	if err != nil {
		return reply{}, err
	}
	p, err := o.plan(c)
	if err != nil {
		return reply{}, err
	}
	return ok(rollbackPlan{o.to, p})
}

// applyRollback makes the definitions what they were, in one transaction.
func applyRollback(c *call) (reply, error) {
	o, err := readRollback(c)
	if err != nil {
		return reply{}, err
	}
	cause := model.Cause{Kind: model.CauseRollback, To: o.to}
	done, err := carryOut(c, cause, o.token, func() (*site.Plan, error) { return o.plan(c) })
	c.metrics.applied.WithLabelValues(ofRollback, applyResult(done, err)).Inc()
	if refused := refusedPlan(err); refused != nil {
		return *refused, nil
	}
	if err != nil {
		return reply{}, err
	}
	return ok(appliedRollback{To: o.to, Revision: done.revision, Changes: done.plan.Changes, Findings: done.plan.Findings})
}
