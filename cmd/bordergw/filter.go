package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// filter is a flag of list that chooses objects. One that has several values chooses what
// any of them does.
type filter struct {
	flag, usage string
	// key is the parameter of the query, if the API filters by it.
	key string
	// of is the kind that the values name; nil for plain text.
	of func() noun
	// words are the values that a shell offers.
	words []string
	// keep chooses here what the API can not choose. Its values are ids if of is given.
	keep func(ctx context.Context, known *names, values []string) (func(object) bool, error)
}

// Filters that several kinds have.
func nameFilter() filter {
	return filter{flag: "name", key: "name", usage: "only those of this name"}
}

func managerFilter() filter {
	return filter{flag: "managed-by", key: managedBy, usage: "only those that this program manages, such as neutron"}
}

func projectFilter() filter {
	return filter{flag: "project-id", key: "project_id", usage: "only those of this owner (also --tenant-id)"}
}

func statusFilter(words ...string) filter {
	return filter{flag: "status", key: "status", usage: "only those of this status", words: words}
}

// choice is what the filters of one command line choose.
type choice struct {
	query url.Values
	keep  []func(object) bool
	given bool
}

// bindFilters adds the flags. Each can be repeated, or hold several values joined by commas.
func bindFilters(c *cobra.Command, flags *clientFlags, list []filter) {
	for _, f := range list {
		c.Flags().StringSlice(f.flag, nil, f.usage)
		switch {
		case f.of != nil:
			flags.completeFlag(c, f.flag, named(f.of))
		case f.words != nil:
			_ = c.Flags().SetAnnotation(f.flag, wordsFlag, f.words) // fails for an unknown flag only
		}
	}
}

// choose reads the flags, and turns names into ids.
func choose(c *cobra.Command, known *names, list []filter) (choice, error) {
	out := choice{query: url.Values{}}
	for _, f := range list {
		if !c.Flags().Changed(f.flag) {
			continue
		}
		out.given = true
		values, err := c.Flags().GetStringSlice(f.flag)
		if err == nil && f.words != nil {
			values, err = f.known(values)
		}
		if err == nil && f.of != nil {
			values, err = idsNamed(c.Context(), known.api, f.of(), values)
		}
		if err != nil {
			return out, err
		}
		if f.key != "" {
			out.query[f.key] = values
			continue
		}
		keep, err := f.keep(c.Context(), known, values)
		if err != nil {
			return out, err
		}
		out.keep = append(out.keep, keep)
	}
	return out, nil
}

// known are words as they are spelled. What is none would choose nothing, which reads as good news.
func (f filter) known(values []string) ([]string, error) {
	out := make([]string, len(values))
	for i, v := range values {
		at := slices.IndexFunc(f.words, func(w string) bool { return strings.EqualFold(v, w) })
		if at < 0 {
			return nil, usagef("--%s: %q is not one of %s", f.flag, v, strings.Join(f.words, ", "))
		}
		out[i] = f.words[at]
	}
	return out, nil
}

func idsNamed(ctx context.Context, api *client, n noun, refs []string) ([]string, error) {
	ids := make([]string, len(refs))
	for i, ref := range refs {
		id, err := api.resolve(ctx, &n, n.path, ref)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// kept are the objects of a list that are chosen here, at most limit of them unless it is 0.
// They stay as they came.
func (f choice) kept(raw json.RawMessage, limit int) (json.RawMessage, error) {
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, errUnreadable
	}
	var out [][]byte
	for _, one := range all {
		var row object
		if err := json.Unmarshal(one, &row); err != nil {
			return nil, errUnreadable
		}
		refused := func(keep func(object) bool) bool { return !keep(row) }
		if !slices.ContainsFunc(f.keep, refused) && (limit == 0 || len(out) < limit) {
			out = append(out, one)
		}
	}
	return slices.Concat([]byte("["), bytes.Join(out, []byte(", ")), []byte("]")), nil
}

// onSwitch keeps what refers to a gateway that has one of the switches, by the attribute key.
func onSwitch(key string) func(context.Context, *names, []string) (func(object) bool, error) {
	return func(ctx context.Context, known *names, switches []string) (func(object) bool, error) {
		gateways, err := gatewaysOn(ctx, known, switches)
		return func(o object) bool { return gateways[o.text(key)] }, err
	}
}

// gatewaysOn gives the ids of the gateways that have one of the switches, whose names are
// those of a Physical_Switch or of a device.
func gatewaysOn(ctx context.Context, known *names, switches []string) (map[string]bool, error) {
	if err := loadGateways(ctx, known); err != nil {
		return nil, err
	}
	out, missing := map[string]bool{}, map[string]bool{}
	for _, name := range switches {
		missing[name] = true
	}
	for id, o := range known.kinds["gateway"].objects {
		for _, d := range devicesOf(o) {
			for _, name := range []string{d.switchName(known), d.DeviceID} {
				if name != "" && slices.Contains(switches, name) {
					out[id] = true
					delete(missing, name)
				}
			}
		}
	}
	return out, known.api.exist(ctx, slices.Sorted(maps.Keys(missing)))
}

// exist refuses names that no switch has: nothing would be chosen, which reads as good news. Whoever may not see what the switches
// say of themselves is believed.
func (c *client) exist(ctx context.Context, switches []string) error {
	if len(switches) == 0 {
		return nil
	}
	var all struct {
		Devices []struct {
			ID, Name string
			Switches []struct{ Name string }
		}
	}
	_, err := c.get(ctx, "/v1/devices", &all)
	if refused := (*apiError)(nil); errors.As(err, &refused) && refused.Status == http.StatusForbidden {
		return nil
	}
	if err != nil {
		return err
	}
	n := deviceNoun()
	registered, err := c.list(ctx, n.path, url.Values{"fields": {"id", "name"}}, n.many) // one that was just created is not reported yet
	if err != nil {
		return err
	}
	var names []string
	for _, o := range registered {
		names = append(names, o.text("id"), o.text("name"))
	}
	for _, d := range all.Devices {
		names = append(names, d.ID, d.Name)
		for _, sw := range d.Switches {
			names = append(names, sw.Name)
		}
	}
	for _, name := range switches {
		if !slices.Contains(names, name) {
			slices.Sort(names)
			return fmt.Errorf("no switch or device %q%s", name, didYouMean(name, slices.Compact(names)))
		}
	}
	return nil
}

// connected keeps the objects that a connection joins with others: those whose id a connection
// has as "at", where it has one of the given ids as "by".
func connected(at, by string) func(context.Context, *names, []string) (func(object) bool, error) {
	return func(ctx context.Context, known *names, ids []string) (func(object) bool, error) {
		n := connectionNoun()
		found, err := known.api.list(ctx, n.path, url.Values{by: ids, "fields": {at}}, n.many)
		return isAmong(found, at, nil), err
	}
}

// networksOn keeps the networks that have a connection on one of the switches.
func networksOn(ctx context.Context, known *names, switches []string) (func(object) bool, error) {
	gateways, err := gatewaysOn(ctx, known, switches)
	if err != nil {
		return nil, err
	}
	n := connectionNoun()
	found, err := known.api.list(ctx, n.path, url.Values{"fields": {"l2_gateway_id", "network_id"}}, n.many)
	return isAmong(found, "network_id", func(o object) bool { return gateways[o.text("l2_gateway_id")] }), err
}

// isAmong keeps objects whose id is an attribute of what was found.
func isAmong(found []object, key string, counts func(object) bool) func(object) bool {
	ids := map[string]bool{}
	for _, o := range found {
		if counts == nil || counts(o) {
			ids[o.text(key)] = true
		}
	}
	return func(o object) bool { return ids[o.text("id")] }
}
