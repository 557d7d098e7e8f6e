package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bordergw/model"
)

// eventsCommand shows what happened, and what happens.
func eventsCommand() *cobra.Command {
	flags := &clientFlags{}
	v := &eventView{form: output{form: "table"}}
	c := &cobra.Command{
		Use: "events", Short: "Show what happened, the oldest first", Args: argsOfUse,
		Example: "  bordergw events --since 1h\n  bordergw events --object device/sw2 -w\n  bordergw events --type 'connection.*,device.phase' -o json",
	}
	var since string
	var watch bool
	var count uint
	fs := c.Flags()
	fs.StringVar(&since, "since", "", "only events since then: "+timeForms)
	fs.StringVar(&v.after, "after", "", "only events after the one of this id")
	fs.StringArrayVar(&v.types, "type", nil, "only events of these types, such as device.phase or 'connection.*'")
	_ = fs.SetAnnotation("type", wordsFlag, eventTypes()) // fails for an unknown flag only
	fs.StringVar(&v.object, "object", "", "only events of an object, such as device/sw2")
	fs.Var(oneOf(&v.severity, model.Severities...), "severity", "only events that are this severe or more: "+strings.Join(model.Severities, ", "))
	fs.UintVar(&count, "limit", 100, "number of events if neither --since nor --after is given")
	fs.BoolVarP(&watch, "watch", "w", false, "go on with what happens, until it is interrupted")
	fs.VarP(oneOf(&v.form.form, "table", "json"), "output", "o", "how to print events; json is one in each line")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		v.api, v.out = api, c.OutOrStdout()
		var err error
		if v.since, err = parseWhen("since", since, time.Now()); err != nil {
			return err
		}
		if !watch {
			return v.list(c.Context(), int(count))
		}
		return v.watch(c.Context())
	})
	fs.BoolVar(&v.titled, "no-headers", false, "print events without titles")
	flags.bind(fs)
	flags.completeObject(c, "object")
	return c
}

// eventTypes are the types that events have, and each group of them that begins with the same word.
func eventTypes() (types []string) {
	for _, group := range [][]string{
		{"definition", "created", "updated", "deleted"},
		{"device", "phase", "condition", "discovered", "active", "standby"},
		{"connection", "condition", "status"},
		{"mac", "learned", "moved", "gone", "frozen", "thawed", "summary"},
		{"drift", "repaired", "reported"},
		{"daemon", "started", "settled", "stopping"},
		{"history", "begun", "dropped"},
	} {
		types = append(types, group[0]+".*")
		for _, what := range group[1:] {
			types = append(types, group[0]+"."+what)
		}
	}
	return append(types, "certificate.expiring", "conflict", "rolled-back", "site.applied")
}

// eventView prints events.
type eventView struct {
	api  *client
	out  io.Writer
	form output

	since, after, object, severity string
	types                          []string
	titled, printed                bool
	// on is called for each event, and for a gap, in place of printing; nil for nothing.
	on func()
}

func (v *eventView) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"since": v.since, "after": v.after, "object": v.object, "severity": v.severity, "type": strings.Join(v.types, ",")} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// eventList is an answer of the API.
type eventList struct {
	Events []json.RawMessage `json:"events"`
	Next   *string           `json:"next"`
}

// list prints all events since a time or an event, else the last ones.
func (v *eventView) list(ctx context.Context, count int) error {
	q := v.query()
	all := q.Has("since") || q.Has("after")
	var newest []json.RawMessage
	for all || count > 0 {
		q.Set("limit", "1000")
		if !all {
			q.Set("limit", fmt.Sprint(min(count, 1000)))
		}
		text, err := v.api.do(ctx, http.MethodGet, "/v1/events?"+q.Encode(), "application/json", nil)
		if err != nil {
			return err
		}
		var page eventList
		if json.Unmarshal(text, &page) != nil {
			return v.api.unreadable()
		}
		for _, e := range page.Events {
			if all {
				v.print(e)
			} else {
				newest, count = append(newest, e), count-1
			}
		}
		if page.Next == nil {
			break
		}
		q.Del("after")
		q.Set("marker", *page.Next)
	}
	if len(newest) == 0 && !v.printed {
		v.warnOfUnknown(ctx)
		v.api.remark("no events")
	}
	for i := len(newest) - 1; i >= 0; i-- {
		v.print(newest[i])
	}
	return nil
}

// warnOfUnknown warns of an object that no event is about, whatever else was asked for, and that does not stand.
func (v *eventView) warnOfUnknown(ctx context.Context) {
	if v.object == "" {
		return
	}
	var any eventList
	q := url.Values{"object": {v.object}, "limit": {"1"}}
	if _, err := v.api.get(ctx, "/v1/events?"+q.Encode(), &any); err == nil && len(any.Events) == 0 {
		v.api.warnOfUnknown(ctx, v.object)
	}
}

// print prints one event in a line.
func (v *eventView) print(raw json.RawMessage) {
	v.printed = true
	if v.form.form == "json" {
		fmt.Fprintln(v.out, string(raw))
		return
	}
	var e model.Event
	if json.Unmarshal(raw, &e) != nil {
		return
	}
	if !v.titled {
		v.titled = true
		v.line("TIME", "SEVERITY", "TYPE", "OBJECT", "MESSAGE")
	}
	v.line(e.Time.UTC().Format(time.RFC3339), e.Severity, e.Type, e.Object.Kind+"/"+e.Object.Name, e.Message)
}

// line has columns as wide as most events need: they come one by one.
func (v *eventView) line(columns ...string) {
	for i, width := range []int{20, 8, 20, 24} {
		columns[i] = fmt.Sprintf("%-*s", width, firstOf(model.Printable(columns[i]), "-"))
	}
	columns[4] = model.Printable(columns[4])
	fmt.Fprintln(v.out, strings.Join(columns, "   "))
}

// watchAgain is the time before a stream that ended is opened again.
const watchAgain = 2 * time.Second

// errNotShown ends what is printed without an end.
var errNotShown = errors.New("it can not be shown")

// watch prints events as they come, for ever. What the daemon refuses ends it.
func (v *eventView) watch(ctx context.Context) error {
	endless, transport := *v.api, *v.api.http
	transport.Timeout = 0 // a stream has no end; what others ask by the same client has
	endless.http = &transport
	v.api = &endless
	for {
		err := v.stream(ctx)
		refused := &apiError{}
		switch {
		case ctx.Err() != nil, errors.Is(err, errNotShown):
			return nil // that is how it ends; main says why nothing could be shown
		case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchAgain):
		}
	}
}

// stream prints the events of one stream.
func (v *eventView) stream(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.api.base+"/v1/events?"+v.query().Encode(), nil)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Accept", "text/event-stream")
	if v.api.token != "" {
		req.Header.Set("X-Auth-Token", v.api.token)
	}
	resp, err := v.api.http.Do(req)
	if err != nil {
		return v.api.unreached(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		return refusal(resp.StatusCode, text)
	}
	return v.read(resp.Body)
}

// read reads server-sent events and remembers the last id.
func (v *eventView) read(body io.Reader) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	var typ, data, id string
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			typ = value
		case "data":
			data = value
		case "id":
			id = value
		}
		if lines.Text() != "" {
			continue
		}
		if id != "" {
			v.after, v.since = id, ""
		}
		v.dispatch(typ, data)
		if v.out != nil && !shown(v.out) {
			return errNotShown
		}
		typ, data, id = "", "", ""
	}
	return lines.Err()
}

func (v *eventView) dispatch(typ, data string) {
	switch typ {
	case "", "bookmark", "bye":
		return
	}
	if v.on != nil {
		v.on()
		return
	}
	switch typ {
	case "gap":
		fmt.Fprintln(v.out, lostText(data))
	default:
		v.print(json.RawMessage(data))
	}
}

// lostText says how many events are missing, if that is known.
func lostText(data string) string {
	var gap struct {
		From   string  `json:"lost_from"`
		To     *string `json:"lost_to"`
		Oldest string  `json:"oldest"`
	}
	_ = json.Unmarshal([]byte(data), &gap)
	from, err := model.ParseEventID(gap.From)
	if gap.To != nil && err == nil {
		if to, err := model.ParseEventID(*gap.To); err == nil && to.Epoch == from.Epoch && to.Seq >= from.Seq {
			return fmt.Sprintf("# lost %d events", to.Seq-from.Seq+1)
		}
	}
	return "# lost events: the history was begun anew"
}
