package api

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"bordergw/model"
	"bordergw/site"
)

// siteOwner is what the owner of a site file may be called.
var siteOwner = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// yamlBody is a body that is sent as YAML.
type yamlBody []byte

func (yamlBody) contentType() string { return "application/yaml" }

func (b yamlBody) writeTo(w io.Writer) error {
	_, err := io.Copy(w, bytes.NewReader(b))
	return err
}

// exportSite answers with the site file of the definitions that a site manages, or of all.
func exportSite(c *call) (reply, error) {
	choice, err := siteChoice(c)
	if err != nil {
		return reply{}, err
	}
	defs, err := definitionsAt(c)
	if err != nil {
		return reply{}, err
	}
	text := site.Print(site.Of(defs, choice))
	if !strings.Contains(c.r.Header.Get("Accept"), "application/json") {
		return ok(yamlBody(text))
	}
	var keys map[string]any
	if err := yaml.Unmarshal(text, &keys); err != nil {
		return reply{}, err
	}
	return ok(keys)
}

// definitionsAt are those of the revision that is asked for, which is now if none is.
func definitionsAt(c *call) (*model.Definitions, error) {
	q := c.url.query()
	if !q.Has("at") {
		return c.defs, nil
	}
	n, err := strconv.ParseUint(q.Get("at"), 10, 64)
	if err != nil {
		return nil, badInput("at", "'%s' is not the number of a revision.", printed(q.Get("at")))
	}
	past, err := definitionsThen(c, n)
	if err != nil {
		return nil, err
	}
	return past.Then, nil
}

func siteChoice(c *call) (site.Choice, error) {
	q := c.url.query()
	out := site.Choice{Site: q.Get("site")}
	for key, into := range map[string]*bool{"all": &out.Everything, "ids": &out.IDs} {
		if !q.Has(key) {
			continue
		}
		is, err := parseBool(q.Get(key))
		if err != nil {
			return out, inputError(key, err)
		}
		*into = is.(bool)
	}
	switch {
	case out.Site == "" && !out.Everything:
		return out, model.ErrBadRequest("Invalid input for site. Reason: give site=NAME for what a site manages, or all=true.")
	case out.Site != "" && !siteOwner.MatchString(out.Site):
		return out, inputError("site", reasonf("'%s' is not a name of up to 63 letters a-z, digits and '-'", printed(out.Site)))
	}
	return out, nil
}

// planSchema is that of a plan, of which most are not refused.
func planSchema() schema {
	s := schemaOf[site.Plan]()
	of := s["properties"].(map[string]schema)
	of["refused"] = either(of["refused"], null())
	return s
}

// siteRequestSchema is that of a request, which needs the file only.
func siteRequestSchema() schema {
	s := schemaOf[siteRequest]()
	s["required"] = []string{"file"}
	return s
}

// resolveSite serves what is done with a site file.
func resolveSite(what string) endpoint {
	switch what {
	case "plan":
		return only(http.MethodPost, "/v1/site/plan", permitted(actionPlanSite, planSite))
	case "apply":
		return only(http.MethodPost, "/v1/site/apply", permitted(actionApplySite, applySite))
	}
	return notFound()
}

// sitePaths describes them.
func sitePaths() []fixedEndpoint {
	refused := wrapped("error", schemaOf[siteProblem]())
	return []fixedEndpoint{
		{method: "GET", path: "/v1/site", summary: "site file of what a site manages, or of everything; YAML unless JSON is asked for", status: 200, body: schema{"type": "object"},
			params: []schema{
				query("site", "name of the site", schema{"type": "string", "pattern": siteOwner.String()}),
				query("all", "true: everything, whoever made it", boolean.answer),
				query("ids", "true: with the ids", boolean.answer),
				query("at", "revision: as it was then", schema{"type": "integer", "minimum": 0})}},
		{method: "POST", path: "/v1/site/plan", summary: "what a site file would change; nothing is stored", status: 200, body: planSchema(), request: siteRequestSchema(), refused: refused},
		{method: "POST", path: "/v1/site/apply", summary: "make the definitions those of a site file, in one transaction; with a token, only if it still is the plan of that token", status: 200,
			body: schemaOf[appliedSite](), request: siteRequestSchema(), refused: refused},
	}
}
