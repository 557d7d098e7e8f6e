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

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"bordergw/model"
)

// errUnreadable is for an answer that has another form than that of bordergw.
var errUnreadable = errors.New("the answer is not the JSON that was expected: is it bordergw?")

// output is how a command prints resources.
type output struct{ form string }

func (o *output) bind(fs *pflag.FlagSet) {
	o.form = "table"
	fs.VarP(oneOf(&o.form, "table", "json", "yaml"), "output", "o", "how to print the result")
}

// list prints several resources; a table has the given columns, and those of extra of
// which some resource has a value.
func (o output) list(w io.Writer, raw json.RawMessage, columns []string, extra ...string) error {
	if o.form != "table" {
		return o.text(w, raw)
	}
	var rows []object
	if err := json.Unmarshal(raw, &rows); err != nil {
		return errUnreadable
	}
	for _, key := range extra {
		if slices.ContainsFunc(rows, func(row object) bool { return row.text(key) != "" }) {
			columns = append(slices.Clone(columns), key)
		}
	}
	titles := make([]string, len(columns))
	for i, key := range columns {
		titles[i] = strings.ToUpper(strings.TrimPrefix(key, "provider:"))
	}
	cells := make([][]string, len(rows))
	for n, row := range rows {
		for _, key := range columns {
			cells[n] = append(cells[n], strings.Join(cell(key, row[key]), " "))
		}
	}
	return printTable(w, titles, cells)
}

// printTable prints rows below titles. An empty cell is "-", as in cell.
func printTable(w io.Writer, titles []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, strings.Join(titles, "\t"))
	for _, row := range rows {
		for i := range row {
			row[i] = firstOf(model.Printable(row[i]), "-")
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

// show prints one resource; a table has a line for each attribute, those of
// first before the others.
func (o output) show(w io.Writer, raw json.RawMessage, first []string) error {
	if o.form != "table" {
		return o.text(w, raw)
	}
	var row object
	if err := json.Unmarshal(raw, &row); err != nil {
		return errUnreadable
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, key := range orderedKeys(row, first) {
		name := key
		for _, line := range cell(key, row[key]) {
			fmt.Fprintf(t, "%s\t%s\n", model.Printable(name), line)
			name = ""
		}
	}
	return t.Flush()
}

func orderedKeys(row object, first []string) []string {
	var keys []string
	for _, key := range first {
		if _, ok := row[key]; ok {
			keys = append(keys, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains(first, key) {
			keys = append(keys, key)
		}
	}
	return keys
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
	case "pending":
		return lines(raw, releasedOn)
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
