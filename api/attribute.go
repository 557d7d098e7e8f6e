package api

import (
	"regexp"
	"strings"

	"bordergw/model"
)

// record is what a resource's items are: pointers to stored records, or views
// that add a status to one.
type record interface {
	Meta() *model.Record
}

// attribute is one row of a resource's table.
type attribute[T record] struct {
	name string
	// aliases are spellings accepted in a body.
	aliases []string
	// post and put allow the attribute in a body.
	post, put bool
	// required in a POST.
	required bool
	// format has a parse where post or put is set.
	format
	// fallback is the canonical value when a POST lacks the attribute; nil
	// stands for the type's zero value.
	fallback any
	// show renders the attribute; nil hides it.
	show func(T) any
	// echo renders it in the answer to a POST where that differs.
	echo func(T) any
	// stored gives what a POST of the record would have held, where show does
	// not.
	stored func(T) any
	// omitEmpty leaves it out of answers where it is "" or an empty list: upstream's answers stay as
	// they are.
	omitEmpty bool
	// filter and sort allow it in the query of a list.
	filter, sort bool
	// adminWrite lets only administrators give it, adminRead only them see it.
	adminWrite, adminRead bool
	// doc is for the reference.
	doc string
}

// attributes are a resource's table: what a body may hold, what is answered, filtered
// and sorted by, and what the description says of it.
type attributes[T record] []attribute[T]

// shownTo reports whether somebody sees the attribute.
func (a attribute[T]) shownTo(who Identity) bool {
	return a.show != nil && (who.admin() || !a.adminRead)
}

// values are a body's attributes after checking, in canonical form.
type values map[string]any

// valueOf gives a value, or the zero value when it was not given.
func valueOf[V any](in values, name string) V {
	v, _ := in[name].(V)
	return v
}

// given points at a value, or is nil when it was not given.
func given[V any](in values, name string) *V {
	v, ok := in[name].(V)
	if !ok {
		return nil
	}
	return &v
}

// givenOrNull is given, but null points at the zero value.
func givenOrNull[V any](in values, name string) *V {
	if v, ok := in[name]; ok && v == nil {
		return new(V)
	}
	return given[V](in, name)
}

// record is the common part of a new record, as far as a POST gives it.
func (in values) record() model.Record {
	return model.Record{ID: valueOf[string](in, "id"), ProjectID: in.project(), ManagedBy: valueOf[string](in, "managed_by")}
}

// project of a new record, see populateProject.
func (in values) project() string { return valueOf[string](in, "project_id") }

// identity is the id, which only the server gives.
func identity[T record]() attribute[T] {
	return attribute[T]{name: "id", doc: "identity of the object; administrators may choose it on create", filter: true, sort: true, format: shown(text), show: func(v T) any { return v.Meta().ID }}
}

// recordID is what an id given by the caller may look like: that of a network becomes a
// Logical_Switch name, and all become a path segment.
var recordID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$`)

func parseID(v any) (any, error) {
	s, _ := v.(string)
	// "<id>-border" is the second Logical_Switch of a stitched network.
	if !recordID.MatchString(s) || strings.HasSuffix(s, "-border") {
		return nil, reasonf("'%s' is not a valid id", printed(v))
	}
	return s, nil
}

// chosenIdentity is an id that administrators may choose: a program that keeps the same
// object elsewhere can then repeat a request.
func chosenIdentity[T record]() attribute[T] {
	id := identity[T]()
	id.post, id.adminWrite = true, true
	id.format = format{parseID, schema{"type": "string", "pattern": recordID.String()}, plainText()}
	return id
}

// managedBy names the program that keeps an object, "" for none. Administrators give an object up by it: nothing else says
// that a program is no longer its keeper.
func managedBy[T record]() attribute[T] {
	return attribute[T]{name: "managed_by", post: true, put: true, adminWrite: true, filter: true, sort: true, omitEmpty: true,
		doc:    "program that keeps the object as its own says, such as neutron, or site:NAME for a site file; change it there. PUT of \"\" gives the object up",
		format: format{parseManager, schema{"type": "string", "pattern": "^$|" + sourceName.String()}, plainText()},
		show:   func(v T) any { return v.Meta().ManagedBy }}
}

func parseManager(v any) (any, error) {
	s, isText := v.(string)
	if v == nil || isText && s == "" {
		return "", nil
	}
	if !sourceName.MatchString(s) {
		return nil, reasonf("'%s' is not a name of up to 64 letters, digits, '_', '.', ':' and '-'", printed(v))
	}
	return s, nil
}

// ownership is Neutron's pair of names for the owner.
func ownership[T record]() []attribute[T] {
	project := func(v T) any { return v.Meta().ProjectID }
	return []attribute[T]{
		{name: "tenant_id", doc: "the same as project_id, as Neutron called it before", post: true, format: text, show: project, filter: true, sort: true},
		{name: "project_id", doc: "project that owns the object", post: true, format: text, show: project, filter: true, sort: true},
	}
}

// readOnly is an attribute that only the server gives.
func readOnly[T record](name, doc string, answer schema, show func(T) any) attribute[T] {
	return attribute[T]{name: name, doc: doc, format: format{answer: answer}, show: show}
}
