package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bordergw/api"
)

// explainCommand says what the attributes of a kind of objects mean. It needs no daemon.
func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain KIND[.ATTRIBUTE]", Short: "Say what the attributes of a kind of objects mean; needs no daemon", Args: cobra.ExactArgs(1),
		Example: "  bordergw explain gateway\n  bordergw explain device.border_mode",
		RunE: func(c *cobra.Command, args []string) error {
			kind, attribute, _ := strings.Cut(args[0], ".")
			e, err := explained(kind)
			if err != nil {
				return err
			}
			return e.print(c.OutOrStdout(), attribute)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return explainable(prefix), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// explanation is what the API's description says of a kind: what an answer has, and what a request to create
// or update one may.
type explanation struct {
	noun                   noun
	answer, create, update schemaObject
}

// schemaObject is the part of a JSON Schema that is explained.
type schemaObject struct {
	Description string                  `json:"description"`
	Type        any                     `json:"type"`
	Enum        []any                   `json:"enum"`
	AnyOf       []schemaObject          `json:"anyOf"`
	Items       *schemaObject           `json:"items"`
	Minimum     *json.Number            `json:"minimum"`
	Maximum     *json.Number            `json:"maximum"`
	MaxLength   *json.Number            `json:"maxLength"`
	Pattern     string                  `json:"pattern"`
	Properties  map[string]schemaObject `json:"properties"`
	Required    []string                `json:"required"`
}

func explained(kind string) (*explanation, error) {
	n, err := nounCalled(kind)
	if err != nil {
		return nil, err
	}
	text, err := api.OpenAPI()
	if err != nil {
		return nil, err
	}
	var document struct {
		Components struct {
			Schemas map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	e := &explanation{noun: n}
	for suffix, into := range map[string]*schemaObject{"": &e.answer, "_create": &e.create, "_update": &e.update} {
		raw := document.Components.Schemas[n.one+suffix]
		if raw != nil && json.Unmarshal(raw, into) != nil {
			return nil, errUnreadable
		}
	}
	return e, nil
}

// explainable completes kinds, and the attributes of one.
func explainable(prefix string) (out []string) {
	kind, _, dotted := strings.Cut(prefix, ".")
	if !dotted {
		return describable()
	}
	e, err := explained(kind)
	if err != nil {
		return nil
	}
	for _, name := range e.attributes() {
		out = append(out, kind+"."+name)
	}
	return out
}

// attributes are the names of those that an answer has or a request may.
func (e *explanation) attributes() []string {
	all := map[string]bool{}
	for _, s := range []schemaObject{e.answer, e.create, e.update} {
		for name := range s.Properties {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// print prints one attribute, or for "" all of them.
func (e *explanation) print(w io.Writer, attribute string) error {
	if attribute != "" {
		if !slices.Contains(e.attributes(), attribute) {
			return usagef("a %s has no attribute %q%s", e.noun.word, attribute, didYouMean(attribute, e.attributes()))
		}
		for _, line := range [][2]string{
			{"attribute", e.noun.word + "." + attribute}, {"type", e.typeOf(attribute)}, {"set by", e.setBy(attribute)}, {"", e.descriptionOf(attribute)},
		} {
			if line[1] != "" {
				fmt.Fprintf(w, "%-11s%s\n", line[0], line[1])
			}
		}
		return nil
	}
	var rows [][]string
	for _, name := range e.attributes() {
		rows = append(rows, []string{name, e.typeOf(name), e.setBy(name), e.descriptionOf(name)})
	}
	return printTable(w, []string{"ATTRIBUTE", "TYPE", "SET BY", "WHAT IT IS"}, rows)
}

// first is an attribute where a request describes it, else as an answer does.
func (e *explanation) first(name string) schemaObject {
	for _, s := range []schemaObject{e.create, e.update, e.answer} {
		if a, ok := s.Properties[name]; ok {
			return a
		}
	}
	return schemaObject{}
}

func (e *explanation) typeOf(name string) string { return e.first(name).text() }

func (e *explanation) descriptionOf(name string) string {
	for _, s := range []schemaObject{e.answer, e.create, e.update} {
		if d := s.Properties[name].Description; d != "" {
			return d
		}
	}
	return ""
}

// setBy says which requests may give an attribute.
func (e *explanation) setBy(name string) string {
	var by []string
	if _, ok := e.create.Properties[name]; ok {
		word := "create"
		if slices.Contains(e.create.Required, name) {
			word = "create (required)"
		}
		by = append(by, word)
	}
	if _, ok := e.update.Properties[name]; ok {
		by = append(by, "update")
	}
	if len(by) == 0 {
		return "the daemon"
	}
	return strings.Join(by, ", ")
}

// text is what values of a schema are.
func (s schemaObject) text() string {
	var parts []string
	switch t := s.Type.(type) {
	case string:
		parts = append(parts, t)
	case []any:
		for _, one := range t {
			parts = append(parts, fmt.Sprint(one))
		}
	}
	for _, one := range s.AnyOf {
		parts = append(parts, one.text())
	}
	text := strings.Join(parts, " or ")
	if s.Items != nil {
		text = strings.Replace(text, "array", "list of "+s.Items.text(), 1)
	}
	if len(s.Enum) > 0 {
		var words []string
		for _, v := range s.Enum {
			words = append(words, fmt.Sprint(v))
		}
		text = strings.Join(words, " | ")
	}
	if s.Minimum != nil && s.Maximum != nil {
		text += fmt.Sprintf(" %s..%s", *s.Minimum, *s.Maximum)
	}
	return text
}
