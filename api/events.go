package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bordergw/model"
)

// History is what happened, as GET /v1/events shows it, and where MACs were.
type History interface {
	// Range says which events there are, and gives a channel that is closed when there are more.
	Range() (model.EventRange, <-chan struct{})
	Page(model.EventQuery) (model.EventPage, error)
	// Places are where a MAC was and is, in a network or in all for "", the oldest first.
	Places(mac model.MAC, network string) ([]model.FormerPlace, error)
	// Present are where some MACs are, as far as they are anywhere.
	Present([]model.MACKey) (map[model.MACKey]model.FormerPlace, error)
	// Kept says from when on places are kept.
	Kept() (model.PlacesKept, error)
}

const (
	// defaultPage and maxPage are the sizes of pages of /v1.
	defaultPage = 100
	maxPage     = 1000
)

// events lists events, or goes on to send those that come.
func events(c *call) (reply, error) {
	if c.cfg.History == nil {
		return reply{}, errHistoryOff
	}
	q, err := eventQuery(c)
	if err != nil {
		return reply{}, err
	}
	if wantsStream(c.r) {
		return streamEvents(c, q)
	}
	return listEvents(c, q)
}

// wantsStream reports whether a client asks for server-sent events.
func wantsStream(r *http.Request) bool {
	return r.URL.Query().Get("stream") == "1" || strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream")
}

// eventQuery reads what a request wants, but for where it begins.
func eventQuery(c *call) (q model.EventQuery, err error) {
	values := c.url.query()
	f := &q.Filter
	for _, list := range values["type"] {
		f.Types = append(f.Types, slices.DeleteFunc(strings.Split(list, ","), func(t string) bool { return t == "" })...)
	}
	f.Project, f.Severity = values.Get("project"), values.Get("severity")
	if f.Severity != "" && !slices.Contains(model.Severities, f.Severity) {
		return q, badInput("severity", "'%s' is not one of %s.", printed(f.Severity), strings.Join(model.Severities, ", "))
	}
	if object := values.Get("object"); object != "" {
		kind, name, ok := strings.Cut(object, "/")
		if !ok || kind == "" || name == "" {
			return q, badInput("object", "'%s' is not KIND/NAME, such as device/sw2.", printed(object))
		}
		f.Kind, f.Object = kind, name
	}
	if since := values.Get("since"); since != "" {
		if q.Since, err = time.Parse(time.RFC3339, since); err != nil {
			return q, badInput("since", "'%s' is not a time such as 2026-11-29T00:47:02Z.", printed(since))
		}
	}
	q.Limit, err = pageLimit(values)
	return q, err
}

// pageLimit is the size of a page of /v1.
func pageLimit(values url.Values) (int, error) {
	limit := values.Get("limit")
	if limit == "" {
		return defaultPage, nil
	}
	n, err := strconv.Atoi(limit)
	if err != nil || n < 1 || n > maxPage {
		return 0, badInput("limit", "'%s' is not a number in 1..%d.", printed(limit), maxPage)
	}
	return n, nil
}

// pageParameters are limit and marker of a list of /v1.
func pageParameters() []schema {
	return []schema{query("limit", "default 100", schema{"type": "integer", "minimum": 1, "maximum": maxPage}), query("marker", "next of the page before", plainText())}
}

// nextSchema is the marker of the page after, null at the end.
func nextSchema() schema { return schema{"type": []string{"string", "null"}} }

func badInput(parameter, format string, args ...any) error {
	return model.ErrBadRequest("Invalid input for "+parameter+". Reason: "+format, args...)
}

// listEvents lists those after an event or a time, the oldest first, else the newest first.
// A marker goes on with either.
func listEvents(c *call, q model.EventQuery) (reply, error) {
	have, _ := c.cfg.History.Range()
	if err := beginList(c, &q, have); err != nil {
		return reply{}, err
	}
	out, limit := []json.RawMessage{}, q.Limit
	for {
		page, err := c.cfg.History.Page(q)
		if err != nil {
			return reply{}, err
		}
		for _, e := range page.Events {
			out = append(out, e.JSON)
		}
		q.From, q.Limit = page.Seen, limit-len(out)
		if !page.More || q.Limit <= 0 {
			return ok(map[string]any{"events": out, "next": nextEvents(q, page.More)})
		}
	}
}

// beginList sets where a list begins.
func beginList(c *call, q *model.EventQuery, have model.EventRange) error {
	values := c.url.query()
	q.Epoch, q.From = have.Epoch, have.First-1
	after := values.Get("after")
	if marker := values.Get("marker"); marker != "" {
		after, q.Newest = strings.CutPrefix(marker, "-")
	} else if after == "" && q.Since.IsZero() {
		q.Newest, q.From = true, 0
	}
	if after == "" {
		return nil
	}
	id, err := model.ParseEventID(after)
	if err != nil {
		return badInput("after", "%s.", err)
	}
	if id.Epoch != have.Epoch || !q.Newest && id.Seq+1 < have.First || id.Seq > have.Last {
		return model.ErrHistoryGone(id, model.EventID{Epoch: have.Epoch, Seq: have.First})
	}
	q.From = id.Seq
	return nil
}

// nextEvents is the marker of the next page, nil if there is none.
func nextEvents(q model.EventQuery, more bool) any {
	switch id := (model.EventID{Epoch: q.Epoch, Seq: q.From}).String(); {
	case !more:
		return nil
	case q.Newest:
		return "-" + id
	default:
		return id
	}
}

// eventPaths describes them.
func eventPaths() []fixedEndpoint {
	list := schema{"type": "object", "required": []string{"events", "next"}, "additionalProperties": false, "properties": schema{
		"events": several(schemaOf[storedEvent]()), "next": nextSchema()}}
	return []fixedEndpoint{{method: "GET", path: "/v1/events", status: 200, body: list,
		summary: "what happened: the newest first, or the oldest first of those after an event or a time. Accept: text/event-stream, or stream=1, goes on with what happens from now on, or after the header Last-Event-ID",
		params: []schema{query("type", "types, such as device.phase,connection.*", several(plainText())), query("object", "KIND/NAME or KIND/ID", plainText()),
			query("severity", "the least", schema{"enum": model.Severities}), query("project", "of the object", plainText()),
			query("since", "time", plainText()), query("after", "id of an event", plainText()), query("marker", "next of the page before", plainText()),
			query("limit", "default 100", schema{"type": "integer", "minimum": 1, "maximum": maxPage}), query("stream", "", schema{"enum": []string{"1"}})}}}
}

// storedEvent is an event as the history shows it.
type storedEvent struct {
	ID string `json:"id"`
	model.Event
}
