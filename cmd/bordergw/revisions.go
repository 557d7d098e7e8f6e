package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bordergw/model"
	"bordergw/site"
)

const revisionsPath = "/v1/revisions"

// shownByDefault is how many revisions a list has unless it is told otherwise.
const shownByDefault = 20

// historyCommand shows the revisions of the definitions.
func historyCommand() *cobra.Command {
	flags := &clientFlags{}
	var form output
	var count uint
	var of string
	var when period
	c := &cobra.Command{Use: "history", Short: "Show the revisions of the definitions, newest first, and what each has changed", Args: argsOfUse,
		Example: "  bordergw history --limit 50\n  bordergw history --object network/blue\n  bordergw history --since yesterday --user alice\n  bordergw history show 42"}
	c.Flags().UintVar(&count, "limit", shownByDefault, "number of revisions; 0 is all that are kept")
	c.Flags().StringVar(&of, "object", "", "only what changed this object: KIND/NAME, such as network/blue (with its connections and their gateways), gateway/gw1 (with its connections), device/sw1 or connection/gw1/blue")
	when.bind(c.Flags(), "revisions")
	form.bindTable(c.Flags())
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		query := url.Values{}
		if err := when.put(query, time.Now()); err != nil {
			return err
		}
		raw, err := listRevisions(c, api, query, of, int(count))
		if err != nil {
			return err
		}
		return form.list(c, raw, listing{many: "revisions", table: revisionTable()}, nil)
	})
	flags.bind(c.PersistentFlags())
	flags.completeObject(c, "object")
	c.AddCommand(showRevision(flags))
	return c
}

func revisionTable() table {
	at := func(o object, _ *names) []string { return []string{seconds(o.text("time"))} }
	return slices.Concat(attributes("revision"), table{{title: "TIME", value: at}}, attributes("user", "what"), wide("kind", "project_id", "request_id"))
}

// seconds is a time without its fraction, as tables show it.
func seconds(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return shortTime(&t)
}

// listRevisions asks for pages until it has that many, 0 for all.
func listRevisions(cmd *cobra.Command, api *client, query url.Values, of string, most int) (json.RawMessage, error) {
	all := []json.RawMessage{}
	if of != "" {
		query.Set("object", of)
	}
	for {
		size := 1000
		if most > 0 {
			size = min(size, most-len(all))
		}
		query.Set("limit", strconv.Itoa(size))
		var page struct {
			Revisions []json.RawMessage
			Next      *string
		}
		if _, err := api.get(cmd.Context(), revisionsPath+"?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Revisions...)
		if len(all) == 0 && of != "" {
			warnOfUnchanged(cmd.Context(), api, of)
		}
		if page.Next == nil || len(page.Revisions) == 0 || most > 0 && len(all) >= most {
			return json.Marshal(all)
		}
		query.Set("marker", *page.Next)
	}
}

// warnOfUnchanged warns of an object that no revision has changed, whatever else was asked for, and that does
// not stand.
func warnOfUnchanged(ctx context.Context, api *client, of string) {
	var page struct{ Revisions []json.RawMessage }
	query := url.Values{"object": {of}, "limit": {"1"}}
	if _, err := api.get(ctx, revisionsPath+"?"+query.Encode(), &page); err == nil && len(page.Revisions) == 0 {
		api.warnOfUnknown(ctx, of)
	}
}

// shownRevision is a revision with what it has changed.
type shownRevision struct {
	Revision uint64
	Time     time.Time
	User     string
	Request  string `json:"request_id"`
	What     string
	Changes  []site.Change
}

func showRevision(flags *clientFlags) *cobra.Command {
	var form output
	c := &cobra.Command{Use: "show REVISION", Short: "Show what a revision has changed: each attribute, before and after", Args: argsOfUse,
		Example: "  bordergw history show 42\n  bordergw history show 42 -o json"}
	positional(c)
	form.bindForms(c.Flags(), "how to print the result", "table", "json", "yaml")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		n, err := parseRevision(args[0])
		if err != nil {
			return usageError{err}
		}
		raw, err := api.call(c.Context(), http.MethodGet, fmt.Sprint(revisionsPath, "/", n), nil, "revision")
		if err != nil {
			return err
		}
		if form.raw() {
			return form.text(c.OutOrStdout(), raw)
		}
		var r shownRevision
		if json.Unmarshal(raw, &r) != nil {
			return api.unreadable()
		}
		printRevision(c, &r)
		return nil
	})
	return c
}

func printRevision(c *cobra.Command, r *shownRevision) {
	out := c.OutOrStdout()
	fmt.Fprintf(out, "revision %d by %s at %s: %s\n", r.Revision, firstOf(model.Printable(r.User), "-"), shortTime(&r.Time), model.Printable(r.What))
	printChanges(out, r.Changes, func(site.Change) bool { return true })
	if len(r.Changes) == 0 {
		fmt.Fprintln(out, "  nothing that a site file shows")
	}
}

// parseRevision reads the number of a revision.
func parseRevision(text string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not the number of a revision", text)
	}
	return n, nil
}
