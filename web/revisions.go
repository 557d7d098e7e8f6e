package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"bordergw/site"
)

// revision is one, as the API shows it.
type revision struct {
	Revision uint64        `json:"revision"`
	Time     time.Time     `json:"time"`
	User     string        `json:"user"`
	Kind     string        `json:"kind"`
	What     string        `json:"what"`
	Changes  []site.Change `json:"changes"`
	// More changes there are than are shown.
	More int `json:"-"`
}

// maxChanges is how many changes of definitions a page shows.
const maxChanges = 500

// cut leaves as many changes as there is room for, and returns how much room is left.
func (r *revision) cut(room int) int {
	shown := min(room, len(r.Changes))
	r.More, r.Changes = len(r.Changes)-shown, r.Changes[:shown]
	return room - shown
}

// revisionsView lists revisions.
type revisionsView struct {
	filters
	Revisions []revision
	Next      string
	// From and To are of the comparison that is asked for, Compared those that lie between, the newest first.
	From, To string
	Compared []revision
	Problem  string
}

// maxCompared is how many revisions a comparison shows.
const maxCompared = 50

func revisionsPage(p *page) error {
	p.about("revisions", "Revisions", "/ui/revisions")
	p.Live = p.q.Get("marker") == "" && p.q.Get("from") == ""
	var found struct {
		Revisions []revision
		Next      *string
	}
	if err := p.get("/v1/revisions", p.listQuery("object", "user"), &found); err != nil {
		return err
	}
	v := &revisionsView{filters: filters{p.q}, Revisions: found.Revisions, From: p.q.Get("from"), To: p.q.Get("to")}
	if found.Next != nil {
		v.Next = p.with("marker", *found.Next)
	}
	p.View = v
	if v.From != "" || v.To != "" {
		return compareRevisions(p, v)
	}
	return nil
}

// compareRevisions reads what has changed between two revisions.
func compareRevisions(p *page, v *revisionsView) error {
	from, err1 := strconv.ParseUint(v.From, 10, 64)
	to, err2 := strconv.ParseUint(v.To, 10, 64)
	if err1 != nil || err2 != nil {
		v.Problem = "Give the numbers of two revisions."
		return nil
	}
	if from > to {
		from, to = to, from
	}
	between, err := revisionsBetween(p, from, to)
	if err != nil {
		return err
	}
	if len(between) > maxCompared {
		v.Problem = "There are more than " + strconv.Itoa(maxCompared) + " revisions between these: the latest are shown."
		between = between[:maxCompared]
	}
	room := maxChanges
	for _, r := range between {
		var detail struct{ Revision revision }
		if err := p.get(apiPath("v1", "revisions", strconv.FormatUint(r.Revision, 10)), nil, &detail); err != nil {
			return err
		}
		room = detail.Revision.cut(room)
		v.Compared = append(v.Compared, detail.Revision)
	}
	return nil
}

// revisionsBetween lists the revisions after one, up to another, the newest first: one more than are shown at most.
func revisionsBetween(p *page, from, to uint64) (out []revision, err error) {
	q := url.Values{"limit": {"1000"}}
	for {
		var found struct {
			Revisions []revision
			Next      *string
		}
		if err := p.get("/v1/revisions", q, &found); err != nil {
			return nil, err
		}
		for _, r := range found.Revisions {
			if r.Revision <= from || len(out) > maxCompared {
				return out, nil
			}
			if r.Revision <= to {
				out = append(out, r)
			}
		}
		if found.Next == nil {
			return out, nil
		}
		q.Set("marker", *found.Next)
	}
}

func revisionPage(p *page) error {
	n := p.r.PathValue("n")
	p.about("revision", "Revision "+n, "/ui/revisions")
	var found struct{ Revision revision }
	if err := p.get(apiPath("v1", "revisions", n), nil, &found); err != nil {
		return err
	}
	if found.Revision.Revision == 0 {
		return &apiError{Status: http.StatusNotFound, Message: "There is no revision " + n + "."}
	}
	found.Revision.cut(maxChanges)
	p.View = found.Revision
	return nil
}
