package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

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

// rollbackOrder is a request with what the definitions were.
type rollbackOrder struct {
	token   string
	options site.Options
	past    *model.Past
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
	if len(bytes.TrimSpace(data)) > 0 && json.Unmarshal(data, &in) != nil {
		return nil, errMalformedBody()
	}
	past, err := c.cfg.Store.At(n)
	if err != nil {
		return nil, err
	}
	return &rollbackOrder{in.Token, site.Options{MaxDelete: in.MaxDelete, Allow: in.Allow}, past}, nil
}

// plan compares what definitions are with what they were, and looks at the switches that the
// changes need.
func (o *rollbackOrder) plan(c *call) (*site.Plan, error) {
	p := site.Rollback(o.past.Now, o.past, o.options)
	switch next, err := c.cfg.Store.Try(p.Apply); {
	case err != nil && model.KindOf(err) == model.Internal:
		return nil, err
	case err != nil:
		p.Barred(err)
	default:
		p.Check(o.past.Now, next, c.cfg.Status, o.options.Allow)
	}
	p.SealAt(o.past.Last)
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
	return ok(rollbackPlan{o.past.At, p})
}

// applyRollback makes the definitions what they were, in one transaction.
func applyRollback(c *call) (reply, error) {
	o, err := readRollback(c)
	if err != nil {
		return reply{}, err
	}
	done, err := o.carryOut(c)
	if refused := refusedPlan(err); refused != nil {
		return *refused, nil
	}
	if err != nil {
		return reply{}, err
	}
	return ok(done)
}

// carryOut plans, checks that it is the plan that was meant, and makes the changes upon the
// same definitions.
func (o *rollbackOrder) carryOut(c *call) (*appliedRollback, error) {
	p, err := o.plan(c)
	if err != nil {
		return nil, err
	}
	if o.token != "" {
		meant, last := site.SealedAt(o.token)
		if is, _ := site.SealedAt(p.Token); meant != is {
			return nil, &errStale{slices.Concat(p.Differs(meant), changesSince(c, last))}
		}
	}
	if p.Refused != nil {
		return nil, errRefusedPlan{p.Refused}
	}
	done := &appliedRollback{To: o.past.At, Changes: p.Changes, Findings: p.Findings}
	if p.Changed() == 0 {
		return done, nil
	}
	ctx := model.WithCause(c.r.Context(), model.Cause{Kind: model.CauseRollback, To: o.past.At})
	err = c.cfg.Store.Edit(ctx, func(e model.Editor) error {
		now := site.Rollback(e.Definitions(), o.past, o.options)
		if now.Rests != p.Rests { // somebody was faster
			return &errStale{[]string{"the definitions have changed meanwhile"}}
		}
		return now.Apply(e)
	})
	if err != nil {
		return nil, err
	}
	done.Revision = revisionOf(c)
	return done, nil
}

// shownSince is how many changes since a plan was made a refusal names.
const shownSince = 100

// changesSince says who changed what after an audit record, newest first. Without one it names the
// last changes.
func changesSince(c *call, last uint64) (out []string) {
	if last == 0 {
		return lastChanges(c)
	}
	for r, err := range c.cfg.Store.Audit(model.AuditFilter{Limit: shownSince + 1}) {
		if err != nil || r.Seq <= last {
			break
		}
		if len(out) == shownSince {
			return append(out, fmt.Sprintf("and %d more", r.Seq-last))
		}
		out = append(out, changeText(c.cfg.Store.Definitions(), r))
	}
	return out
}
