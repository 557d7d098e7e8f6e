package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/site"
)

// errStale refuses to carry out a plan that would do something else now.
type errStale struct{ details []string }

func (e *errStale) Error() string { return "the plan is stale, nothing was changed" }

// errRefusedPlan is a plan that needs an order to the contrary.
type errRefusedPlan struct{ *site.Refusal }

func (e errRefusedPlan) Error() string { return e.Message }

// carried is a plan that was carried out. The revision is 0 if there was nothing to do.
type carried struct {
	plan     *site.Plan
	revision uint64
}

// planTries is how often a plan is made anew because somebody was faster.
const planTries = 5

// errOvertaken: the definitions have changed while the plan was made.
var errOvertaken = errors.New("the definitions have changed meanwhile")

// carryOut plans, checks that it is the plan that was meant, and makes the changes. The plan is made while
// others change definitions: if they have changed what it was made of, it is made anew.
func carryOut(c *call, cause model.Cause, token string, plan func() (*site.Plan, error)) (*carried, error) {
	for range planTries {
		p, err := plan()
		if err != nil {
			return nil, err
		}
		done, err := carryOutOne(c, cause, token, p)
		if !errors.Is(err, errOvertaken) {
			return done, err
		}
	}
	return nil, &errStale{[]string{fmt.Sprintf("the definitions have changed %d times while it was planned: try again", planTries)}}
}

func carryOutOne(c *call, cause model.Cause, token string, p *site.Plan) (*carried, error) {
	if err := checkToken(c, token, p); err != nil {
		return nil, err
	}
	if p.Refused != nil {
		return nil, errRefusedPlan{p.Refused}
	}
	if p.Changed() == 0 {
		return &carried{plan: p}, nil
	}
	err := c.cfg.Store.Edit(model.WithCause(c.r.Context(), cause), func(e model.Editor) error {
		if !p.Stands(e.Definitions()) { // looked at here, where nobody else changes anything
			return errOvertaken
		}
		return p.Apply(e)
	})
	if err != nil {
		return nil, err
	}
	return &carried{p, revisionOf(c)}, nil
}

// checkToken refuses a plan that is not the one of a token, "" for any.
func checkToken(c *call, token string, p *site.Plan) error {
	meant, last, says := site.SealedAt(token)
	is, _, _ := site.SealedAt(p.Token)
	if token == "" || meant == is {
		return nil
	}
	details := p.Differs(meant)
	switch differ := slices.Contains(details, site.DefinitionsDiffer); {
	case differ && says:
		details = slices.Concat(details, changesSince(c, last))
	case differ:
		details = slices.Concat(details, lastChanges(c))
	}
	return &errStale{details}
}

// refusedPlan is the refusal of a plan that is stale, or that needs an order to the contrary; nil
// for another error.
func refusedPlan(err error) *reply {
	var stale *errStale
	var unsafe errRefusedPlan
	var r reply
	switch {
	case errors.As(err, &stale):
		r = refuseSite(http.StatusConflict, "PlanStale", stale.Error(), stale.details)
	case errors.As(err, &unsafe):
		r = refuseSite(http.StatusUnprocessableEntity, unsafe.Code, unsafe.Message, unsafe.Details)
	default:
		return nil
	}
	return &r
}

// applyResult is the label of an outcome.
func applyResult(done *carried, err error) string {
	switch {
	case errors.As(err, new(*errStale)):
		return applyStale
	case errors.As(err, new(errRefusedPlan)):
		return applyUnsafe
	case err != nil:
		return applyFailed
	case done.revision == 0:
		return applyNothing
	}
	return applyChanged
}

// revisionOf is the number of the last audit record of this request.
func revisionOf(c *call) uint64 {
	for r, err := range c.cfg.Store.Audit(model.AuditFilter{Limit: 1000}) {
		if err != nil {
			break
		}
		if r.RequestID == c.requestID {
			return r.Seq
		}
	}
	return c.cfg.Store.Definitions().Revision
}

const (
	// shownSince is how many changes since a plan was made a refusal names.
	shownSince = 100
	// shownChanges is how many of the last changes it names if the plan does not say when it was made.
	shownChanges = 10
)

// changesSince says who changed what after an audit record, newest first.
func changesSince(c *call, last uint64) (out []string) {
	d := c.cfg.Store.Definitions()
	for r, err := range c.cfg.Store.Audit(model.AuditFilter{Limit: shownSince + 1}) {
		if err != nil || r.Seq <= last {
			break
		}
		if len(out) == shownSince {
			return append(out, fmt.Sprintf("and %d more", r.Seq-last))
		}
		out = append(out, changeText(d, r))
	}
	return out
}

// lastChanges says who changed definitions last, newest first.
func lastChanges(c *call) (out []string) {
	d := c.cfg.Store.Definitions()
	for r, err := range c.cfg.Store.Audit(model.AuditFilter{Limit: shownChanges}) {
		if err != nil {
			break
		}
		out = append(out, "last changes: "+changeText(d, r))
	}
	return out
}

// changeText says who did what to which object.
func changeText(d *model.Definitions, r *model.AuditRecord) string {
	return fmt.Sprintf("%s %s was %sd by %s at %s (request %s, revision %d)", strings.ReplaceAll(r.Resource, "_", " "), changedName(d, r), r.Action, r.User,
		r.Time.UTC().Format("2006-01-02T15:04:05Z"), r.RequestID, r.Seq)
}

// changedName is what the object is called, or was when it was changed.
func changedName(d *model.Definitions, r *model.AuditRecord) string {
	switch r.Resource {
	case "network":
		if n, is := d.Networks.Get(r.ResourceID); is {
			return n.Called().String()
		}
	case "gateway_device":
		if gd, is := d.Devices.Get(r.ResourceID); is {
			return gd.Called().String()
		}
	}
	if r.Name == "" || r.Name == r.ResourceID {
		return r.ResourceID
	}
	return r.Name + " (" + r.ResourceID + ")"
}
