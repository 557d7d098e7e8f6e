package model

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// Comparison is what an update has done to a JSON object.
type Comparison struct {
	// Before and After are what differs, for people: members that are equal are left out. Of lists,
	// only elements that the other one lacks stay; an object in a list is compared with the one of
	// the same id, else of the same name, and keeps both. Of lists that only differ in their order
	// nothing is left.
	Before, After json.RawMessage
	// Undo makes of the object what it was, see Undone.
	Undo json.RawMessage
}

// Compare compares a JSON object before and after an update, so that the record of a change is as
// large as the change. Some members have no undo. Anything but two objects is returned as it is.
func Compare(before, after json.RawMessage, but ...string) (c Comparison, err error) {
	var a, b any
	if err := decodeNumbers(before, &a); err != nil {
		return c, err
	}
	if err := decodeNumbers(after, &b); err != nil {
		return c, err
	}
	x, isObject := a.(map[string]any)
	y, both := b.(map[string]any)
	if !isObject || !both {
		return Comparison{Before: before, After: after}, nil
	}
	was, is := objectDifferences(x, y)
	c.Before, err = json.Marshal(was)
	if err == nil {
		c.After, err = json.Marshal(is)
	}
	if err == nil {
		c.Undo, err = json.Marshal(undoMembers(only(x, was, is), only(y, was, is), but))
	}
	return c, err
}

// only are the members of an object that one of two others has.
func only(of, a, b map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range of {
		_, inA := a[name]
		_, inB := b[name]
		if inA || inB {
			out[name] = v
		}
	}
	return out
}

func decodeNumbers(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

// differences is called with two values that are not equal.
func differences(a, b any) (any, any) {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			return objectDifferences(x, y)
		}
	case []any:
		if y, ok := b.([]any); ok {
			return listDifferences(x, y)
		}
	}
	return a, b
}

func objectDifferences(a, b map[string]any) (x, y map[string]any) {
	x, y = maps.Clone(a), maps.Clone(b)
	for name, v := range a {
		w, both := b[name]
		switch {
		case !both:
		case reflect.DeepEqual(v, w):
			delete(x, name)
			delete(y, name)
		default:
			x[name], y[name] = differences(v, w)
		}
	}
	return x, y
}

// listDifferences gives each list without what stands in the other, in order.
func listDifferences(a, b []any) (x, y []any) {
	x, y = []any{}, []any{}
	others := map[string][]any{} // what of b has not met its like, by key
	for _, w := range b {
		k := elementKey(w)
		others[k] = append(others[k], w)
	}
	changed := map[string][]any{} // what is left of elements of b that were met
	for _, v := range a {
		k := elementKey(v)
		if len(others[k]) == 0 {
			x = append(x, v)
			continue
		}
		w := others[k][0]
		others[k] = others[k][1:]
		if reflect.DeepEqual(v, w) {
			changed[k] = append(changed[k], nil)
			continue
		}
		was, is := named(v, w)
		x, changed[k] = append(x, was), append(changed[k], is)
	}
	for _, w := range b {
		k := elementKey(w)
		left := w
		if len(changed[k]) > 0 {
			left, changed[k] = changed[k][0], changed[k][1:]
		}
		if left != nil {
			y = append(y, left)
		}
	}
	return x, y
}

// identities are the members that identify objects of a list, best first.
var identities = []string{"id", "name", "device_name"}

// elementKey is equal for elements that are compared with each other: the
// identity of an object, the value of anything else.
func elementKey(v any) string {
	if object, ok := v.(map[string]any); ok {
		for _, name := range identities {
			if id, ok := object[name].(string); ok && id != "" {
				return name + "=" + id
			}
		}
	}
	text, _ := json.Marshal(v) // was decoded from JSON
	return "value=" + string(text)
}

// named are the differences of two objects of a list, with what identifies the object.
func named(a, b any) (any, any) {
	x, y := differences(a, b)
	for i, reduced := range []any{x, y} {
		whole := []any{a, b}[i].(map[string]any)
		for name, v := range whole {
			if slices.Contains(identities, name) {
				reduced.(map[string]any)[name] = v
			}
		}
	}
	return x, y
}
