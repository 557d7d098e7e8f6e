package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"bordergw/model"
)

// collection is a resource without its type.
type collection interface {
	name() string // of one item
	path() string // canonical route
	serveCollection(*call) (reply, error)
	serveItem(*call) (reply, error)
	describe(document)
}

// resource serves one kind of item from its table and a few functions.
type resource[T record] struct {
	singular, plural string
	route            string
	attrs            attributes[T]
	// matchNothing are names that clients use as a filter and no item has.
	matchNothing []string

	// refuse is how the resource refuses a verb; nil refuses by policy and hides
	// what may not be seen.
	refuse func(verb string) error
	// public items are visible to everybody; nil when there are none.
	public func(T) bool

	all    func(*call) []T
	find   func(c *call, id string) (T, error)
	absent func(id string) error
	// create is nil when the server alone makes items, remove when it alone
	// removes them.
	create func(*call, values) (T, error)
	// maxBody bounds a POST, in bytes, where that is more than Config.MaxBody.
	maxBody int64
	// createAll creates all or none; nil refuses bulk requests.
	createAll func(*call, []values) ([]T, error)
	// update is nil when nothing can be changed.
	update func(c *call, id string, in values) (T, error)
	remove func(c *call, id string) error
	// remark warns of what is most likely a mistake in an item that was created or
	// changed; nil has nothing to remark.
	remark func(reviewer, T)
}

func (r *resource[T]) name() string { return r.singular }
func (r *resource[T]) path() string { return r.route }

func (r *resource[T]) serveCollection(c *call) (reply, error) {
	switch c.r.Method {
	case http.MethodGet:
		return r.list(c)
	case http.MethodPost:
		if r.create == nil {
			return reply{}, errMethod(http.MethodGet)
		}
		return r.post(c)
	case http.MethodPut, http.MethodDelete:
		// Upstream looks for an item without an id.
		return reply{}, r.absent("None")
	}
	return reply{}, errMethod("GET, POST")
}

func (r *resource[T]) serveItem(c *call) (reply, error) {
	switch c.r.Method {
	case http.MethodGet:
		return r.show(c)
	case http.MethodPut:
		return r.put(c)
	case http.MethodDelete:
		if r.remove == nil {
			return reply{}, errMethod(http.MethodGet)
		}
		return r.delete(c)
	}
	return reply{}, errMethod("GET, PUT, DELETE")
}

func (r *resource[T]) show(c *call) (reply, error) {
	v, err := r.lookup(c)
	if err != nil {
		return reply{}, err
	}
	return ok(r.one(r.attrs.shown(c.who.Identity, wantedFields(c.url.query())).render(v)))
}

func (r *resource[T]) post(c *call) (reply, error) {
	body, err := c.body.decode(max(c.cfg.MaxBody, r.maxBody))
	if err != nil {
		return reply{}, err
	}
	if outer, isObject := body.(object); isObject {
		if bulk, present := outer[r.plural]; present {
			return r.postAll(c, bulk)
		}
	}
	in, err := r.checkPost(c, body)
	if err != nil {
		return reply{}, err
	}
	v, err := r.create(c, in)
	if err != nil {
		return reply{}, err
	}
	r.remarkOn(c, v)
	return reply{status: http.StatusCreated, body: r.one(r.attrs.renderNew(c.who.Identity, v))}, nil
}

// one is an answer with one item, which may have a long list in it.
func (r *resource[T]) one(item members) stream { return stream{{r.singular, item}} }

// remarkOn looks at items as they stand now.
func (r *resource[T]) remarkOn(c *call, vs ...T) {
	if r.remark == nil {
		return
	}
	after := reviewer{who: c.who, index: c.cfg.Store, defs: c.cfg.Store.Definitions(), warnings: &c.warnings}
	for _, v := range vs {
		if !c.warnings.full() {
			r.remark(after, v)
		}
	}
}

// checkPost checks a body and the caller's right to create what it says.
func (r *resource[T]) checkPost(c *call, body any) (values, error) {
	inner, err := unwrap(body, r.singular)
	if err != nil {
		return nil, err
	}
	in, err := r.attrs.check(c.who.Identity, inner, true)
	if err != nil {
		return nil, err
	}
	if !r.rule(c, "create").allows(c.who.Identity, in.project()) {
		return nil, r.refusal("create")
	}
	return in, r.authoriseAttributes(c, inner, "create")
}

// authoriseAttributes refuses attributes that only administrators may give.
func (r *resource[T]) authoriseAttributes(c *call, in object, verb string) error {
	for _, a := range r.attrs {
		if _, present := in[a.name]; present && a.adminWrite && !c.who.admin() {
			return errPolicy(verb + "_" + r.singular + ":" + a.name)
		}
	}
	return nil
}

func (r *resource[T]) postAll(c *call, bulk any) (reply, error) {
	if r.createAll == nil {
		return reply{}, model.ErrBadRequest("Bulk operation not supported")
	}
	list, _ := bulk.([]any)
	if len(list) == 0 {
		return reply{}, model.ErrBadRequest("Resources required")
	}
	ins := make([]values, 0, len(list))
	for _, item := range list {
		in, err := r.checkPost(c, object{r.singular: item})
		if err != nil {
			return reply{}, err
		}
		ins = append(ins, in)
	}
	vs, err := r.createAll(c, ins)
	if err != nil {
		return reply{}, err
	}
	r.remarkOn(c, vs...)
	body := stream{{r.plural, each(vs, func(v T) any { return r.attrs.renderNew(c.who.Identity, v) })}}
	return reply{status: http.StatusCreated, body: body}, nil
}

func (r *resource[T]) put(c *call) (reply, error) {
	body, err := c.body.decode(c.cfg.MaxBody)
	if err != nil {
		return reply{}, err
	}
	inner, err := unwrap(body, r.singular)
	if err != nil {
		return reply{}, err
	}
	in, err := r.attrs.check(c.who.Identity, inner, false)
	if err != nil {
		return reply{}, err
	}
	if err := r.lookupFor(c, "update"); err != nil {
		return reply{}, err
	}
	if err := r.authoriseAttributes(c, inner, "update"); err != nil {
		return reply{}, err
	}
	if r.update == nil {
		return reply{}, errMethod("GET, DELETE")
	}
	v, err := r.update(c, c.id, in)
	if err != nil {
		return reply{}, err
	}
	r.remarkOn(c, v)
	return ok(r.one(r.attrs.shown(c.who.Identity, nil).render(v)))
}

func (r *resource[T]) delete(c *call) (reply, error) {
	if n, _ := io.CopyN(io.Discard, c.r.Body, 1); n > 0 {
		return reply{}, model.ErrBadRequest("Request body is not supported in DELETE.")
	}
	if err := r.lookupFor(c, "delete"); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, r.remove(c, c.id)
}

// members is a JSON object in the order of the table.
type members []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, x := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(x.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(x.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
