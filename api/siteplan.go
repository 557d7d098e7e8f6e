package api

import (
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
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
	if err := decodeOrder(data, &in); err != nil {
		return in, nil, nil, err
	}
	if err := in.Options.Check(); err != nil {
		return in, nil, nil, err
	}
	f, err := site.Parse(in.Name, []byte(in.File))
	if refused := refusedFile(err); refused != nil {
		return in, nil, refused, nil
	}
	return in, f, nil, nil
}

// decodeOrder reads an order, in which nothing may be misspelt or said twice: a token that is not read would be
// none.
func decodeOrder(data []byte, into any) error {
	if err := json.Unmarshal(data, into, json.RejectUnknownMembers(true)); err != nil {
		return model.ErrBadRequest("Invalid input for the request. Reason: %s.", printed(model.Plain(err).Error()))
	}
	return nil
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
func planOf(c *call, f *site.File, o site.Options) (*site.Plan, error) {
	defer prometheus.NewTimer(c.metrics.plans.WithLabelValues(ofSite)).ObserveDuration()
	last := c.cfg.Store.LastAudit()
	d := c.cfg.Store.Definitions()
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
		if err := check(c, p, d, next, o.Allow); err != nil {
			return nil, err
		}
	}
	p.SealAt(last)
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
	p, err := planOf(c, f, in.Options)
	if refused := refusedFile(err); refused != nil {
		return *refused, nil
	}
	if err != nil {
		return reply{}, err
	}
	return ok(p)
}

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
	cause := model.Cause{Kind: model.CauseApply, Site: f.Site}
	done, err := carryOut(c, cause, in.Token, func() (*site.Plan, error) { return planOf(c, f, in.Options) })
	c.metrics.applied.WithLabelValues(ofSite, applyResult(done, err)).Inc()
	for _, refused := range []*reply{refusedFile(err), refusedPlan(err)} {
		if refused != nil {
			return *refused, nil
		}
	}
	if err != nil {
		return reply{}, err
	}
	return ok(appliedSite{Site: f.Site, Revision: done.revision, Changes: done.plan.Changes, Findings: done.plan.Findings})
}
