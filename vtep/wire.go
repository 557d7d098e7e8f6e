package vtep

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"bordergw/vtep/ovsdb"
)

// Values of RFC 7047 section 5.1 are decoded into the generated row structs by
// their `ovsdb` tags. This is for the small tables; the MAC tables have their
// own decoder (mactable.go).

var errWire = errors.New("value does not fit its column")

// decodeColumns fills the tagged fields of *row for the columns in raw. With
// diff, sets and maps hold the difference to what the field has (update2 in
// ovsdb-server(7)); scalars and optional scalars are always the new value.
func decodeColumns(raw json.RawMessage, row any, diff bool) error {
	v := reflect.ValueOf(row).Elem()
	fields := columnFields(v.Type())
	return ovsdb.EachColumn(raw, func(column, value []byte) error {
		for _, f := range fields {
			if f.column == string(column) {
				return decodeField(v.Field(f.index).Addr().Interface(), value, diff)
			}
		}
		return nil
	})
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

func decodeField(field any, value []byte, diff bool) (err error) {
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
func atomString(value []byte) (string, error) {
	if len(value) > 0 && value[0] == '[' {
		if id, ok := ovsdb.ReadRef(value); ok {
			return id.String(), nil
		}
	} else if text, ok := ovsdb.ReadString(value); ok {
		return string(text), nil
	}
	return "", errWire
}

func atomInt(value []byte) (int, error) {
	n, ok := ovsdb.ReadInt(value)
	if !ok {
		return 0, errWire
	}
	return int(n), nil
}

func optional[T any](value []byte, atom func([]byte) (T, error)) (out *T, err error) {
	err = ovsdb.EachMember(value, func(member []byte) error {
		if out != nil {
			return errWire
		}
		t, err := atom(member)
		out = &t
		return err
	})
	return out, err
}

// decodeSet with diff follows ovsdb-server(7): a member that stands is taken away, any
// other is added. A set may be long, so that no member is looked for in all others.
func decodeSet(have []string, value []byte, diff bool) ([]string, error) {
	var members []string
	err := ovsdb.EachMember(value, func(member []byte) error {
		s, err := atomString(member)
		members = append(members, s)
		return err
	})
	if diff {
		members = toggled(have, members)
	}
	slices.Sort(members)
	return members, err
}

func toggled(have, diff []string) []string {
	set := make(map[string]struct{}, len(have))
	for _, s := range have {
		set[s] = struct{}{}
	}
	for _, s := range diff {
		if _, stands := set[s]; stands {
			delete(set, s)
		} else {
			set[s] = struct{}{}
		}
	}
	return slices.Collect(maps.Keys(set))
}

// decodeMap with diff follows ovsdb-server(7): a pair that stands is taken
// away, any other pair is added or replaces the value of its key.
func decodeMap[K comparable](have map[K]string, value []byte, diff bool, key func([]byte) (K, error)) (map[K]string, error) {
	out := map[K]string{}
	if diff && have != nil {
		out = maps.Clone(have)
	}
	return out, ovsdb.EachPair(value, func(name, value []byte) error {
		k, err := key(name)
		if err != nil {
			return err
		}
		s, err := atomString(value)
		if old, ok := out[k]; diff && ok && old == s {
			delete(out, k)
		} else {
			out[k] = s
		}
		return err
	})
}
