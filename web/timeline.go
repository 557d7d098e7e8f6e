package web

import (
	"net/url"
	"slices"
	"time"

	"bordergw/model"
)

// timelineLength is how far back the bars of conditions go.
const timelineLength = 24 * time.Hour

// timeline is a condition with what it was in the last day.
type timeline struct {
	model.Condition
	// Spans are in the order of time, and fill the bar.
	Spans []span
}

// span is a time in which a condition had one value.
type span struct {
	// Status is yes, no or "" for not known.
	Status string
	// From and Width are percentages of the bar.
	From, Width float64
	Begin, End  time.Time
}

// conditionChanges are the changes of conditions of an object since a time, by condition, the oldest first.
func conditionChanges(p *page, object string, since time.Time) (map[string][]event, error) {
	found, _, err := readEvents(p, url.Values{
		"object": {object}, "type": {"connection.condition"}, "since": {since.UTC().Format(time.RFC3339)}, "limit": {"1000"},
	})
	out := map[string][]event{}
	for _, e := range found {
		name, _ := e.Data["condition"].(string)
		out[name] = append(out[name], e)
	}
	return out, err
}

// newTimelines joins conditions with their changes.
func newTimelines(cs []model.Condition, changes map[string][]event, now time.Time) (out []timeline) {
	for _, c := range cs {
		out = append(out, timeline{c, spansOf(c, changes[c.Type], now)})
	}
	return out
}

// spansOf fills the bar of a condition, from now back to where nothing is known.
func spansOf(c model.Condition, changes []event, now time.Time) (out []span) {
	begin := now.Add(-timelineLength)
	add := func(status string, from, to time.Time) {
		if from.Before(begin) {
			from = begin
		}
		if to.After(now) {
			to = now // another clock has been ahead
		}
		if to.After(from) {
			out = append(out, span{status, percent(from.Sub(begin)), percent(to.Sub(from)), from, to})
		}
	}
	at, status := now, yesOrNo(c.True)
	for _, e := range slices.Backward(changes) {
		add(status, e.Time, at)
		at = e.Time
		status, _ = e.Data["from"].(string)
	}
	if len(changes) == 0 && c.Since.After(begin) { // it is as it was first known
		add(status, c.Since, at)
		at, status = c.Since, ""
	}
	add(status, begin, at)
	slices.Reverse(out)
	return out
}

func percent(d time.Duration) float64 { return 100 * d.Seconds() / timelineLength.Seconds() }

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// Top and Height make what was not so shorter than what was: a bar is read without its colours.
func (s span) Top() int { return 10 - s.Height() }

// Height is that of a span in a bar of 10.
func (s span) Height() int {
	return map[string]int{"yes": 10, "no": 6, "": 2}[s.Status]
}

// InWords says what the bar shows.
func (t *timeline) InWords() string {
	var so, not time.Duration
	for _, s := range t.Spans {
		switch s.Status {
		case "yes":
			so += s.End.Sub(s.Begin)
		case "no":
			not += s.End.Sub(s.Begin)
		}
	}
	return t.Type + " in the last day: yes for " + ago(so) + ", no for " + ago(not)
}
