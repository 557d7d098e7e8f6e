package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"bordergw/model"
)

// readBody reads a JSON body of at most limit bytes. An empty one is nil.
func (c *call) readBody(limit int64) (any, error) {
	data, err := c.readBytes(limit)
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0 && c.r.Method == http.MethodPut:
		return nil, &model.Error{Kind: model.Invalid, Type: "BadRequest",
			Message: "Bad body request: Invalid format: b''."}
	case len(data) == 0:
		return nil, nil
	}
	return decode(data)
}

// readBytes reads a body of at most limit bytes. One that is longer than MaxBody needs a
// slot for large ones, which it has until the request is answered.
func (c *call) readBytes(limit int64) ([]byte, error) {
	body := countedBody{c, http.MaxBytesReader(c.w, c.r.Body, limit)}
	data, err := io.ReadAll(io.LimitReader(body, c.cfg.MaxBody+1))
	if err == nil && int64(len(data)) > c.cfg.MaxBody {
		if err := c.takeLarge(); err != nil {
			return nil, err
		}
		var rest []byte
		rest, err = io.ReadAll(body)
		data = append(data, rest...)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errBodies):
		return nil, errBodies
	case errors.As(err, &tooLarge):
		return nil, errTooLarge(tooLarge.Limit)
	case err != nil:
		return nil, model.ErrBadRequest("Resource body could not be read")
	}
	return data, nil
}

// errBodies refuses a request whose body is one too many.
var errBodies = errBusy("The requests in progress have too much in their bodies. Try again in a second.")

// countedBody counts what is read against what all requests may have.
type countedBody struct {
	call *call
	io.Reader
}

func (b countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.call.taken += int64(n)
	if b.call.bodies.Add(int64(n)) > b.call.cfg.MaxBodies {
		return 0, errBodies
	}
	return n, err
}

// maxLargeBodies bounds the requests with large bodies in progress: decoded, one may take
// twenty times its size.
const maxLargeBodies = 2

// takeLarge takes a slot that answer gives back, or refuses the request.
func (c *call) takeLarge() error {
	if c.large {
		return nil
	}
	select {
	case c.largeSlots <- struct{}{}:
		c.large = true
		return nil
	default:
		return errBusy("Too many large requests are in progress. Try again in a second.")
	}
}

func (c *call) giveLarge() {
	if c.large {
		<-c.largeSlots
	}
}

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
func (r *resource[T]) check(c *call, in object) (values, error) {
	creating := c.r.Method == http.MethodPost
	if err := c.populateProject(in, creating); err != nil {
		return nil, err
	}
	if err := r.checkNames(in); err != nil {
		return nil, err
	}
	if err := r.checkPresence(in, creating); err != nil {
		return nil, err
	}
	return r.parseValues(in, creating)
}

// populateProject makes tenant_id and project_id one and fills in the caller's.
func (c *call) populateProject(in object, creating bool) error {
	tenant, hasTenant := in["tenant_id"]
	project, hasProject := in["project_id"]
	switch {
	case hasTenant && hasProject && !same(tenant, project):
		return model.ErrBadRequest("'project_id' and 'tenant_id' do not match")
	case !hasTenant && !hasProject && !creating:
		return nil
	case !hasTenant && !hasProject && c.who.Project == "":
		return model.ErrBadRequest("Running without keystone AuthN requires that tenant_id is specified")
	case !hasTenant && !hasProject:
		project = c.who.Project
	case !hasProject:
		project = tenant
	}
	if !c.who.admin() && project != any(c.who.Project) {
		return model.ErrBadRequest("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges")
	}
	if creating {
		in["tenant_id"], in["project_id"] = project, project
	}
	return nil
}

// checkNames refuses names that the table lacks and replaces aliases.
func (r *resource[T]) checkNames(in object) error {
	known := map[string]bool{}
	for _, a := range r.attrs {
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

func (r *resource[T]) checkPresence(in object, creating bool) error {
	for _, a := range r.attrs {
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

func (r *resource[T]) parseValues(in object, creating bool) (values, error) {
	out := values{}
	for _, a := range r.attrs {
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

func inputError(name string, err error) error {
	var raised *model.Error
	if errors.As(err, &raised) {
		return raised
	}
	return model.ErrBadRequest("Invalid input for %s. Reason: %s.", name, strings.TrimSuffix(err.Error(), "."))
}
