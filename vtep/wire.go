package vtep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Values of RFC 7047 section 5.1 are decoded into the generated row structs by
// their `ovsdb` tags. This is for the small tables; the MAC tables have their
// own decoder (mactable.go).

var errWire = errors.New("value does not fit its column")

// decodeColumns fills the tagged fields of *row for the columns in raw. With
// diff, sets and maps hold the difference to what the field has (update2 in
// ovsdb-server(7)); scalars and optional scalars are always the new value.
func decodeColumns(raw json.RawMessage, row any, diff bool) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var columns map[string]any
	if err := dec.Decode(&columns); err != nil {
		return fmt.Errorf("row is not an object: %w", err)
	}
	v := reflect.ValueOf(row).Elem()
	for _, f := range columnFields(v.Type()) {
		value, ok := columns[f.column]
		if !ok {
			continue
		}
		if err := decodeField(v.Field(f.index).Addr().Interface(), value, diff); err != nil {
			return fmt.Errorf("column %s: %w", f.column, err)
		}
	}
	return nil
}

type columnField struct {
	column string
	index  int
}

var fieldCache sync.Map // reflect.Type -> []columnField

// columnFields lists the tagged fields of a row struct, without _uuid.
func columnFields(t reflect.Type) []columnField {
	if c, ok := fieldCache.Load(t); ok {
		return c.([]columnField)
	}
	var out []columnField
	for i := range t.NumField() {
		if c := t.Field(i).Tag.Get("ovsdb"); c != "" && c != "_uuid" {
			out = append(out, columnField{column: c, index: i})
		}
	}
	fieldCache.Store(t, out)
	return out
}

func decodeField(field, value any, diff bool) (err error) {
	switch f := field.(type) {
	case *string:
		*f, err = atomString(value)
	case *int:
		*f, err = atomInt(value)
	case **int:
		*f, err = optional(value, atomInt)
	case **string:
		*f, err = optional(value, atomString)
	case *[]string:
		*f, err = decodeSet(*f, value, diff)
	case *map[int]string:
		*f, err = decodeMap(*f, value, diff, atomInt)
	case *map[string]string:
		*f, err = decodeMap(*f, value, diff, atomString)
	default:
		err = fmt.Errorf("unsupported field type %T", field)
	}
	return err
}

// atomString accepts a string or a uuid.
func atomString(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case []any:
		if len(v) == 2 && v[0] == "uuid" {
			if s, ok := v[1].(string); ok {
				return s, nil
			}
		}
	}
	return "", errWire
}

// atomInt accepts an integer. One that does not fit an int saturates, as a
// foreign row may hold anything.
func atomInt(v any) (int, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, errWire
	}
	i, err := n.Int64()
	if err != nil && strings.ContainsAny(n.String(), ".eE") {
		return 0, errWire
	}
	return int(i), nil
}

// setElements lists the members of a set, which may be a bare atom.
func setElements(v any) ([]any, error) {
	if l, ok := v.([]any); ok && len(l) == 2 && l[0] == "set" {
		members, ok := l[1].([]any)
		if !ok {
			return nil, errWire
		}
		return members, nil
	}
	return []any{v}, nil
}

func optional[T any](v any, atom func(any) (T, error)) (*T, error) {
	members, err := setElements(v)
	if err != nil || len(members) > 1 {
		return nil, errWire
	}
	if len(members) == 0 {
		return nil, nil
	}
	t, err := atom(members[0])
	if err != nil {
		return nil, err
	}
	return &t, nil
}

func decodeSet(have []string, v any, diff bool) ([]string, error) {
	members, err := setElements(v)
	if err != nil {
		return nil, err
	}
	var out []string
	if diff {
		out = slices.Clone(have)
	}
	for _, m := range members {
		s, err := atomString(m)
		if err != nil {
			return nil, err
		}
		if i := slices.Index(out, s); diff && i >= 0 {
			out = slices.Delete(out, i, i+1)
		} else {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out, nil
}

// decodeMap with diff follows ovsdb-server(7): a pair that stands is taken
// away, any other pair is added or replaces the value of its key.
func decodeMap[K comparable](have map[K]string, v any, diff bool, key func(any) (K, error)) (map[K]string, error) {
	l, ok := v.([]any)
	if !ok || len(l) != 2 || l[0] != "map" {
		return nil, errWire
	}
	pairs, ok := l[1].([]any)
	if !ok {
		return nil, errWire
	}
	out := make(map[K]string, len(pairs))
	if diff {
		for k, s := range have {
			out[k] = s
		}
	}
	for _, p := range pairs {
		kv, ok := p.([]any)
		if !ok || len(kv) != 2 {
			return nil, errWire
		}
		k, err := key(kv[0])
		if err != nil {
			return nil, err
		}
		s, err := atomString(kv[1])
		if err != nil {
			return nil, err
		}
		if old, ok := out[k]; diff && ok && old == s {
			delete(out, k)
		} else {
			out[k] = s
		}
	}
	return out, nil
}
