package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bordergw/model"
)

const (
	// describedEvents is how many events are shown of an object and of what it hangs on.
	describedEvents = 20
	// maxHangsOn bounds the devices of which events are asked for.
	maxHangsOn = 8
)

// describeCommand shows all that is known of one object.
func describeCommand() *cobra.Command {
	flags, form := &clientFlags{}, output{}
	c := &cobra.Command{
		Use: "describe KIND NAME", Short: "Show one object with its conditions and what happened to it and to what it hangs on",
		Example: "  bordergw describe connection gw1/blue\n  bordergw describe device/sw1",
		Args: func(c *cobra.Command, args []string) error {
			if all := arguments(c, args); len(all) == 1 && strings.Contains(all[0], "/") {
				return nil
			}
			return argsOfUse(c, args)
		},
	}
	positional(c)
	form.bindForms(c.Flags(), "how to print the result", "table", "json", "yaml")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		kind, ref := args[0], ""
		if len(args) > 1 {
			ref = args[1]
		} else {
			kind, ref, _ = strings.Cut(kind, "/")
		}
		n, err := nounCalled(kind)
		if err != nil {
			return err
		}
		return describe(c, newNames(api), n, ref, form)
	})
	flags.bind(c.Flags())
	c.ValidArgsFunction = func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 && strings.Contains(prefix, "/") {
			return flags.completed(c, objectsLike(prefix), prefix, nil)
		}
		if len(args) == 0 {
			return describable(), cobra.ShellCompDirectiveNoFileComp
		}
		n, err := nounCalled(args[0])
		if err != nil || len(args) > 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return flags.completed(c, named(func() noun { return n }), prefix, nil)
	}
	return c
}

// describable are the kinds of objects that have names.
func describable() (words []string) {
	for _, n := range nouns() {
		if n.parent == nil {
			words = append(words, n.word)
		}
	}
	return words
}

// nounCalled is the noun of a kind, by its word, plural or another one for it.
func nounCalled(word string) (noun, error) {
	for _, n := range nouns() {
		if n.parent == nil && slices.Contains(append([]string{n.word, n.plural()}, n.aliases...), word) {
			return n, nil
		}
	}
	return noun{}, usagef("there is no kind %q: it is one of %s%s", word, strings.Join(describable(), ", "), didYouMean(word, describable()))
}

// describe asks for an object and its events, and prints them.
func describe(c *cobra.Command, known *names, n noun, ref string, form output) error {
	ctx := c.Context()
	item, err := n.item(ctx, known.api, []string{ref})
	if err != nil {
		return err
	}
	raw, err := known.api.call(ctx, http.MethodGet, item, nil, n.one)
	if err != nil {
		return err
	}
	var row object
	if json.Unmarshal(raw, &row) != nil {
		return errUnreadable
	}
	if err := n.referOne(ctx, row, known); err != nil {
		return err
	}
	events, kept, err := eventsAbout(ctx, known, n, row)
	if err != nil {
		return err
	}
	if form.raw() {
		text, err := json.Marshal(map[string]any{n.one: raw, "events": events})
		if err != nil {
			return errUnreadable
		}
		return form.text(c.OutOrStdout(), text)
	}
	return printDescribed(c.OutOrStdout(), known, n, row, events, kept)
}

// eventsAbout are the last events of an object and of what it hangs on, the oldest first. It reports
// whether a history is kept that the caller may see.
func eventsAbout(ctx context.Context, known *names, n noun, row object) (events []json.RawMessage, kept bool, err error) {
	byID := map[uint64]json.RawMessage{}
	for _, about := range hangsOn(known, n, row) {
		q := url.Values{"object": {about}, "limit": {strconv.Itoa(describedEvents)}}
		text, err := known.api.do(ctx, http.MethodGet, "/v1/events?"+q.Encode(), "application/json", nil)
		if refused := (*apiError)(nil); errors.As(err, &refused) && refused.Status < http.StatusInternalServerError {
			return []json.RawMessage{}, false, nil
		}
		var page eventList
		if err == nil && json.Unmarshal(text, &page) != nil {
			err = known.api.unreadable()
		}
		if err != nil {
			return nil, false, err
		}
		for _, e := range page.Events {
			var head struct{ ID string }
			_ = json.Unmarshal(e, &head)
			if id, err := model.ParseEventID(head.ID); err == nil {
				byID[id.Seq] = e
			}
		}
	}
	return latest(byID), true, nil
}

// latest are the last events, in order.
func latest(byID map[uint64]json.RawMessage) []json.RawMessage {
	var ids []uint64
	for id := range byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := []json.RawMessage{}
	for _, id := range ids[max(0, len(ids)-describedEvents):] {
		out = append(out, byID[id])
	}
	return out
}

// hangsOn are an object and what it hangs on, as events name objects: a connection hangs on its gateway, its network and
// their devices, a gateway on its devices.
func hangsOn(known *names, n noun, row object) (all []string) {
	all = []string{n.word + "/" + row.text("id")}
	gateway := row
	switch n.word {
	case "connection":
		all = append(all, "gateway/"+row.text("l2_gateway_id"), "network/"+row.text("network_id"))
		gateway = known.get("gateway", row.text("l2_gateway_id"))
	case "gateway":
	default:
		return all
	}
	for _, d := range devicesOf(gateway) {
		if about := "device/" + cmp.Or(d.DeviceID, d.DeviceName); !slices.Contains(all, about) && len(all) < maxHangsOn {
			all = append(all, about)
		}
	}
	return all
}

// printDescribed prints an object, its conditions with their times, and events.
func printDescribed(w io.Writer, known *names, n noun, row object, events []json.RawMessage, kept bool) error {
	var conditions []model.Condition
	_ = json.Unmarshal(row["conditions"], &conditions)
	var below []string
	if len(conditions) > 0 {
		below = []string{"conditions"} // with their times
	}
	if err := n.print(w, row, known, below...); err != nil {
		return err
	}
	indent := &indented{w: w, start: true}
	if len(conditions) > 0 {
		fmt.Fprintln(w, "conditions")
		var rows [][]string
		for _, c := range conditions {
			state := map[bool]string{true: "yes", false: "no"}[c.True]
			rows = append(rows, []string{c.Type, state, shortTime(&c.Since), c.Reason, c.Message})
		}
		if err := printTable(indent, []string{"CONDITION", "TRUE", "SINCE", "REASON", "MESSAGE"}, rows); err != nil {
			return err
		}
	}
	if !kept {
		_, err := fmt.Fprintln(w, "events: no history is kept, or you may not see it")
		return err
	}
	fmt.Fprintln(w, "events")
	var rows [][]string
	for _, raw := range events {
		var e model.Event
		if json.Unmarshal(raw, &e) == nil {
			rows = append(rows, []string{e.Time.UTC().Format(time.RFC3339), e.Severity, e.Type, e.Object.Kind + "/" + e.Object.Name, e.Message})
		}
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(indent, "none")
		return err
	}
	return printTable(indent, []string{"TIME", "SEVERITY", "TYPE", "OBJECT", "MESSAGE"}, rows)
}
