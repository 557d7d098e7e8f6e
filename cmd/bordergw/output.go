package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"bordergw/model"
)

// errUnreadable is for an answer that has another form than that of bordergw.
var errUnreadable = errors.New("the answer is not the JSON that was expected: is it bordergw?")

// output is how a command prints resources.
type output struct {
	form      string
	noHeaders bool
}

// bind adds the flag of what prints objects that have names.
func (o *output) bind(fs *pflag.FlagSet) {
	o.bindForms(fs, "how to print the result: name is KIND/NAME, wide has ids and lesser columns", "table", "wide", "name", "json", "yaml")
}

// bindTable adds the flags of what prints a table of things without names.
func (o *output) bindTable(fs *pflag.FlagSet) {
	o.bindForms(fs, "how to print the result", "table", "wide", "json", "yaml")
	o.bindHeaders(fs)
}

func (o *output) bindHeaders(fs *pflag.FlagSet) {
	fs.BoolVar(&o.noHeaders, "no-headers", false, "print tables without their titles")
}

func (o *output) bindForms(fs *pflag.FlagSet, usage string, forms ...string) {
	o.form = forms[0]
	fs.VarP(oneOf(&o.form, forms...), "output", "o", usage)
}

// raw reports whether the API's own objects are printed.
func (o output) raw() bool { return o.form == "json" || o.form == "yaml" }

// list prints several objects. That there is none is said beside the output.
func (o output) list(c *cobra.Command, raw json.RawMessage, l listing, known *names) error {
	if o.raw() {
		return o.text(c.OutOrStdout(), raw)
	}
	var rows []object
	if err := json.Unmarshal(raw, &rows); err != nil {
		return errUnreadable
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(c.ErrOrStderr(), "no", l.many)
		return err
	}
	if l.refer != nil {
		if err := l.refer(c.Context(), rows, known); err != nil {
			return err
		}
	}
	return l.print(c.OutOrStdout(), o, rows, known)
}

// show prints one object; a table has a line for each attribute, the columns of lists first.
func (o output) show(c *cobra.Command, raw json.RawMessage, n noun, known *names) error {
	if o.raw() {
		return o.text(c.OutOrStdout(), raw)
	}
	var row object
	if err := json.Unmarshal(raw, &row); err != nil {
		return errUnreadable
	}
	if err := n.referOne(c.Context(), row, known); err != nil {
		return err
	}
	if o.form == "name" {
		_, err := fmt.Fprintln(c.OutOrStdout(), model.Printable(n.label(row, known)))
		return err
	}
	return n.print(c.OutOrStdout(), row, known)
}

// print prints a line for each entry of the columns and of the attributes, but of those that are left out.
func (n noun) print(w io.Writer, row object, known *names, leftOut ...string) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	line := func(name string, entries []string) {
		for _, entry := range entries {
			fmt.Fprintf(t, "%s\t%s\n", model.Printable(name), firstOf(model.Printable(entry), "-"))
			name = ""
		}
	}
	shown := map[string]bool{}
	for _, c := range n.table {
		_, there := row[c.key]
		switch {
		case c.wide || c.rare || shown[c.key] || c.key != "" && !there:
		case c.key == "":
			line(strings.ToLower(c.title), c.entries(row, known))
		default:
			shown[c.key] = true
			line(c.key, c.details(row, known))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(row)) {
		if !shown[key] && !slices.Contains(leftOut, key) {
			line(key, cell(key, row[key]))
		}
	}
	return t.Flush()
}

// text prints JSON as it came, or as YAML.
func (o output) text(w io.Writer, raw json.RawMessage) error {
	var err error
	var text []byte
	if o.form == "yaml" {
		text, err = toYAML(raw)
	} else {
		var b bytes.Buffer
		err = json.Indent(&b, bytes.TrimSpace(raw), "", "  ")
		b.WriteByte('\n')
		text = b.Bytes()
	}
	if err != nil {
		return errUnreadable
	}
	_, err = w.Write(text)
	return err
}

func toYAML(raw json.RawMessage) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := document.Encode(withNumbers(v)); err != nil {
		return nil, err
	}
	quoteHidden(&document)
	return yaml.Marshal(&document)
}

// quoteHidden has texts that are escaped on their way out stand in double
// quotes, the only place where YAML knows escapes.
func quoteHidden(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && model.PrintableLines(n.Value) != n.Value {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, below := range n.Content {
		quoteHidden(below)
	}
}

// withNumbers turns json.Number, which YAML would quote, into numbers.
func withNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = withNumbers(v[key])
		}
	case []any:
		for i := range v {
			v[i] = withNumbers(v[i])
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

// cell renders a value for people, as at least one line. An empty one is "-", so
// that scripts can count columns.
func cell(key string, raw json.RawMessage) []string {
	lines := special(key, raw)
	if lines == nil {
		lines = []string{plain(raw)}
	}
	for i, line := range lines {
		lines[i] = firstOf(model.Printable(line), "-")
	}
	return lines
}

// special renders the attributes that are lists of objects; nil is none of
// them.
func special(key string, raw json.RawMessage) []string {
	switch key {
	case "devices":
		return lines(raw, deviceSpec.String)
	case "remote_mac_entries":
		return lines(raw, func(m macEntry) string {
			return fmt.Sprintf("%s at %s, VNI %d", m.MAC, m.VTEP, m.VNI)
		})
	case "conditions":
		return lines(raw, conditionText)
	}
	return nil
}

type macEntry struct {
	MAC  string `json:"mac_address"`
	VTEP string `json:"vtep_address"`
	VNI  uint32 `json:"segmentation_id"`
}

func conditionText(c model.Condition) string {
	state := "no"
	if c.True {
		state = "yes"
	}
	s := c.Type + ": " + state
	if c.Reason != "" {
		s += ", " + c.Reason
	}
	if c.Message != "" {
		s += ": " + c.Message
	}
	return s
}

func lines[T any](raw json.RawMessage, text func(T) string) []string {
	var list []T
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var out []string
	for _, e := range list {
		out = append(out, text(e))
	}
	return out
}

// plain renders strings, numbers, lists of strings, and the rest as JSON.
func plain(raw json.RawMessage) string {
	var s *string
	var list []string
	switch {
	case len(raw) == 0:
		return ""
	case json.Unmarshal(raw, &s) == nil:
		if s == nil {
			return ""
		}
		return *s
	case json.Unmarshal(raw, &list) == nil:
		return strings.Join(list, ",")
	}
	return string(raw)
}
