package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"bordergw/model"
)

// maxInCell is the number of entries of a cell that a table shows unless it is wide.
const maxInCell = 4

// column is a column of a table, and of what is shown first of one object.
type column struct {
	// key is the attribute that it shows; empty if value makes it of several.
	key   string
	title string // key in capitals if empty
	// wide columns are shown with -o wide only, rare ones only if a row has a value there.
	wide, rare bool
	// value gives the entries in place of the attribute's text, detail those of one object
	// that is shown, a line each.
	value, detail func(object, *names) []string
}

// table is the columns of a kind of objects.
type table []column

// attributes are columns of attributes as they are.
func attributes(keys ...string) table {
	var out table
	for _, key := range keys {
		out = append(out, column{key: key})
	}
	return out
}

// wide are attributes that only -o wide shows.
func wide(keys ...string) table {
	out := attributes(keys...)
	for i := range out {
		out[i].wide = true
	}
	return out
}

// rare are attributes that are shown if a row has a value.
func rare(keys ...string) table {
	out := attributes(keys...)
	for i := range out {
		out[i].rare = true
	}
	return out
}

// nameColumn is the name of the objects of a kind, with the attribute that it is.
func nameColumn(word, key string) column {
	return column{key: key, value: func(o object, known *names) []string { return []string{known.of(word, o.text("id"))} }}
}

// nameOf is the name of another object, whose id is an attribute.
func nameOf(title, word, key string) column {
	return column{title: title, value: func(o object, known *names) []string { return []string{known.of(word, o.text(key))} }}
}

// reasonColumn says what keeps an object from being as it should.
func reasonColumn() column {
	return column{title: "REASON", value: func(o object, _ *names) []string {
		return []string{firstReason(o)}
	}}
}

// firstReason is that of the first condition that is not true.
func firstReason(o object) string {
	var reason string
	lines(o["conditions"], func(c model.Condition) string {
		if !c.True && reason == "" {
			reason = c.Reason
		}
		return ""
	})
	return reason
}

// name is the title of a column.
func (c column) name() string {
	return firstOf(c.title, strings.ToUpper(strings.TrimPrefix(c.key, "provider:")))
}

// entries are those of a cell.
func (c column) entries(o object, known *names) []string {
	if c.value != nil {
		return c.value(o, known)
	}
	return cell(c.key, o[c.key])
}

// details are the lines of one object that is shown.
func (c column) details(o object, known *names) []string {
	if c.detail != nil {
		return c.detail(o, known)
	}
	return cell(c.key, o[c.key])
}

// shown are the columns that a table of rows has.
func (t table) shown(all bool, rows []object) table {
	return slices.DeleteFunc(slices.Clone(t), func(c column) bool {
		empty := !slices.ContainsFunc(rows, func(o object) bool { return o.text(c.key) != "" || len(listOf[json.RawMessage](o[c.key])) > 0 })
		return c.wide && !all || c.rare && empty
	})
}

// keys are the attributes of which the columns are made, but for those that value reads.
func (t table) keys() (out []string) {
	for _, c := range t {
		if c.key != "" {
			out = append(out, c.key)
		}
	}
	return out
}

// listing is what a list shows.
type listing struct {
	// many is what an empty list has none of.
	many  string
	table table
	// refer asks for the names that the table shows; nil for none.
	refer func(context.Context, []object, *names) error
	// label is what -o name prints of a row; nil if rows have no name.
	label func(object, *names) string
}

func (l listing) print(w io.Writer, o output, rows []object, known *names) error {
	if o.form == "name" {
		for _, row := range rows {
			if _, err := fmt.Fprintln(w, model.Printable(l.label(row, known))); err != nil {
				return err
			}
		}
		return nil
	}
	all := o.form == "wide"
	columns := l.table.shown(all, rows)
	cells := make([][]string, len(rows))
	for n, row := range rows {
		for _, c := range columns {
			cells[n] = append(cells[n], inCell(c.entries(row, known), all))
		}
	}
	var titles []string
	for _, c := range columns {
		titles = append(titles, c.name())
	}
	return o.rows(w, titles, cells)
}

// rows prints rows below titles. Where there is no row, there is nothing.
func (o output) rows(w io.Writer, titles []string, rows [][]string) error {
	if o.noHeaders || len(rows) == 0 {
		titles = nil
	}
	return printTable(w, titles, rows)
}

// inCell joins the entries of a cell, but for those that are too many for a line.
func inCell(entries []string, all bool) string {
	if more := len(entries) - maxInCell; more > 0 && !all {
		return strings.Join(entries[:maxInCell], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(entries, ", ")
}

// printTable prints rows below titles, if there are any. An empty cell is "-", as in cell.
func printTable(w io.Writer, titles []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	if titles != nil {
		fmt.Fprintln(t, strings.Join(titles, "\t"))
	}
	for _, row := range rows {
		for i := range row {
			row[i] = firstOf(model.Printable(row[i]), "-")
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}
