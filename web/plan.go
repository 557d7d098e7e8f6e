package web

import (
	"errors"
	"io"
	"net/http"

	"bordergw/model"
	"bordergw/site"
)

// maxFile bounds a site file that is given on the page, in bytes. Larger ones are for the client.
const maxFile = 4 << 20

// planView is a site file and what it would change.
type planView struct {
	File string
	// Prune deletes what the site manages and the file does not have.
	Prune bool
	// Problems are why there is no plan.
	Problems []string
	Plan     *plan
}

// plan is that of a site file, as the API shows it.
type plan struct {
	Site     string                `json:"site"`
	Token    string                `json:"token"`
	Changes  []site.Change         `json:"changes"`
	Switches []model.SwitchPreview `json:"switches"`
	Findings []site.Finding        `json:"findings"`
	Refused  *site.Refusal         `json:"refused"`
	// Counted is how many changes of each kind there are.
	Counted []tally `json:"-"`
	// More changes, and MoreSwitches, there are than are shown.
	More, MoreSwitches int `json:"-"`
}

// maxPlanned is how many switches a plan of the page shows.
const maxPlanned = 20

// tone says what becomes of the object of a change.
func tone(a site.Action) string {
	return map[site.Action]string{site.Create: "add", site.Update: "change", site.Delete: "remove", site.Replace: "remove", site.Adopt: "add"}[a]
}

func planPage(p *page) error {
	p.about("plan", "Plan of a site file", "/ui/plan")
	v := &planView{}
	p.View = v
	if p.r.Method != http.MethodPost {
		return nil
	}
	if !ownOrigin(p.r) {
		return &apiError{Status: http.StatusForbidden, Message: "This form was not sent by a page of this service."}
	}
	if err := v.read(p.r); err != nil {
		return err
	}
	found := &plan{}
	err := p.post("/v1/site/plan", map[string]any{"file": v.File, "name": "the file", "prune": v.Prune}, found)
	var refused *apiError
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusBadRequest:
		if v.Problems = refused.Details; len(v.Problems) == 0 {
			v.Problems = []string{refused.Message}
		}
	case err != nil:
		return err
	default:
		found.count()
		found.cut()
		v.Plan = found
	}
	return nil
}

// read takes the file from the form: an uploaded one, or else the text.
func (v *planView) read(r *http.Request) error {
	r.Body = http.MaxBytesReader(nil, r.Body, maxFile+1<<16)
	if err := r.ParseMultipartForm(maxFile + 1<<16); err != nil {
		return tooLarge(err)
	}
	v.File, v.Prune = r.PostFormValue("file"), r.PostFormValue("prune") != ""
	upload, _, err := r.FormFile("upload")
	if err != nil {
		return nil // there is none
	}
	defer upload.Close()
	text, err := io.ReadAll(upload)
	if err == nil && len(text) > 0 {
		v.File = string(text)
	}
	return err
}

// tooLarge is the refusal of a form that can not be read.
func tooLarge(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return &apiError{Status: http.StatusRequestEntityTooLarge, Message: "The file has more than 4 MiB. Use bordergw plan -f FILE."}
	}
	return &apiError{Status: http.StatusBadRequest, Message: "The form can not be read."}
}

// cut leaves as much as a page shows.
func (p *plan) cut() {
	shown, switches := min(len(p.Changes), maxChanges), min(len(p.Switches), maxPlanned)
	p.More, p.MoreSwitches = len(p.Changes)-shown, len(p.Switches)-switches
	p.Changes, p.Switches = p.Changes[:shown], p.Switches[:switches]
}

// count counts the changes of each kind.
func (p *plan) count() {
	counts := map[site.Action]int{}
	for _, c := range p.Changes {
		counts[c.Action]++
	}
	for _, a := range []site.Action{site.Create, site.Adopt, site.Update, site.Replace, site.Delete, site.Left} {
		if n := counts[a]; n > 0 {
			p.Counted = append(p.Counted, tally{Status: string(a), Count: n})
		}
	}
}

// Nothing reports whether the definitions are those of the file already.
func (p *plan) Nothing() bool { return len(p.Changes) == 0 && len(p.Findings) == 0 && p.Refused == nil }
