package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bordergw/model"
)

const (
	waitTimeout  = time.Minute
	pollInterval = 250 * time.Millisecond
)

// waitCommand blocks until a condition is true of all that it is asked about.
func waitCommand() *cobra.Command {
	flags := &clientFlags{}
	var condition string
	var timeout time.Duration
	c := &cobra.Command{
		Use:     "wait [GATEWAY/NETWORK | device/NAME]...",
		Short:   "Wait until a condition of connections or devices is true; of all that have such a condition if none is named",
		Example: "  bordergw wait --for Bound\n  bordergw wait --for InSync\n  bordergw wait gw1/blue device/sw1 --timeout 30s",
	}
	c.Flags().Var(setting[string]{&condition, "condition", parseCondition}, "for",
		"device: "+strings.Join(deviceConditions(), ", ")+"; connection: "+strings.Join(connectionConditions(), ", ")+" (default InSync, Programmed)")
	_ = c.Flags().SetAnnotation("for", wordsFlag, slices.Concat(deviceConditions(), connectionConditions())) // fails for an unknown flag only
	c.Flags().DurationVar(&timeout, "timeout", waitTimeout, "give up after this time")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		if timeout <= 0 {
			return usagef("--timeout: %s is not a positive duration", timeout)
		}
		w := &waiter{api: api, out: c.OutOrStdout()}
		if err := w.addAll(c.Context(), args, condition); err != nil {
			return err
		}
		return w.wait(c.Context(), timeout)
	})
	flags.bind(c.Flags())
	c.ValidArgsFunction = func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return flags.completed(c, awaitable, prefix, args)
	}
	return c
}

// awaitable lists all connections and devices.
func awaitable(ctx context.Context, api *client) ([]string, error) {
	connections, err := named(connectionNoun)(ctx, api)
	if err != nil {
		return nil, err
	}
	devices, err := named(deviceNoun)(ctx, api)
	for i := range devices {
		devices[i] = "device/" + devices[i]
	}
	return append(connections, devices...), err
}

func deviceConditions() []string {
	return []string{model.Reachable, model.InSync, model.CertificateValid}
}

func connectionConditions() []string {
	return []string{model.Accepted, model.Programmed, model.Bound, model.Flooding, model.TunnelsUp}
}

// parseCondition takes any spelling of upper and lower case.
func parseCondition(s string) (string, error) {
	for _, known := range append(deviceConditions(), connectionConditions()...) {
		if strings.EqualFold(s, known) {
			return known, nil
		}
	}
	return "", fmt.Errorf("no condition %q", s)
}

// awaited is a resource whose condition was not true when last seen.
type awaited struct {
	noun      noun
	id        string
	label     string // what the user called it
	condition string
	last      *model.Condition // nil: never seen
}

func (a awaited) String() string { return a.noun.word + "/" + a.label }

// complaint says why it is still awaited.
func (a awaited) complaint() error {
	text := fmt.Sprintf("%s is not %s", a, a.condition)
	switch {
	case a.last == nil:
		text += ": nothing is known yet"
	case a.last.Reason != "":
		text += ": " + a.last.Reason
		if a.last.Message != "" {
			text += ": " + a.last.Message
		}
	}
	return errors.New(text)
}

type waiter struct {
	api     *client
	out     io.Writer
	pending []awaited
}

// addAll finds what is to be awaited, by default all that have the condition, which are the connections for none.
func (w *waiter) addAll(ctx context.Context, refs []string, condition string) error {
	for _, ref := range refs {
		a, err := parseAwaited(ref, condition)
		if err == nil {
			a.id, err = w.api.resolve(ctx, &a.noun, a.noun.path, a.label)
		}
		if err != nil {
			return err
		}
		w.pending = append(w.pending, a)
	}
	if len(refs) > 0 {
		return nil
	}
	word := "connection"
	if slices.Contains(deviceConditions(), condition) {
		word = "device"
	}
	return w.addEach(ctx, word, condition, url.Values{})
}

// addEach adds the connections, or the devices, that a filter chooses.
func (w *waiter) addEach(ctx context.Context, word, condition string, filter url.Values) error {
	a, err := parseAwaited(word+"/", condition)
	if err != nil {
		return err
	}
	filter["fields"] = a.noun.identity()
	all, err := w.api.list(ctx, a.noun.path, filter, a.noun.many)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		w.api.warn("there is no %s to wait for", word)
		return nil
	}
	titles, err := newNames(w.api).titles(ctx, a.noun, all)
	if err != nil {
		return err
	}
	for i, o := range all {
		a.id, a.label = o.text("id"), titles[i]
		w.pending = append(w.pending, a)
	}
	return nil
}

// parseAwaited reads an argument of the command and chooses the condition.
func parseAwaited(ref, condition string) (awaited, error) {
	word, label, ok := strings.Cut(ref, "/")
	if !ok || !isNoun(word) { // an id, or GATEWAY/NETWORK
		word, label = "connection", ref
	}
	a := awaited{label: label}
	var known []string
	switch word {
	case "connection":
		a.noun, a.condition, known = connectionNoun(), model.Programmed, connectionConditions()
	case "device":
		a.noun, a.condition, known = deviceNoun(), model.InSync, deviceConditions()
	default:
		return a, usagef("%q: only connections and devices have conditions", ref)
	}
	a.condition = firstOf(condition, a.condition)
	if !slices.Contains(known, a.condition) {
		return a, usagef("a %s has no condition %s", word, condition)
	}
	return a, nil
}

// isNoun reports whether a word is that of a kind of resources.
func isNoun(word string) bool { return slices.Contains(nounWords(), word) }

// wait polls until nothing is pending or the time is over.
func (w *waiter) wait(ctx context.Context, timeout time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for len(w.pending) > 0 {
		err := w.poll(limited)
		switch {
		case ctx.Err() != nil:
			return errors.New("interrupted")
		case limited.Err() != nil:
			return w.complaints(timeout)
		case err != nil:
			return err
		}
		select {
		case <-limited.Done():
		case <-tick.C:
		}
	}
	return nil
}

// poll asks once for each kind of resource, and drops what is no longer
// awaited.
func (w *waiter) poll(ctx context.Context) error {
	seen := map[string]map[string][]model.Condition{}
	var left []awaited
	for _, a := range w.pending {
		if seen[a.noun.word] == nil {
			found, err := w.conditions(ctx, a.noun)
			if err != nil {
				return err
			}
			seen[a.noun.word] = found
		}
		cs, ok := seen[a.noun.word][a.id]
		if !ok {
			return fmt.Errorf("%s was deleted", a)
		}
		a.last = model.FindCondition(cs, a.condition)
		if a.last == nil || !a.last.True {
			left = append(left, a)
			continue
		}
		fmt.Fprintln(w.out, a, a.condition)
	}
	w.pending = left
	return nil
}

// conditions gives those of all resources of a kind, by id.
func (w *waiter) conditions(ctx context.Context, n noun) (map[string][]model.Condition, error) {
	list, err := w.api.list(ctx, n.path, url.Values{"fields": {"id", "conditions"}}, n.many)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]model.Condition, len(list))
	for _, o := range list {
		var cs []model.Condition
		if raw := o["conditions"]; raw != nil {
			if err := json.Unmarshal(raw, &cs); err != nil {
				return nil, fmt.Errorf("the conditions of %s %s: %w", n.word, o.text("id"), errUnreadable)
			}
		}
		out[o.text("id")] = cs
	}
	return out, nil
}

func (w *waiter) complaints(timeout time.Duration) error {
	errs := []error{fmt.Errorf("timed out after %s", timeout)}
	for _, a := range w.pending {
		errs = append(errs, a.complaint())
	}
	return errors.Join(errs...)
}
