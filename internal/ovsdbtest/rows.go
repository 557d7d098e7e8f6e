package ovsdbtest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Rows returns the rows of a table, in an order that depends on their content
// only. Without columns it returns all of them except _uuid and _version.
//
// A set column (one that may hold several values) is a sorted []any even with
// one value; an optional value is the value, or an empty []any; a map is a
// map[string]any; a UUID is its text; an integer is a json.Number.
func (s *Server) Rows(table string, columns ...string) []map[string]any {
	s.t.Helper()
	rows, err := s.TryRows(table, columns...)
	if err != nil {
		s.t.Fatalf("ovsdbtest: rows of %s: %v", table, err)
	}
	return rows
}

// TryRows is Rows of a server that may have been stopped. It still fails the test
// for a table that the schema does not have.
func (s *Server) TryRows(table string, columns ...string) ([]map[string]any, error) {
	s.t.Helper()
	if _, ok := s.schema.Tables[table]; !ok {
		s.t.Fatalf("ovsdbtest: no table %s in schema %s", table, s.schema.Version)
	}
	if len(columns) == 0 {
		columns = slices.Sorted(maps.Keys(s.schema.Tables[table].Columns))
	}
	op := mustText([]any{map[string]any{"op": "select", "table": table, "where": []any{}, "columns": columns}})
	results, err := s.transact(op)
	if err != nil {
		return nil, err
	}
	var result struct{ Rows []map[string]any }
	d := json.NewDecoder(bytes.NewReader(results[0]))
	d.UseNumber()
	if err := d.Decode(&result); err != nil {
		return nil, err
	}
	rows := result.Rows
	for _, row := range rows {
		for name, value := range row {
			row[name] = s.plain(table, name, value)
		}
	}
	sortByText(rows)
	return rows, nil
}

// Dump prints tables (all of them by default) one row a line, UUIDs included.
// Equal dumps mean equal content.
func (s *Server) Dump(tables ...string) string {
	s.t.Helper()
	if len(tables) == 0 {
		tables = slices.Sorted(maps.Keys(s.schema.Tables))
	}
	var b strings.Builder
	for _, t := range tables {
		columns := append(slices.Sorted(maps.Keys(s.schema.Tables[t].Columns)), "_uuid")
		for _, row := range s.Rows(t, columns...) {
			fmt.Fprintf(&b, "%s %s\n", t, mustText(row))
		}
	}
	return b.String()
}

// Transactions is the number of records in the database file: it grows by one
// with every transaction that changed a persistent column, and stays the same
// when nothing was written.
func (s *Server) Transactions() int { return len(s.Log()) }

// Log is the records of the database file, the oldest first.
func (s *Server) Log() []string {
	s.t.Helper()
	text, err := os.ReadFile(s.dbFile())
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Split("\n"+string(text), "\nOVSDB JSON ")[1:]
}

// plain turns the notation of RFC 7047, section 5.1, into plain Go values.
func (s *Server) plain(table, column string, v any) any {
	value := plainValue(v)
	if _, ok := value.([]any); !ok && isSet(s.schema.Tables[table].Columns[column].Type) {
		return []any{value}
	}
	return value
}

func plainValue(v any) any {
	pair, ok := v.([]any)
	if !ok || len(pair) != 2 {
		return v
	}
	members, _ := pair[1].([]any)
	switch pair[0] {
	case "set":
		set := make([]any, 0, len(members))
		for _, m := range members {
			set = append(set, plainValue(m))
		}
		sortByText(set)
		return set
	case "map":
		m := make(map[string]any, len(members))
		for _, entry := range members {
			if kv, ok := entry.([]any); ok && len(kv) == 2 {
				m[fmt.Sprint(plainValue(kv[0]))] = plainValue(kv[1])
			}
		}
		return m
	}
	return pair[1] // "uuid"
}

func isSet(columnType json.RawMessage) bool {
	var t struct{ Value, Max any }
	if json.Unmarshal(columnType, &t) != nil {
		return false // a base type by its name
	}
	return t.Value == nil && t.Max != nil && t.Max != 1.0
}

// sortByText makes the text of each item once: there may be thousands of rows.
func sortByText[T any](items []T) {
	type keyed struct {
		text string
		item T
	}
	all := make([]keyed, len(items))
	for i, item := range items {
		all[i] = keyed{mustText(item), item}
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Compare(a.text, b.text) })
	for i := range all {
		items[i] = all[i].item
	}
}

// mustText is the JSON of a decoded JSON value, which always encodes.
func mustText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
