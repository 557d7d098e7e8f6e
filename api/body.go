package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"bordergw/model"
)

func decode(data []byte) (any, error) {
	var body any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if !utf8.Valid(data) || d.Decode(&body) != nil {
		return nil, errMalformedBody()
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errMalformedBody()
	}
	return body, nil
}

// object is a JSON object as decoded.
type object = map[string]any

// unwrap finds the object under the resource's name.
func unwrap(body any, name string) (object, error) {
	if falsy(body) {
		return nil, model.ErrBadRequest("Resource body required")
	}
	outer, ok := body.(object)
	if !ok {
		return nil, model.ErrBadRequest("Body contains invalid data")
	}
	switch inner := outer[name].(type) {
	case nil:
		return nil, model.ErrBadRequest("Unable to find '%s' in request body", name)
	case object:
		return inner, nil
	}
	return nil, model.ErrBadRequest("Object '%s' contains invalid data", name)
}

// check runs Neutron's checks on the object of a body, in Neutron's order:
// owner, unknown names, what may be given, then each value.
func (as attributes[T]) check(who Identity, in object, creating bool) (values, error) {
	if err := who.populateProject(in, creating); err != nil {
		return nil, err
	}
	if err := as.checkNames(in); err != nil {
		return nil, err
	}
	if err := as.checkPresence(in, creating); err != nil {
		return nil, err
	}
	return as.parseValues(in, creating)
}

// checkNames refuses names that the table lacks and replaces aliases.
func (as attributes[T]) checkNames(in object) error {
	known := map[string]bool{}
	for _, a := range as {
		known[a.name] = true
		for _, alias := range a.aliases {
			known[alias] = true
		}
		if err := foldAliases(in, a.name, a.aliases); err != nil {
			return err
		}
	}
	var unknown []string
	for name := range in {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return model.ErrBadRequest("Unrecognized attribute(s) '%s'", strings.Join(unknown, ", "))
}

// foldAliases moves what stands under an alias to the name. The same value
// under several spellings is accepted, as a number or as a string.
func foldAliases(in object, name string, aliases []string) error {
	for _, alias := range aliases {
		v, ok := in[alias]
		if !ok {
			continue
		}
		if w, both := in[name]; both && !same(v, w) {
			return model.ErrBadRequest("'%s' and '%s' do not match", alias, name)
		}
		in[name] = v
		delete(in, alias)
	}
	return nil
}

// same compares scalars by their text and lists item by item.
func same(a, b any) bool {
	x, xok := a.([]any)
	y, yok := b.([]any)
	if xok && yok {
		return slices.EqualFunc(x, y, same)
	}
	return xok == yok && printed(a) == printed(b)
}

func (as attributes[T]) checkPresence(in object, creating bool) error {
	for _, a := range as {
		_, present := in[a.name]
		switch {
		case creating && a.post && a.required && !present:
			return model.ErrBadRequest("Failed to parse request. Required attribute '%s' not specified", a.name)
		case creating && !a.post && present:
			return model.ErrBadRequest("Attribute '%s' not allowed in POST", a.name)
		case !creating && !a.put && present:
			return model.ErrBadRequest("Cannot update read-only attribute %s", a.name)
		}
	}
	return nil
}

func (as attributes[T]) parseValues(in object, creating bool) (values, error) {
	out := values{}
	for _, a := range as {
		v, present := in[a.name]
		if !present {
			if creating && a.fallback != nil {
				out[a.name] = a.fallback
			}
			continue
		}
		p, err := a.parse(v)
		if err != nil {
			return nil, inputError(a.name, err)
		}
		out[a.name] = p
	}
	return out, nil
}

// recheck parses what a POST of the record would have held.
func (as attributes[T]) recheck(v T) error {
	for _, a := range as {
		show := a.show
		if a.stored != nil {
			show = a.stored
		}
		if !a.post || show == nil {
			continue
		}
		value, err := asDecoded(show(v))
		if err != nil {
			return err
		}
		if falsy(value) && !a.required {
			continue
		}
		if _, err := a.parse(value); err != nil {
			return inputError(a.name, err)
		}
	}
	return nil
}

func inputError(name string, err error) error {
	var raised *model.Error
	if errors.As(err, &raised) {
		return raised
	}
	return model.ErrBadRequest("Invalid input for %s. Reason: %s.", name, strings.TrimSuffix(err.Error(), "."))
}
