// Command apidoc writes openapi.json and api-reference.md into a directory.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bordergw/api"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: apidoc DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "apidoc:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	text, err := api.OpenAPI()
	if err != nil {
		return err
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "openapi.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "api-reference.md"), d.render(), 0o644)
}

// document is what the reference shows of the description.
type document struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	Summary    string
	Responses  map[string]json.RawMessage
	Parameters []struct{ Name, Description string }
}

type schema struct {
	Type                 any
	Const                any
	Enum                 []any
	AnyOf                []schema
	Items                *schema
	Properties           map[string]schema
	AdditionalProperties any
	Required             []string
	Format, Pattern      string
	Description          string
	Default              any
	Minimum, Maximum     *float64
}

func (d *document) render() []byte {
	var b bytes.Buffer
	b.WriteString("<!-- Made by go generate from the tables of package api; do not edit. -->\n# API reference\n\n" +
		"The same as an OpenAPI 3.1 document: [openapi.json](openapi.json), served at `/openapi.json`. " +
		"[api.md](api.md) says what the attributes mean and what differs from upstream.\n\n## Paths\n\n| request | | answer | query |\n|---|---|---|---|\n")
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range []string{"get", "post", "put", "delete"} {
			if raw, ok := d.Paths[path][method]; ok {
				renderOperation(&b, strings.ToUpper(method)+" "+path, raw)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		if s := d.Components.Schemas[name]; name != "NeutronError" && !strings.HasSuffix(name, "_create") && !strings.HasSuffix(name, "_update") {
			d.renderResource(&b, name, s)
		}
	}
	return b.Bytes()
}

func renderOperation(b *bytes.Buffer, request string, raw json.RawMessage) {
	var op operation
	if json.Unmarshal(raw, &op) != nil {
		return
	}
	var status, parameters []string
	for code := range maps.Keys(op.Responses) {
		if strings.HasPrefix(code, "2") {
			status = append(status, code)
		}
	}
	for _, p := range op.Parameters {
		parameters = append(parameters, "`"+p.Name+"`")
	}
	fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", request, op.Summary, strings.Join(status, ", "), strings.Join(parameters, " "))
}

func (d *document) renderResource(b *bytes.Buffer, name string, answer schema) {
	post, put := d.Components.Schemas[name+"_create"], d.Components.Schemas[name+"_update"]
	fmt.Fprintf(b, "\n## %s\n\n| attribute | answer | POST | PUT | default | |\n|---|---|---|---|---|---|\n", name)
	all := maps.Clone(answer.Properties)
	for _, s := range []schema{post, put} {
		for key, p := range s.Properties {
			if _, ok := all[key]; !ok {
				all[key] = schema{Description: p.Description}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		given := post.Properties[key].text()
		if slices.Contains(post.Required, key) {
			given += ", required"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", key, answer.Properties[key].text(), given,
			put.Properties[key].text(), literal(post.Properties[key].Default), all[key].Description)
	}
}

// text describes a value in a few words; nothing at all is "-".
func (s schema) text() string {
	switch {
	case len(s.AnyOf) > 0:
		var parts []string
		for _, a := range s.AnyOf {
			if t := a.text(); !slices.Contains(parts, t) {
				parts = append(parts, t)
			}
		}
		return strings.Join(parts, " or ")
	case s.Const != nil:
		return literal(s.Const)
	case len(s.Enum) > 0:
		var words []string
		for _, e := range s.Enum {
			words = append(words, literal(e))
		}
		return strings.Join(words, ", ")
	case s.Items != nil:
		return "list of " + s.Items.text()
	case s.Properties != nil:
		return "{" + strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", ") + "}"
	case s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("%.0f..%.0f", *s.Minimum, *s.Maximum)
	case s.Format != "":
		return s.Format
	case s.Pattern == "^-?[0-9]+$":
		return "decimal text"
	case s.Type == nil:
		return "-"
	}
	return fmt.Sprint(s.Type)
}

func literal(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return "`" + string(text) + "`"
}
