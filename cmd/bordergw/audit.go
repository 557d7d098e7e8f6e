package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/model"
)

// auditView shows changes.
type auditView struct {
	form             output
	count            uint
	before           uint64
	resource, id, of string
	when             period
}

// auditCommand shows who changed what.
func auditCommand() *cobra.Command {
	flags, v := &clientFlags{}, &auditView{}
	c := &cobra.Command{
		Use: "audit", Short: "Show who changed what, newest first", Args: argsOfUse,
		Example: "  bordergw audit --limit 20\n  bordergw audit --object network/blue -o wide\n  bordergw audit --since 2026-11-30 --user alice\n  bordergw audit --resource network --id blue",
	}
	v.bind(c.Flags())
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		query, err := v.query(time.Now())
		if err != nil {
			return err
		}
		raw, err := auditOf(c.Context(), api, query, v.resource, v.id)
		if err != nil {
			return err
		}
		return v.form.list(c, raw, listing{many: "changes", table: auditTable(), refer: auditedNames}, newNames(api))
	})
	flags.bind(c.Flags())
	flags.completeObject(c, "object")
	return c
}

func (v *auditView) bind(fs *pflag.FlagSet) {
	fs.UintVar(&v.count, "limit", 100, "number of changes; 0 is all that are kept")
	fs.Uint64Var(&v.before, "before", 0, "only changes older than the one of this number (seq)")
	fs.Var(setting[string]{&v.resource, "resource", parseAudited}, "resource", "kind of object: "+strings.Join(model.AuditResources, ", ")+", or the word of our commands")
	fs.StringVar(&v.id, "id", "", "id of the object, or its name as it is printed: also one that it had")
	fs.StringVar(&v.of, "object", "", "both at once: KIND/NAME, such as network/blue or connection/gw1/blue")
	v.when.bind(fs, "changes")
	v.form.bindTable(fs)
	_ = fs.SetAnnotation("resource", wordsFlag, slices.Concat(model.AuditResources, nounWords())) // fails for an unknown flag only
}

// query is what is asked for, but for the object.
func (v *auditView) query(now time.Time) (url.Values, error) {
	if v.of != "" {
		if v.resource != "" || v.id != "" {
			return nil, usagef("--object is --resource and --id at once: give either")
		}
		n, name, err := auditedObject(v.of)
		if err != nil {
			return nil, err
		}
		v.resource, v.id = n.one, name
	}
	query := url.Values{"limit": {strconv.FormatUint(uint64(v.count), 10)}}
	if v.before != 0 {
		query.Set("marker", strconv.FormatUint(v.before, 10))
	}
	if v.resource != "" {
		query.Set("resource", v.resource)
	}
	return query, v.when.put(query, now)
}

// auditedObject reads KIND/NAME.
func auditedObject(text string) (noun, string, error) {
	kind, name, _ := strings.Cut(text, "/")
	n, err := nounCalled(kind)
	if err == nil && name == "" {
		err = usagef("%q is not KIND/NAME, such as network/blue", text)
	}
	return n, name, err
}

func auditTable() table {
	at := func(o object, _ *names) []string { return []string{seconds(o.text("time"))} }
	name := func(o object, known *names) []string { return []string{auditedName(o, known)} }
	fields := func(o object, _ *names) []string { return []string{auditedFields(o)} }
	return slices.Concat(attributes("seq"), table{{title: "TIME", value: at}}, attributes("user", "action", "resource"), table{{title: "NAME", value: name}},
		wide("project_id", "resource_id", "request_id"), table{{title: "FIELDS", value: fields, wide: true}})
}

// maxField bounds each value that a table shows of a change, in bytes.
const maxField = 40

// auditedFields are the attributes that an update gave other values, before and after.
func auditedFields(o object) string {
	var before, after object
	if o.text("action") != model.AuditUpdate || json.Unmarshal(o["before"], &before) != nil || json.Unmarshal(o["after"], &after) != nil {
		return ""
	}
	text := func(of object, key string) string {
		if of[key] == nil {
			return "-"
		}
		return model.Clip(strings.Trim(string(of[key]), `"`), maxField)
	}
	var out []string
	for _, key := range slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(slices.Collect(maps.Keys(before)), maps.Keys(after))))) {
		if key != "revision" { // it is another one each time
			out = append(out, key+": "+text(before, key)+" -> "+text(after, key))
		}
	}
	return strings.Join(out, ", ")
}

// auditedNames asks for the names of each kind of object that a change is recorded of.
func auditedNames(ctx context.Context, rows []object, known *names) error {
	for _, n := range nouns() {
		changed := func(o object) bool { return o.text("resource") == n.one }
		kinds := []noun{n}
		switch {
		case n.pair:
			kinds = []noun{gatewayNoun(), networkNoun()}
		case n.parent != nil: // several of them have the name of their device
			changed, kinds = hasSeveralMACs, []noun{*n.parent}
		}
		if !slices.ContainsFunc(rows, changed) {
			continue
		}
		for _, kind := range kinds {
			if err := known.load(ctx, kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasSeveralMACs reports whether a change is of several remote MACs of a device.
func hasSeveralMACs(o object) bool {
	return slices.ContainsFunc([]string{"before", "after"}, func(key string) bool {
		var was object
		return json.Unmarshal(o[key], &was) == nil && was["remote_mac_entries"] != nil && was.text("gateway_device_id") != ""
	})
}

// auditedName is the name that an object has, or that the record says it had.
func auditedName(o object, known *names) string {
	id := o.text("resource_id")
	for _, n := range nouns() {
		if n.one == o.text("resource") && !n.pair && known.get(n.word, id) != nil {
			return known.of(n.word, id)
		}
	}
	if name := o.text("name"); name != "" && o.text("resource") != "remote_mac_entry" { // that is the device's
		return name
	}
	for _, key := range []string{"after", "before"} {
		var was object
		if json.Unmarshal(o[key], &was) != nil {
			continue
		}
		switch {
		case was.text("name") != "":
			return was.text("name")
		case was.text("l2_gateway_id") != "":
			return known.of("gateway", was.text("l2_gateway_id")) + "/" + known.of("network", was.text("network_id"))
		case was.text("mac_address") != "":
			return was.text("mac_address")
		case was.text("gateway_device_id") != "": // several of a device
			return known.of("device", was.text("gateway_device_id"))
		}
	}
	if id == "" {
		return ""
	}
	return idPrefix + id
}

func nounWords() (words []string) {
	for _, n := range nouns() {
		words = append(words, n.word)
	}
	return words
}

// parseAudited takes Neutron's name of a kind of object, or the word of the
// commands on it.
func parseAudited(s string) (string, error) {
	for _, n := range nouns() {
		if s == n.word {
			return n.one, nil
		}
	}
	return oneOf(nil, model.AuditResources...).parse(s)
}

// auditOf asks for the changes of an object, or of all if id is empty. What is no id of a
// recorded object may be the name of one that stands, or one that an object had when it
// was changed.
func auditOf(ctx context.Context, c *client, query url.Values, resource, id string) (json.RawMessage, error) {
	ask := func() (json.RawMessage, error) {
		return c.call(ctx, http.MethodGet, "/v1/audit?"+query.Encode(), nil, "audit")
	}
	if id == "" {
		return ask()
	}
	query.Set("id", id)
	raw, err := ask()
	if err != nil || !empty(raw) {
		return raw, err
	}
	ids, err := idsCalled(ctx, c, resource, id)
	switch {
	case err != nil:
		return nil, err
	case len(ids) > 1:
		return nil, ambiguous("the name", id, ids)
	case len(ids) == 1:
		query.Set("id", ids[0])
		if raw, err = ask(); err != nil || !empty(raw) {
			return raw, err
		}
	}
	query.Del("id")
	query.Set("name", id)
	if raw, err = ask(); err != nil || !empty(raw) {
		return raw, err
	}
	c.warn("no change is recorded of an object with the id or name %q", id)
	return raw, nil
}

// idsCalled finds the ids of the objects of a name, of one kind or of all.
func idsCalled(ctx context.Context, c *client, resource, name string) (ids []string, err error) {
	for _, n := range nouns() {
		if n.lookup != "name" || resource != "" && resource != n.one {
			continue
		}
		found, err := c.list(ctx, n.path, url.Values{"name": {name}, "fields": {"id"}}, n.many)
		if err != nil {
			return nil, err
		}
		ids = slices.Concat(ids, idsOf(found))
	}
	return ids, nil
}

// empty reports whether a list of an answer has nothing in it.
func empty(raw json.RawMessage) bool {
	var list []json.RawMessage
	return json.Unmarshal(raw, &list) == nil && len(list) == 0
}
