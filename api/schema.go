package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

// schema is a JSON Schema (draft 2020-12), which OpenAPI 3.1 uses.
type schema map[string]any

// format is the form of a value: how one in a request is checked, what is
// accepted there, and how it is answered.
type format struct {
	// parse checks a JSON value and gives the canonical one. Its error becomes
	// the reason of a 400, unless it is a *model.Error already. Nil where the
	// value is only answered.
	parse   func(any) (any, error)
	request schema
	answer  schema
}

// shown is a format that is only answered.
func shown(f format) format { return format{answer: f.answer} }

// plainText is the schema of text.
func plainText() schema { return schema{"type": "string"} }

// either is the schema of a value that any of several accepts.
func either(schemas ...schema) schema { return schema{"anyOf": schemas} }

func null() schema { return schema{"type": "null"} }

// decimalText is a number written as a string.
func decimalText() schema { return schema{"type": "string", "pattern": "^-?[0-9]+$"} }

func integerSchema(low, high int64) schema {
	return schema{"type": "integer", "minimum": low, "maximum": high}
}

var (
	text    = format{parseString, schema{"type": "string", "maxLength": maxString}, plainText()}
	boolean = format{parseBool, either(schema{"type": "boolean"}, schema{"enum": []any{0, 1}},
		schema{"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|0|1)$"}), schema{"type": "boolean"}}
)

// schemaOf describes how values of a type are encoded.
func schemaOf[T any]() schema { return reflected(reflect.TypeFor[T]()) }

var (
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	rawMessage    = reflect.TypeFor[json.RawMessage]()
)

func reflected(t reflect.Type) schema {
	switch {
	case t == rawMessage:
		return schema{}
	case t.Implements(textMarshaler) || reflect.PointerTo(t).Implements(textMarshaler):
		return plainText()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return reflected(t.Elem())
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return plainText()
	case reflect.Slice:
		return schema{"type": []string{"array", "null"}, "items": reflected(t.Elem())}
	case reflect.Map:
		return schema{"type": []string{"object", "null"}, "additionalProperties": reflected(t.Elem())}
	case reflect.Struct:
		properties := map[string]schema{}
		required := reflectFields(t, properties, []string{})
		return schema{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
	}
	return schema{"type": "integer"}
}

// reflectFields adds a struct's fields and returns the names of those that are
// always there.
func reflectFields(t reflect.Type, properties map[string]schema, required []string) []string {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			required = reflectFields(f.Type, properties, required)
		case f.IsExported() && name != "-":
			always := !strings.Contains(options, "omit")
			if properties[name] = reflected(f.Type); always {
				required = append(required, name)
			}
			if always && f.Type.Kind() == reflect.Pointer {
				properties[name] = either(properties[name], null())
			}
		}
	}
	return required
}
