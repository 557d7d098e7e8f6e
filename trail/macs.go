package trail

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"bordergw/model"
)

const (
	// summaryGap is the time between two summaries.
	summaryGap = time.Second
	// maxSummaries bounds the pairs of network and switch that have a summary of their own.
	maxSummaries = 100
)

// follower goes from one picture of the MACs to the next, some changes at a time. It compares
// with what the file has open: to go over the same changes again does no harm.
type follower struct {
	// done is the picture whose changes have all been taken, target the one that is being gone to.
	done, target model.MACPicture
	next         func() (model.MACChange, bool)
	stop         func()
	// sweep: there may be open places of MACs that are gone; swept is how far the search is,
	// sweptAt when the last one ended.
	sweep   bool
	swept   []byte
	sweptAt time.Time
	// firsts are the switches whose first report is in target.
	firsts map[string]*counts
	tokens *tokens
	// beyond are the changes without an event since summed.
	beyond map[macPair]*counts
	summed time.Time
}

func newFollower(now time.Time) *follower {
	return &follower{tokens: newTokens(now), beyond: map[macPair]*counts{}, firsts: map[string]*counts{}, summed: now}
}

// macPair is a network and a switch; empty ones are several.
type macPair struct{ network, device string }

// counts are changes of MACs.
type counts struct{ learned, moved, gone int }

func (c *counts) add(what string) {
	switch what {
	case "learned":
		c.learned++
	case "moved":
		c.moved++
	case "gone":
		c.gone++
	}
}

// aim takes a new target if none is being gone to. It reports whether there is one.
func (f *follower) aim(latest model.MACPicture) bool {
	if f.target == nil && latest != nil && latest != f.done {
		f.target = latest
		f.next, f.stop = iter.Pull(latest.Changes(f.done))
	}
	return f.target != nil
}

// arrived notes that all changes have been taken.
func (f *follower) arrived() {
	f.stop()
	f.sweep = f.sweep || f.done == nil || f.done.Reporters() != f.target.Reporters()
	f.done, f.target = f.target, nil
}

// close ends an iteration.
func (f *follower) close() {
	if f.target != nil {
		f.stop()
	}
}

// first reports whether a place is in the first report of a switch.
func (f *follower) first(device string) bool { return f.done == nil || !f.done.Reported(device) }

// macEvent says what happened to a MAC.
func macEvent(defs *model.Definitions, what, network string, mac model.MAC, from, to string, at time.Time) model.Event {
	net := model.RefNetwork(defs, network)
	e := model.Event{
		Time: at, Type: "mac." + what, Severity: model.SeverityInfo,
		Object:  model.ObjectRef{Kind: model.KindMAC, ID: mac.String(), Name: mac.String(), Project: net.Project},
		Related: []model.ObjectRef{net}, Data: map[string]any{},
	}
	var places []string
	if from != "" {
		was := refPlace(defs, from)
		e.Related, e.Data["from"] = append(e.Related, was), was.Name
		places = append(places, " from "+was.Name)
	}
	if to != "" {
		is := refPlace(defs, to)
		if from != to {
			e.Related = append(e.Related, is)
		}
		e.Data["to"] = is.Name
		places = append(places, map[bool]string{true: " to ", false: " on "}[from != ""]+is.Name)
	}
	e.Message = fmt.Sprintf("MAC %s of network %s %s%s", mac, net.Name, what, strings.Join(places, ""))
	return e
}

// frozenEvent says that a MAC stands still, or does no longer.
func frozenEvent(defs *model.Definitions, c model.MACChange, at time.Time) model.Event {
	what, severity := "thawed", model.SeverityInfo
	if c.Is.Frozen {
		what, severity = "frozen", model.SeverityWarning
	}
	e := macEvent(defs, what, c.Network, c.MAC, "", c.Is.Device, at)
	e.Severity = severity
	if c.Is.Frozen {
		e.Message += ": it moved too often"
	}
	return e
}

// refPlace names the switch, or the source, where a MAC is.
func refPlace(defs *model.Definitions, id string) model.ObjectRef {
	if set, ok := defs.Endpoints.Get(id); ok {
		return model.ObjectRef{Kind: "endpoints", ID: id, Name: set.Source}
	}
	return model.RefDevice(defs, id)
}

// withoutEvent counts a change for a summary.
func (f *follower) withoutEvent(pair macPair, what string) {
	c := f.beyond[pair]
	if c == nil {
		if len(f.beyond) >= maxSummaries {
			pair = macPair{}
		}
		if c = f.beyond[pair]; c == nil {
			c = &counts{}
			f.beyond[pair] = c
		}
	}
	c.add(what)
}

// summaries are the events for what had none, once in summaryGap.
func (f *follower) summaries(defs *model.Definitions, now time.Time) (out []model.Event) {
	if len(f.beyond) == 0 || now.Sub(f.summed) < summaryGap {
		return nil
	}
	f.summed = now
	pairs := slices.SortedFunc(maps.Keys(f.beyond), func(a, b macPair) int {
		return cmp.Or(strings.Compare(a.network, b.network), strings.Compare(a.device, b.device))
	})
	for _, pair := range pairs {
		out = append(out, summary(defs, pair, *f.beyond[pair], now, ""))
	}
	clear(f.beyond)
	return out
}

// firstReports are the summaries of the switches that have reported for the first time.
func (f *follower) firstReports(defs *model.Definitions, now time.Time) (out []model.Event) {
	for _, device := range slices.Sorted(maps.Keys(f.firsts)) {
		if c := *f.firsts[device]; c != (counts{}) {
			out = append(out, summary(defs, macPair{device: device}, c, now, " in its first report"))
		}
	}
	clear(f.firsts)
	return out
}

func summary(defs *model.Definitions, pair macPair, c counts, now time.Time, when string) model.Event {
	e := model.Event{
		Time: now, Type: "mac.summary", Severity: model.SeverityInfo, Object: model.ObjectRef{Kind: model.KindDaemon, ID: model.KindDaemon, Name: model.KindDaemon},
		Data: map[string]any{"learned": c.learned, "moved": c.moved, "gone": c.gone},
	}
	where := ""
	if pair.network != "" {
		e.Object = model.RefNetwork(defs, pair.network)
		e.Data["network"] = e.Object.Name
		where = " of network " + e.Object.Name
	}
	if pair.device != "" {
		on := refPlace(defs, pair.device)
		if e.Related = []model.ObjectRef{on}; pair.network == "" {
			e.Object, e.Related = on, nil
		}
		e.Data["device"] = on.Name
		where += " on " + on.Name
	}
	e.Message = fmt.Sprintf("MACs%s%s: %d learned, %d moved, %d gone", where, when, c.learned, c.moved, c.gone)
	return e
}
