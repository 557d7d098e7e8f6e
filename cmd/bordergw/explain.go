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
		Use: "explain [KIND[.ATTRIBUTE]]", Short: "Say what the attributes of a kind of objects mean, or which kinds there are; needs no daemon", Args: cobra.MaximumNArgs(1),
		Example: "  bordergw explain\n  bordergw explain gateway\n  bordergw explain device.border_mode",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return explainKinds(c.OutOrStdout())
			}
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

// explainKinds lists what can be explained.
func explainKinds(w io.Writer) error {
	var rows [][]string
	for _, n := range nouns() {
		if n.parent == nil {
			rows = append(rows, []string{n.word, strings.Join(append([]string{n.plural()}, n.aliases...), ", "), n.one})
		}
	}
	return printTable(w, []string{"KIND", "ALSO", "IN THE API"}, rows)
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
	MaxItems    *json.Number            `json:"maxItems"`
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
			return usagef("a %s has no attribute %q%s", e.noun.word, attribute, e.hint(attribute))
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

// hint says which attribute may have been meant. A flag may have another name than the attribute that it gives.
func (e *explanation) hint(name string) string {
	for _, a := range slices.Concat(e.noun.creates, e.noun.updates) {
		if flag := string(canonicalFlag(nil, name)); a.flag == flag && a.key != name {
			return fmt.Sprintf(": --%s gives %s.%s", name, e.noun.word, a.key)
		}
	}
	return didYouMean(name, e.attributes())
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

// text is what values of a schema are. Further spellings that the API takes for a value are left out: "1" for 1, 0 for false.
func (s schemaObject) text() string {
	if len(s.Enum) > 0 {
		return s.words()
	}
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
		if text := one.text(); text != "" && !slices.Contains(parts, text) && !s.spells(one) {
			parts = append(parts, text)
		}
	}
	text := strings.Join(parts, " or ")
	if s.Items != nil {
		text = strings.Replace(text, "array", "list of "+s.Items.text(), 1)
	}
	if s.Minimum != nil && s.Maximum != nil {
		text += fmt.Sprintf(" %s..%s", *s.Minimum, *s.Maximum)
	}
	return text
}

// words are the values of an enumeration. One that has null among others is that of an attribute that says nothing.
func (s schemaObject) words() string {
	var words []string
	for _, v := range s.Enum {
		if v == nil {
			return "nothing"
		}
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, " | ")
}

// spells reports whether an alternative only spells the values of another one in its own way.
func (s schemaObject) spells(one schemaObject) bool {
	plain := slices.ContainsFunc(s.AnyOf, func(a schemaObject) bool { return a.Type == "boolean" || a.Type == "integer" || a.without() })
	numbers := len(one.Enum) > 0 && !slices.ContainsFunc(one.Enum, func(v any) bool { _, is := v.(float64); return !is })
	return plain && (one.Pattern != "" || numbers || one.MaxItems != nil || one.Type == "object")
}

// without reports whether a schema takes nothing but what stands for nothing.
func (s schemaObject) without() bool { return slices.Contains(s.Enum, nil) }
