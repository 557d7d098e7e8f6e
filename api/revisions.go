package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bordergw/model"
	"bordergw/site"
)

// causeChange is what the API calls a revision for the sake of one object.
const causeChange = "change"

// shownRevision is a revision as the API shows it.
type shownRevision struct {
	Revision  uint64    `json:"revision"`
	Time      time.Time `json:"time"`
	User      string    `json:"user"`
	Project   string    `json:"project_id"`
	RequestID string    `json:"request_id"`
	// Kind is change, apply (of the file of Site), import, or rollback (to the revision To).
	Kind string `json:"kind"`
	Site string `json:"site,omitempty"`
	To   uint64 `json:"to,omitempty"`
	// What says in words what was done, the others how many objects it was done to.
	What    string `json:"what"`
	Created int    `json:"created"`
	Changed int    `json:"changed"`
	Deleted int    `json:"deleted"`
}

// detailedRevision has what changed too.
type detailedRevision struct {
	shownRevision
	Changes []site.Change `json:"changes"`
}

func showRevision(r *model.Revision) shownRevision {
	out := shownRevision{
		Revision: r.Number, Time: r.Time, User: r.User, Project: r.Project, RequestID: r.RequestID, Kind: r.Cause.Kind, Site: r.Cause.Site, To: r.Cause.To,
		What: r.What(), Created: r.Created, Changed: r.Changed, Deleted: r.Deleted,
	}
	if out.Kind == "" {
		out.Kind = causeChange
	}
	return out
}

// resolveRevisions serves what is below /v1/revisions.
func resolveRevisions(c *call, seg []string) endpoint {
	if len(seg) > 0 {
		c.id = seg[0]
	}
	switch {
	case len(seg) == 0:
		return get("/v1/revisions", false, permitted(actionHistory, revisions))
	case len(seg) == 1:
		return only(http.MethodGet, "/v1/revisions/{n}", permitted(actionHistory, revision))
	case len(seg) == 2 && seg[1] == "plan":
		return only(http.MethodPost, "/v1/revisions/{n}/plan", permitted(actionRollback, planRollback))
	case len(seg) == 2 && seg[1] == "apply":
		return only(http.MethodPost, "/v1/revisions/{n}/apply", permitted(actionRollback, applyRollback))
	}
	return notFound()
}

// objectKinds are the words for kinds of objects whose history can be asked for.
var objectKinds = map[string]string{
	"network": model.KindNetwork, "device": model.KindDevice, "switch": model.KindDevice, "gateway": model.KindGateway,
	"connection": model.KindConnection, "quota": "quota",
}

// revisions lists revisions, the newest first, those that are older than the marker.
func revisions(c *call) (reply, error) {
	q := c.url.query()
	limit, err := pageLimit(q)
	if err != nil {
		return reply{}, err
	}
	f, err := revisionFilter(q)
	if err != nil {
		return reply{}, err
	}
	if f.Kind != "" || f.When != (model.When{}) { // it may have to look at all
		end, err := goBack(c)
		if err != nil {
			return reply{}, err
		}
		defer end()
	}
	f.Limit = limit + 1
	out, next := []shownRevision{}, any(nil)
	var last *model.Revision
	for r, err := range c.cfg.Store.Revisions(c.r.Context(), f) {
		if err != nil {
			return reply{}, err
		}
		if len(out) == limit {
			next = markerAfter(last, f)
			break
		}
		out, last = append(out, showRevision(r)), r
	}
	return ok(map[string]any{"revisions": out, "next": next})
}

// revisionFilter reads which revisions are meant.
func revisionFilter(q url.Values) (f model.RevisionFilter, err error) {
	if object := q.Get("object"); object != "" {
		kind, name, ok := strings.Cut(object, "/")
		if f.Kind, f.Name = objectKinds[kind], name; !ok || f.Kind == "" || name == "" {
			return f, badInput("object", "'%s' is not KIND/NAME with a KIND of network, device, gateway, connection, quota.", printed(object))
		}
	}
	if f.When, err = readWhen(q); err != nil {
		return f, err
	}
	if marker := q.Get("marker"); marker != "" {
		err = readMarker(marker, &f)
	}
	return f, err
}

// revisionNumber is the one in the path.
func revisionNumber(c *call) (uint64, error) {
	n, err := strconv.ParseUint(c.id, 10, 64)
	if err != nil {
		return 0, badInput("revision", "'%s' is not the number of a revision.", printed(c.id))
	}
	return n, nil
}

// revision shows one with what it has changed.
func revision(c *call) (reply, error) {
	n, err := revisionNumber(c)
	if err != nil {
		return reply{}, err
	}
	end, err := goBack(c)
	if err != nil {
		return reply{}, err
	}
	defer end()
	turn, err := c.cfg.Store.Around(c.r.Context(), n)
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]detailedRevision{"revision": {showRevision(turn.Revision), site.Between(turn.Before, turn.After)}})
}

// revisionPaths describes them.
func revisionPaths() []fixedEndpoint {
	list := schema{"type": "object", "required": []string{"revisions", "next"}, "additionalProperties": false, "properties": schema{
		"revisions": several(schemaOf[shownRevision]()), "next": nextSchema()}}
	detailed := schemaOf[detailedRevision]()
	detailed["properties"].(map[string]schema)["changes"] = several(schemaOf[site.Change]())
	request := schemaOf[rollbackRequest]()
	request["required"] = []string{}
	refused := wrapped("error", schemaOf[siteProblem]())
	return []fixedEndpoint{
		{method: "GET", path: "/v1/revisions", summary: "revisions of the definitions, newest first", status: 200, body: list,
			params: slices.Concat([]schema{query("object", "KIND/NAME or KIND/ID of an object that they have changed; of a network also its connections and their gateways, of a gateway its connections", plainText())},
				whenParameters(), pageParameters())},
		{method: "GET", path: "/v1/revisions/{n}", summary: "what a revision has changed", status: 200, body: wrapped("revision", detailed)},
		{method: "POST", path: "/v1/revisions/{n}/plan", summary: "what would change if definitions became what they were at a revision; nothing is stored", status: 200,
			body: rollbackSchema(), request: request, refused: refused},
		{method: "POST", path: "/v1/revisions/{n}/apply", summary: "make definitions what they were at a revision, in one transaction; with a token, only if it still is the plan of that token",
			status: 200, body: schemaOf[appliedRollback](), request: request, refused: refused},
	}
}
