package main

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/model"
)

const (
	// completeTime is how long a shell waits for the daemon.
	completeTime = 500 * time.Millisecond
	// maxCompleted bounds what a shell is given.
	maxCompleted = 1000
	// wordsFlag annotates a flag with the words that it takes.
	wordsFlag = "bordergw_words"
)

// lister gives what may stand in a place of the command line.
type lister func(ctx context.Context, api *client) ([]string, error)

// completed asks the daemon. If it does not answer in time, or refuses, nothing is offered:
// a shell has no place for an error.
func (f *clientFlags) completed(c *cobra.Command, list lister, prefix string, but []string) ([]string, cobra.ShellCompDirective) {
	api, err := f.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer api.http.CloseIdleConnections()
	parent := c.Context()
	if parent == nil {
		parent = context.Background()
	}
	ctx, cancel := context.WithTimeout(parent, completeTime)
	defer cancel()
	all, err := list(ctx, api)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, word := range all {
		if strings.HasPrefix(word, prefix) && model.Printable(word) == word && !slices.Contains(but, word) && len(out) < maxCompleted {
			out = append(out, word)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// named lists the objects of a kind by name.
func named(of func() noun) lister {
	return func(ctx context.Context, api *client) ([]string, error) {
		n := of()
		return namesIn(ctx, api, n, n.path)
	}
}

func namesIn(ctx context.Context, api *client, n noun, collection string) ([]string, error) {
	list, err := api.list(ctx, collection, url.Values{"fields": n.identity()}, n.many)
	if err != nil {
		return nil, err
	}
	return newNames(api).titles(ctx, n, list)
}

// completeArguments completes the arguments of a command, and the flags that stand for
// them. A nil lister is a place for which nothing is known.
func (f *clientFlags) completeArguments(c *cobra.Command, lists ...lister) {
	several := strings.HasSuffix(c.Use, "...")
	c.ValidArgsFunction = func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		place := len(arguments(c, args))
		if several {
			place = min(place, len(lists)-1)
		}
		if place >= len(lists) || lists[place] == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f.completed(c, lists[place], prefix, args)
	}
	for i, argument := range usedArguments(c) {
		if flag := c.Flags().Lookup(flagOfArgument(argument)); i < len(lists) && lists[i] != nil && flag != nil && flag.Annotations[argumentFlag] != nil {
			f.completeFlag(c, flag.Name, lists[i])
		}
	}
}

// completeFlag completes the values of a flag.
func (f *clientFlags) completeFlag(c *cobra.Command, flag string, list lister) {
	_ = c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return f.completed(c, list, prefix, nil)
	}) // fails for an unknown flag, or one that is completed already
}

// completeObject completes KIND/NAME.
func (f *clientFlags) completeObject(c *cobra.Command, flag string) {
	_ = c.RegisterFlagCompletionFunc(flag, func(c *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return f.completed(c, objectsLike(prefix), prefix, nil)
	}) // fails for an unknown flag, or one that is completed already
}

// objectsLike lists KIND/NAME of all objects that may begin with a prefix: of one kind if it has that already.
func objectsLike(prefix string) lister {
	return func(ctx context.Context, api *client) (out []string, err error) {
		for _, n := range nouns() {
			kind := n.word + "/"
			if n.parent != nil || !strings.HasPrefix(kind, prefix) && !strings.HasPrefix(prefix, kind) {
				continue
			}
			found, err := namesIn(ctx, api, n, n.path)
			if err != nil {
				return nil, err
			}
			for _, name := range found {
				out = append(out, kind+name)
			}
		}
		return out, nil
	}
}

// completeWords completes every flag that takes one of a few words.
func completeWords(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		words := f.Annotations[wordsFlag]
		if s, ok := f.Value.(setting[string]); ok && strings.Contains(s.kind, "|") { // made by oneOf
			words = strings.Split(s.kind, "|")
		}
		if len(words) > 0 {
			_ = c.RegisterFlagCompletionFunc(f.Name, oneOfWords(words)) // fails for one that is completed already
		}
	})
	for _, sub := range c.Commands() {
		completeWords(sub)
	}
}

// oneOfWords completes a word in any spelling of upper and lower case.
func oneOfWords(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, prefix string) (out []string, _ cobra.ShellCompDirective) {
		for _, word := range words {
			if strings.HasPrefix(strings.ToLower(word), strings.ToLower(prefix)) {
				out = append(out, word)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// oneWord is text for which a shell offers words. What is allowed is for the API to say.
func oneWord(words ...string) func(*pflag.FlagSet, string, string) {
	return func(fs *pflag.FlagSet, name, usage string) {
		fs.String(name, "", usage)
		_ = fs.SetAnnotation(name, wordsFlag, words) // fails for an unknown flag only
	}
}

// bindOwner has a command take the resource that holds these.
func (n noun) bindOwner(c *cobra.Command, flags *clientFlags) {
	positional(c)
	if n.parent != nil {
		flags.completeArguments(c, named(func() noun { return *n.parent }))
	}
}

// bindRef has a command take one resource, or several.
func (n noun) bindRef(c *cobra.Command, flags *clientFlags) {
	positional(c)
	if n.parent != nil {
		flags.completeArguments(c, named(func() noun { return *n.parent }), nil)
		return
	}
	flags.completeArguments(c, named(func() noun { return n }))
}

// bindCreated has a command take the arguments of create.
func (n noun) bindCreated(c *cobra.Command, flags *clientFlags) {
	if n.pair {
		positionalPair(c)
	} else {
		positional(c)
	}
	var lists []lister
	if n.parent != nil {
		lists = append(lists, named(func() noun { return *n.parent }))
	}
	for _, a := range n.args {
		var list lister
		if a.of != nil {
			list = named(func() noun { return *a.of })
		}
		lists = append(lists, list)
	}
	flags.completeArguments(c, lists...)
}
