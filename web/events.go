package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"bordergw/model"
)

// event is one of the history, as the API shows it.
type event struct {
	ID string `json:"id"`
	model.Event
}

// readEvents reads a page of the history. next is the marker of the one after it, "" at the end.
func readEvents(p *page, q url.Values) (out []event, next string, err error) {
	var answer struct {
		Events []event
		Next   *string
	}
	err = p.get("/v1/events", q, &answer)
	if answer.Next != nil {
		next = *answer.Next
	}
	return answer.Events, next, err
}

// pagesOf are the pages of kinds of objects that have one.
var pagesOf = map[string]string{model.KindDevice: "switches", model.KindNetwork: "networks", model.KindConnection: "connections", model.KindMAC: "macs"}

// Page is that of the object of an event, "" if there is none: a switch that nobody has registered has none.
func (e *event) Page() string {
	plural, has := pagesOf[e.Object.Kind]
	if !has || e.Object.ID == "" || e.Type == "device.discovered" {
		return ""
	}
	return link(plural, e.Object.ID)
}

// eventsView lists events.
type eventsView struct {
	filters
	Events              []event
	NextPage, Since     string
	Severities, Lengths []string
}

// sinceChoices are how far back the page goes.
var sinceChoices = map[string]time.Duration{"1h": time.Hour, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour}

func eventsPage(p *page) error {
	p.about("events", "Events", "/ui/events")
	p.Live, p.Events = p.q.Get("marker") == "" && p.q.Get("since") == "", "*"
	q := p.listQuery("type", "object", "severity")
	v := &eventsView{filters: filters{p.q}, Since: p.q.Get("since"), Severities: model.Severities, Lengths: slices.Sorted(maps.Keys(sinceChoices))}
	p.View = v
	if length, ok := sinceChoices[v.Since]; ok {
		q.Set("since", time.Now().Add(-length).UTC().Format(time.RFC3339))
	} else if v.Since != "" {
		return &apiError{Status: http.StatusBadRequest, Message: fmt.Sprintf("%q is none of 1h, 24h, 7d.", v.Since)}
	}
	var next string
	var err error
	if v.Events, next, err = readEvents(p, q); next != "" {
		v.NextPage = p.with("marker", next, "since", "")
	}
	return err
}
