package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/model"
)

// noun describes a resource of the API; its commands follow from it.
type noun struct {
	word string // the command
	// one and many wrap the resource in bodies and answers.
	one, many string
	path      string
	// lookup is the attribute that may stand for the id; empty if there is none.
	lookup string
	// pair says that a resource is named by two others: a connection is GATEWAY/NETWORK.
	pair bool
	// aliases are other words for the command, beside the plural.
	aliases []string
	// table is what lists show, and what is first when one resource is shown.
	table table
	// reads are attributes that the table makes columns of, shownOf those that the tables of
	// other nouns do.
	reads, shownOf []string
	// refer asks for the names of other resources that the table shows, if it is of one resource
	// for those names only; nil for none.
	refer func(ctx context.Context, rows []object, known *names, one bool) error
	// filters choose what is listed.
	filters []filter
	// whole says that the API gives all attributes of all resources only.
	whole bool
	// examples are those of the verbs, and of "" for the command itself.
	examples map[string]string
	// args are the positional arguments of create.
	args []argument
	// creates and updates are the attributes that can be given to either.
	creates, updates []attribute
	// parent is the resource that holds this one: its id or name is the first
	// argument of every command. path is then below that of the parent.
	parent *noun
	// prepare completes a request body, for instance turns names into ids.
	prepare func(context.Context, *client, map[string]any) error
	// blame says of a refused create, or delete, what of the caller's own is in the way: Neutron's texts name ids, or nothing. subject is
	// the body, or the object. Nil for kinds that have nothing to add.
	blame func(ctx context.Context, api *client, refused *apiError, subject object) (string, error)
	// managed says that another program can manage such resources (managed_by).
	managed bool
	// extra makes the commands beside the usual ones.
	extra []func(*clientFlags) *cobra.Command
	// deleted is what there is to list of those that were deleted; nil for nothing.
	deleted *noun
}

// argument is a positional argument of create, and the attribute it gives.
type argument struct {
	name, key string
	// of is the noun that the argument names, nil if it is plain text.
	of *noun
}

// attribute is a flag that gives an attribute of the resource.
type attribute struct {
	flag, key string
	define    func(fs *pflag.FlagSet, name, usage string)
	usage     string
	required  bool
}

// The types of attributes.
func text(fs *pflag.FlagSet, name, usage string)   { fs.String(name, "", usage) }
func port(fs *pflag.FlagSet, name, usage string)   { fs.Var(&ranged{max: 1<<16 - 1}, name, usage) }
func vni(fs *pflag.FlagSet, name, usage string)    { fs.Var(&ranged{max: 1<<24 - 1}, name, usage) }
func truth(fs *pflag.FlagSet, name, usage string)  { fs.Bool(name, false, usage) }
func texts(fs *pflag.FlagSet, name, usage string)  { fs.StringArray(name, nil, usage) }
func commas(fs *pflag.FlagSet, name, usage string) { fs.StringSlice(name, nil, usage) }

// ranged is the value of a flag that is a whole number from 1 to max. The service says
// what 0 means, or that it means nothing.
type ranged struct{ value, max uint64 }

func (r *ranged) String() string { return strconv.FormatUint(r.value, 10) }
func (r *ranged) Type() string   { return "number" }

func (r *ranged) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > r.max {
		return fmt.Errorf("%q is not a whole number from 1 to %d", s, r.max)
	}
	r.value = n
	return nil
}

// required is a copy of a list in which an attribute must be given.
func required(list []attribute, flag string) []attribute {
	out := slices.Clone(list)
	for i := range out {
		out[i].required = out[i].required || out[i].flag == flag
	}
	return out
}

// projectAttribute is what every resource can be created for.
func projectAttribute() attribute {
	return attribute{flag: "project-id", key: "project_id", define: text, usage: "owner (also --tenant-id)"}
}

// command is the noun with its verbs.
func (n noun) command() *cobra.Command {
	flags := &clientFlags{}
	c := group(n.word, "Manage "+n.plural(), n.create(flags), n.list(flags), n.show(flags), n.delete(flags))
	c.Aliases = append([]string{n.plural()}, n.aliases...)
	c.Example = n.examples[""]
	if len(n.updates) > 0 {
		c.AddCommand(n.update(flags))
	}
	for _, extra := range n.extra {
		c.AddCommand(extra(flags))
	}
	flags.bind(c.PersistentFlags())
	return c
}

func (n noun) create(flags *clientFlags) *cobra.Command {
	var form output
	c := &cobra.Command{Use: "create" + n.owner(), Short: "Create a " + n.word, Args: argsOfUse, Example: n.examples["create"]}
	for _, a := range n.args {
		c.Use += " " + a.name
	}
	define(c, n.creates)
	form.bind(c.Flags())
	n.bindCreated(c, flags)
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		body := bodyOf(c.Flags(), n.creates)
		collection, args, err := n.collection(c.Context(), api, args)
		if err == nil {
			err = n.takeArgs(c.Context(), api, args, body)
		}
		if err != nil {
			return err
		}
		return n.submit(c, api, http.MethodPost, collection, body, form)
	})
	return c
}

func (n noun) update(flags *clientFlags) *cobra.Command {
	var form output
	c := &cobra.Command{Use: "update" + n.owner() + " " + n.ref(), Short: "Change the given attributes of a " + n.word, Args: argsOfUse, Example: n.examples["update"]}
	define(c, n.updates)
	n.bindRef(c, flags)
	change := newUpdate()
	change.bind(c.Flags(), n)
	form.bind(c.Flags())
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		body := bodyOf(c.Flags(), n.updates)
		if len(body) == 0 {
			return usagef("nothing to change is given")
		}
		collection, args, err := n.collection(c.Context(), api, args)
		if err != nil {
			return err
		}
		if _, given := body[managedBy]; given {
			change.force = true // it says whose the object is
		}
		item, _, err := change.target(c.Context(), newNames(api), &n, collection, args[0])
		if err != nil {
			return err
		}
		return n.submit(c, api, http.MethodPut, item, body, form)
	})
	return c
}

func (n noun) show(flags *clientFlags) *cobra.Command {
	var form output
	c := &cobra.Command{Use: "show" + n.owner() + " " + n.ref(), Short: "Show a " + n.word, Args: argsOfUse, Example: n.examples["show"]}
	form.bind(c.Flags())
	n.bindRef(c, flags)
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		item, err := n.item(c.Context(), api, args)
		if err != nil {
			return err
		}
		raw, err := api.call(c.Context(), http.MethodGet, item, nil, n.one)
		if err != nil {
			return err
		}
		return form.show(c, raw, n, newNames(api))
	})
	return c
}

// delete takes several; one that fails does not keep the others.
func (n noun) delete(flags *clientFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "delete" + n.owner() + " " + n.ref() + "...", Aliases: []string{"rm"}, Short: "Delete " + n.plural(), Args: argsOfUse, Example: n.examples["delete"],
	}
	change := newDelete()
	change.bind(c.Flags(), n)
	n.bindRef(c, flags)
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		collection, args, err := n.collection(c.Context(), api, args)
		if err != nil {
			return err
		}
		known := newNames(api)
		var errs []error
		for _, ref := range args {
			title, err := change.delete(c.Context(), known, &n, collection, ref)
			if err == nil {
				say(c, "%s %s deleted", n.word, title)
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	return c
}

// say tells in a line what was done.
func say(c *cobra.Command, format string, args ...any) {
	fmt.Fprintln(c.OutOrStdout(), model.Printable(fmt.Sprintf(format, args...)))
}

func (n noun) plural() string { return n.word + "s" }

// identity is the attributes that say how an object is named.
func (n noun) identity() []string {
	fields := []string{"id"}
	if n.lookup != "" {
		fields = append(fields, n.lookup)
	}
	if n.pair {
		fields = append(fields, "l2_gateway_id", "network_id")
	}
	if n.parent == nil {
		fields = append(fields, "project_id")
	}
	return fields
}

// referAll asks for the names that a list shows.
func (n noun) referAll(ctx context.Context, rows []object, known *names) error {
	known.add(n, rows)
	if n.refer == nil {
		return nil
	}
	return n.refer(ctx, rows, known, false)
}

// referOne asks for the names that one resource shows, and for no others.
func (n noun) referOne(ctx context.Context, row object, known *names) error {
	if _, err := known.titleOf(ctx, n, row); err != nil || n.refer == nil {
		return err
	}
	return n.refer(ctx, []object{row}, known, true)
}

// label is what -o name prints.
func (n noun) label(o object, known *names) string { return n.word + "/" + known.title(n, o) }

func (n noun) owner() string {
	if n.parent == nil {
		return ""
	}
	return " " + strings.ToUpper(n.parent.word)
}

// ref is how a command's usage names one resource. An id, or its beginning, will also do.
func (n noun) ref() string {
	switch {
	case n.pair:
		return "GATEWAY/NETWORK"
	case n.lookup == "":
		return "ID"
	}
	return strings.ToUpper(n.lookup)
}

// collection gives the path of the collection, and the arguments that are left
// when the parent's has been taken.
func (n noun) collection(ctx context.Context, api *client, args []string) (string, []string, error) {
	if n.parent == nil {
		return n.path, args, nil
	}
	id, err := api.resolve(ctx, n.parent, n.parent.path, args[0])
	return n.parent.path + "/" + url.PathEscape(id) + n.path, args[1:], err
}

// item gives the path of the resource that the arguments name.
func (n noun) item(ctx context.Context, api *client, args []string) (string, error) {
	collection, args, err := n.collection(ctx, api, args)
	if err != nil {
		return "", err
	}
	id, err := api.resolve(ctx, &n, collection, args[0])
	return collection + "/" + url.PathEscape(id), err
}

// define adds the flags of the attributes to a command.
func define(c *cobra.Command, attrs []attribute) {
	for _, a := range attrs {
		a.define(c.Flags(), a.flag, a.usage)
		if a.required {
			_ = c.MarkFlagRequired(a.flag) // fails for an unknown flag only
		}
	}
}

// bodyOf holds the attributes whose flags were given.
func bodyOf(fs *pflag.FlagSet, attrs []attribute) map[string]any {
	body := map[string]any{}
	for _, a := range attrs {
		if f := fs.Lookup(a.flag); f.Changed {
			body[a.key] = attributeValue(f.Value)
		}
	}
	return body
}

func attributeValue(v pflag.Value) any {
	if s, ok := v.(pflag.SliceValue); ok {
		// An empty text stands for none: it clears the list.
		return slices.DeleteFunc(s.GetSlice(), func(item string) bool { return item == "" })
	}
	if d, ok := v.(*deviceSpecs); ok {
		return *d
	}
	switch v.Type() {
	case "bool", "number":
		return json.RawMessage(v.String())
	}
	return v.String()
}

func (n noun) takeArgs(ctx context.Context, api *client, args []string, body map[string]any) error {
	if n.pair && len(args) == 1 {
		gateway, network, err := api.pair(ctx, args[0])
		body[n.args[0].key], body[n.args[1].key] = gateway, network
		return err
	}
	for i, a := range n.args[:min(len(args), len(n.args))] {
		value := args[i]
		if a.of == nil && value == "" && !strings.HasPrefix(a.name, "[") {
			return usagef("%s is empty", a.name)
		}
		if a.of != nil {
			id, err := api.resolve(ctx, a.of, a.of.path, value)
			if err != nil {
				return err
			}
			value = id
		}
		body[a.key] = value
	}
	return nil
}

func (n noun) submit(c *cobra.Command, api *client, method, path string, body map[string]any, form output) error {
	if n.prepare != nil {
		if err := n.prepare(c.Context(), api, body); err != nil {
			return err
		}
	}
	raw, err := api.call(c.Context(), method, path, map[string]any{n.one: body}, n.one)
	if err != nil {
		return blamed(c.Context(), &n, api, err, sent(body))
	}
	if err := form.show(c, raw, n, newNames(api)); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	return nil
}
