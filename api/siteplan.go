package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"bordergw/model"
	"bordergw/site"
)

// maxSiteFile bounds the body that carries a site file: the file as a JSON text.
const maxSiteFile = maxImport

// siteRequest asks for a plan, or for one to be carried out.
type siteRequest struct {
	File string `json:"file"`
	// Name is what messages call the file.
	Name string `json:"name,omitempty"`
	site.Options
	// Token is that of the plan that is meant; "" means whatever has to be done.
	Token string `json:"token,omitempty"`
}

// siteProblem is a refusal in the form of /v1.
type siteProblem struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Details []string `json:"details"`
}

func refuseSite(status int, code, message string, details []string) reply {
	if details == nil {
		details = []string{}
	}
	return reply{status: status, body: map[string]siteProblem{"error": {code, message, details}}}
}

// readSite reads the request and the file in it. The reply is a refusal, if there is one.
func readSite(c *call) (siteRequest, *site.File, *reply, error) {
	in := siteRequest{Name: "file", Options: site.Options{MaxDelete: site.DefaultMaxDelete}}
	data, err := c.body.bytes(maxSiteFile)
	if err != nil {
		return in, nil, nil, err
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return in, nil, nil, errMalformedBody()
	}
	f, err := site.Parse(in.Name, []byte(in.File))
	if refused := refusedFile(err); refused != nil {
		return in, nil, refused, nil
	}
	return in, f, nil, nil
}

// refusedFile is the refusal of a file that does not parse, or does not fit what exists.
func refusedFile(err error) *reply {
	var problems *site.Problems
	if !errors.As(err, &problems) {
		return nil
	}
	lines := problems.Lines()
	r := refuseSite(http.StatusBadRequest, "InvalidFile", lines[0], lines)
	return &r
}

// planOf compares a file with the definitions, and looks at the switches that its changes
// need.
func planOf(c *call, d *model.Definitions, f *site.File, o site.Options) (*site.Plan, error) {
	defer prometheus.NewTimer(c.metrics.plans).ObserveDuration()
	p, err := site.Compare(d, f, o)
	if err != nil {
		return nil, err
	}
	switch next, err := c.cfg.Store.Try(p.Apply); {
	case err != nil && model.KindOf(err) == model.Internal:
		return nil, err
	case err != nil:
		p.Blocked(err)
	default:
		p.Check(d, next, c.cfg.Status, o.Allow)
	}
	p.Seal()
	return p, nil
}

// planSite says what a file would change. Nothing is stored.
func planSite(c *call) (reply, error) {
	in, f, refused, err := readSite(c)
	if refused != nil {
		return *refused, nil
	}
	if err != nil {
		return reply{}, err
	}
	p, err := planOf(c, c.defs, f, in.Options)
	if refused := refusedFile(err); refused != nil {
		return *refused, nil
	}
	if err != nil {
		return reply{}, err
	}
	return ok(p)
}

// errStale refuses to carry out a plan that would do something else now.
type errStale struct{ details []string }

func (e *errStale) Error() string { return "the plan is stale, nothing was changed" }

// errRefusedPlan is a plan that needs an order to the contrary.
type errRefusedPlan struct{ *site.Refusal }

func (e errRefusedPlan) Error() string { return e.Message }

// appliedSite is what was done. Revision is 0 if there was nothing to do.
type appliedSite struct {
	Site     string         `json:"site"`
	Revision uint64         `json:"revision"`
	Changes  []site.Change  `json:"changes"`
	Findings []site.Finding `json:"findings"`
}

// applySite makes the definitions those of a file, in one transaction.
func applySite(c *call) (reply, error) {
	in, f, refused, err := readSite(c)
	if refused != nil {
		return *refused, nil
	}
	if err != nil {
		return reply{}, err
	}
	done, err := carryOut(c, f, in)
	c.metrics.applied.WithLabelValues(applyResult(done, err)).Inc()
	for _, refused := range []*reply{refusedFile(err), refusedPlan(err)} {
		if refused != nil {
			return *refused, nil
		}
	}
	if err != nil {
		return reply{}, err
	}
	return ok(done)
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
func applyResult(done *appliedSite, err error) string {
	switch {
	case errors.As(err, new(*errStale)):
		return applyStale
	case errors.As(err, new(errRefusedPlan)):
		return applyUnsafe
	case err != nil:
		return applyFailed
	case done.Revision == 0:
		return applyNothing
	}
	return applyChanged
}

// carryOut plans, checks that it is the plan that was meant, and makes the changes upon the
// same definitions.
func carryOut(c *call, f *site.File, in siteRequest) (*appliedSite, error) {
	p, err := planOf(c, c.defs, f, in.Options)
	if err != nil {
		return nil, err
	}
	if in.Token != "" && in.Token != p.Token {
		details := p.Differs(in.Token)
		if slices.Contains(details, site.DefinitionsDiffer) {
			details = append(details, lastChanges(c)...)
		}
		return nil, &errStale{details}
	}
	if p.Refused != nil {
		return nil, errRefusedPlan{p.Refused}
	}
	done := &appliedSite{Site: p.Site, Changes: p.Changes, Findings: p.Findings}
	if p.Changed() == 0 {
		return done, nil
	}
	ctx := model.WithCause(c.r.Context(), model.Cause{Kind: model.CauseApply, Site: p.Site})
	err = c.cfg.Store.Edit(ctx, func(e model.Editor) error {
		now, err := site.Compare(e.Definitions(), f, in.Options)
		if err != nil {
			return err
		}
		if now.Rests != p.Rests { // somebody was faster
			return &errStale{[]string{site.DefinitionsDiffer}}
		}
		return now.Apply(e)
	})
	if err != nil {
		return nil, err
	}
	done.Revision = revisionOf(c)
	return done, nil
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

// shownChanges is how many of the last changes a stale plan names.
const shownChanges = 10

// lastChanges says who changed definitions last, newest first.
func lastChanges(c *call) (out []string) {
	for r, err := range c.cfg.Store.Audit(model.AuditFilter{Limit: shownChanges}) {
		if err != nil {
			break
		}
		out = append(out, "last changes: "+changeText(c.cfg.Store.Definitions(), r))
	}
	return out
}

// changeText says who did what to which object.
func changeText(d *model.Definitions, r *model.AuditRecord) string {
	name := r.ResourceID
	switch r.Resource {
	case "network":
		if n, is := d.Networks.Get(r.ResourceID); is {
			name = n.Called().String()
		}
	case "gateway_device":
		if gd, is := d.Devices.Get(r.ResourceID); is {
			name = gd.Called().String()
		}
	case "l2_gateway":
		if g, is := d.Gateways.Get(r.ResourceID); is && g.Name != "" {
			name = g.Name + " (" + g.ID + ")"
		}
	}
	return fmt.Sprintf("%s %s was %sd by %s at %s (request %s, revision %d)", strings.ReplaceAll(r.Resource, "_", " "), name, r.Action, r.User,
		r.Time.UTC().Format("2006-01-02T15:04:05Z"), r.RequestID, r.Seq)
}
