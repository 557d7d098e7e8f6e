package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
)

func (n noun) list(flags *clientFlags) *cobra.Command {
	var form output
	var deleted, watched bool
	var limit uint
	c := &cobra.Command{
		Use: "list" + n.owner(), Aliases: []string{"ls"}, Short: "List " + n.plural(), Args: argsOfUse, Example: n.examples["list"],
	}
	form.bind(c.Flags())
	form.bindHeaders(c.Flags())
	c.Flags().UintVar(&limit, "limit", 0, "number of "+n.plural()+" that are listed; 0 is all")
	c.Flags().BoolVarP(&watched, "watch", "w", false, "go on with a line for each of them that changes, until it is interrupted")
	bindFilters(c, flags, n.filters)
	n.bindOwner(c, flags)
	if n.deleted != nil {
		c.Flags().BoolVar(&deleted, "deleted", false, "list those that were deleted and are still to be cleaned")
	}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		n := n
		if deleted {
			n = *n.deleted
		}
		collection, _, err := n.collection(c.Context(), api, args)
		if err != nil {
			return err
		}
		if watched {
			w := &listWatch{noun: n, c: c, api: api, collection: collection, limit: int(limit), form: form}
			return w.run(c.Context())
		}
		return n.printList(c, newNames(api), collection, int(limit), form)
	})
	return c
}

// printList prints the objects of a collection that the flags choose.
func (n noun) printList(c *cobra.Command, known *names, collection string, limit int, form output) error {
	raw, given, err := n.chosen(c, known, collection, limit, form)
	if err != nil {
		return err
	}
	l := n.listing()
	if given {
		l.many += " match"
	}
	return form.list(c, raw, l, known)
}

// chosen asks for the objects of a collection that the flags choose. It reports whether any flag does.
func (n noun) chosen(c *cobra.Command, known *names, collection string, limit int, form output) (raw json.RawMessage, given bool, err error) {
	chosen, err := choose(c, known, n.filters)
	if err != nil {
		return nil, false, err
	}
	here := len(chosen.keep) > 0 || n.whole // the API is asked for all of them
	if limit > 0 && !here {
		chosen.query.Set("limit", strconv.Itoa(limit))
	}
	if !form.raw() && !n.whole {
		chosen.query["fields"] = n.fields()
	}
	raw, err = known.api.call(c.Context(), http.MethodGet, withQuery(collection, chosen.query), nil, n.many)
	if err == nil && (len(chosen.keep) > 0 || here && limit > 0) {
		raw, err = chosen.kept(raw, limit)
	}
	return raw, chosen.given, err
}

func withQuery(path string, query url.Values) string {
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// fields are the attributes that a table needs.
func (n noun) fields() []string {
	out := slices.Concat(n.identity(), n.table.keys(), n.reads)
	slices.Sort(out)
	return slices.Compact(out)
}

func (n noun) listing() listing {
	return listing{many: n.plural(), table: n.table, refer: n.referAll, label: n.label}
}
