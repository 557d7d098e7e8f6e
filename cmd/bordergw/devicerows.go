package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"bordergw/model"
)

// rowsCommand shows what a switch holds.
func rowsCommand(flags *clientFlags) *cobra.Command {
	var form output
	c := &cobra.Command{
		Use: "rows NAME", Short: "List the logical switches that a switch holds, and whose they are: ours, foreign, or left from what is no longer defined", Args: argsOfUse,
		Example: "  bordergw device rows sw1\n  bordergw device rows sw1 --network blue\n  bordergw device rows sw1 -o json",
	}
	form.bindTable(c.Flags())
	c.Flags().String("network", "", "only the logical switches of this network")
	flags.completeFlag(c, "network", named(networkNoun))
	deviceNoun().bindRef(c, flags)
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		n := deviceNoun()
		id, err := api.resolve(c.Context(), &n, n.path, args[0])
		if err != nil {
			return err
		}
		q := url.Values{}
		if err := resolveInto(c, api, q, "network", networkNoun()); err != nil {
			return err
		}
		raw, err := allPages(c.Context(), api, "/v1/devices/"+url.PathEscape(id)+"/rows", q, "logical_switches")
		if err != nil {
			return err
		}
		return form.list(c, raw, listing{many: "logical switches on this device", table: rowsTable()}, nil)
	})
	return c
}

// resolveInto adds what a flag names, if it is given, to a query, by its id.
func resolveInto(c *cobra.Command, api *client, q url.Values, flag string, n noun) error {
	f := c.Flags().Lookup(flag)
	if !f.Changed {
		return nil
	}
	id, err := api.resolve(c.Context(), &n, n.path, f.Value.String())
	if err == nil {
		q.Set(flag, id)
	}
	return err
}

// rowsTable shows a logical switch in a line.
func rowsTable() table {
	return table{
		{key: "name", title: "LOGICAL SWITCH"},
		{key: "key", title: "VNI", value: keyText},
		{key: "owner"},
		{key: "bindings", value: boundPorts},
		{key: "local_macs", title: "LOCAL MACS"},
		{key: "remote_macs", title: "REMOTE MACS"},
		{key: "flood", title: "FLOODS TO", value: func(o object, _ *names) []string { return withTotal(o, "flood", listOf[string](o["flood"])) }},
		{key: "flood_missing", title: "FLOOD MISSING", rare: true, value: func(o object, _ *names) []string { return listOf[string](o["flood_missing"]) }},
	}
}

// keyText is a VNI, nothing for a logical switch without one.
func keyText(o object, _ *names) []string {
	if text := plain(o["key"]); text != "0" {
		return []string{text}
	}
	return nil
}

// boundPorts are the bindings, with the switch where a database has several.
func boundPorts(o object, _ *names) []string {
	ports := listOf[model.BoundPort](o["bindings"])
	several := slices.ContainsFunc(ports, func(p model.BoundPort) bool { return p.Switch != ports[0].Switch })
	out := make([]string, len(ports))
	for i, p := range ports {
		if out[i] = p.Port + " " + vlanText([]string{p.VLAN.String()}, "", ""); several {
			out[i] = p.Switch + " " + out[i]
		}
	}
	return withTotal(o, "bindings", out)
}

// withTotal ends a list that the daemon has cut with how many there are.
func withTotal(o object, key string, list []string) []string {
	total, err := strconv.Atoi(plain(o[key+"_total"]))
	if err == nil && total > len(list) {
		return append(list, strconv.Itoa(total)+" in all")
	}
	return list
}

func listOf[T any](raw json.RawMessage) (out []T) {
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// allPages gives all of a list of /v1 that is answered in pages. It changes the query.
func allPages(ctx context.Context, c *client, path string, q url.Values, key string) (json.RawMessage, error) {
	all := []json.RawMessage{}
	q.Set("limit", "1000")
	for {
		text, err := c.do(ctx, http.MethodGet, path+"?"+q.Encode(), "application/json", nil)
		if err != nil {
			return nil, err
		}
		var page map[string]json.RawMessage
		var items []json.RawMessage
		var next *string
		if json.Unmarshal(text, &page) != nil || json.Unmarshal(page[key], &items) != nil || json.Unmarshal(page["next"], &next) != nil {
			return nil, c.unreadable()
		}
		if all = append(all, items...); next == nil {
			return json.Marshal(all)
		}
		q.Set("marker", *next)
	}
}
