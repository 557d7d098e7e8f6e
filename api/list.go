package api

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bordergw/model"
)

// list answers a collection: filter, sort, cut a page, render.
func (r *resource[T]) list(c *call) (reply, error) {
	if err := r.authorise(c, "get"); err != nil {
		return reply{}, err
	}
	q := c.url.query()
	p, err := parsePage(q)
	if err != nil {
		return reply{}, err
	}
	compare, err := r.attrs.sorting(c.who.Identity, q)
	if err != nil {
		return reply{}, err
	}
	var chosen []T
	if !slices.ContainsFunc(r.matchNothing, q.Has) {
		asked := r.attrs.askedFor(c.who.Identity, q)
		chosen = slices.DeleteFunc(r.all(c), func(v T) bool { return !r.visible(c, v) || !asked.match(v, q) })
	}
	slices.SortStableFunc(chosen, compare)
	chosen = cut(chosen, p)
	shown := r.attrs.shown(c.who.Identity, wantedFields(q))
	body := stream{{r.plural, each(chosen, func(v T) any { return shown.render(v) })}}
	if p.limit > 0 {
		body = append(body, member{r.plural + "_links", c.url.links(p, q, ends(chosen))})
	}
	return ok(body)
}

// shownPage is what a page's links depend on.
type shownPage struct {
	length      int
	first, last string // ids; "" in an empty page
}

func ends[T record](items []T) shownPage {
	if len(items) == 0 {
		return shownPage{}
	}
	return shownPage{len(items), items[0].Meta().ID, items[len(items)-1].Meta().ID}
}

// wantedFields are those that a query names; none stands for all.
func wantedFields(q url.Values) []string {
	return slices.DeleteFunc(slices.Clone(q["fields"]), func(f string) bool { return f == "" })
}

// shown are those of the named fields, of all when none is named, that somebody sees.
func (as attributes[T]) shown(who Identity, fields []string) (out attributes[T]) {
	for _, a := range as {
		if a.shownTo(who) && (len(fields) == 0 || slices.Contains(fields, a.name)) {
			out = append(out, a)
		}
	}
	return out
}

// render shows an item.
func (as attributes[T]) render(v T) members {
	out := make(members, 0, len(as))
	for i := range as {
		if a := &as[i]; !a.absent(v) {
			out = append(out, member{a.name, a.show(v)})
		}
	}
	return out
}

// renderNew is the answer to a POST.
func (as attributes[T]) renderNew(who Identity, v T) members {
	out := members{}
	for _, a := range as {
		switch {
		case a.echo != nil:
			out = append(out, member{a.name, a.echo(v)})
		case a.shownTo(who) && !a.absent(v):
			out = append(out, member{a.name, a.show(v)})
		}
	}
	return out
}

// absent reports whether an item lacks the attribute.
func (a *attribute[T]) absent(v T) bool {
	if !a.omitEmpty {
		return false
	}
	switch shown := a.show(v).(type) {
	case string:
		return shown == ""
	case []model.VTEPAddress:
		return len(shown) == 0
	}
	return false
}

// askedFor are those that a query filters by; keys that no attribute answers to are ignored as
// upstream does.
func (as attributes[T]) askedFor(who Identity, q url.Values) (out attributes[T]) {
	for _, a := range as {
		if q.Has(a.name) && a.filter && a.shownTo(who) {
			out = append(out, a)
		}
	}
	return out
}

// match applies the filters of a query: values of one key are alternatives, keys add up.
func (as attributes[T]) match(v T, q url.Values) bool {
	for i := range as {
		if !slices.ContainsFunc(q[as[i].name], func(w string) bool { return equals(as[i].show(v), w) }) {
			return false
		}
	}
	return true
}

// equals compares a rendered value with what a query asks for. Booleans and MACs
// may be spelled as in a body.
func equals(v any, wanted string) bool {
	if b, isBool := v.(bool); isBool {
		w, err := parseBool(wanted)
		return err == nil && w == b
	}
	if m, isMAC := v.(model.MAC); isMAC {
		w, err := model.ParseMAC(wanted)
		return err == nil && w == m
	}
	return plain(v) == wanted
}

func plain(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// sorting gives the order that sort_key and sort_dir ask for.
func (as attributes[T]) sorting(who Identity, q url.Values) (func(a, b T) int, error) {
	keys, dirs := q["sort_key"], q["sort_dir"]
	if len(keys) != len(dirs) {
		return nil, model.ErrBadRequest("The number of sort_keys and sort_dirs must be same")
	}
	by := make([]attribute[T], 0, len(keys))
	for _, k := range keys {
		i := slices.IndexFunc(as, func(a attribute[T]) bool { return a.name == k && a.sort && a.shownTo(who) })
		if i < 0 {
			return nil, model.ErrBadRequest("['%s'] is invalid attribute for sort_keys", printed(k))
		}
		by = append(by, as[i])
	}
	for _, d := range dirs {
		if d != "asc" && d != "desc" {
			return nil, model.ErrBadRequest("['%s'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'", printed(d))
		}
	}
	return order(by, dirs), nil
}

// order compares by one attribute after the other.
func order[T record](by []attribute[T], dirs []string) func(a, b T) int {
	return func(a, b T) int {
		for i, attr := range by {
			n := compareValues(attr.show(a), attr.show(b))
			if dirs[i] == "desc" {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	}
}

// compareValues orders numbers by size and everything else by its text.
func compareValues(a, b any) int {
	x, xok := a.(int)
	y, yok := b.(int)
	if xok && yok {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(plain(a), plain(b))
}

// page is the part of a list that a query asks for. Limit 0 is all of it.
type page struct {
	limit   int
	marker  string // id of the last item seen; "" starts at an end
	reverse bool
}

func parsePage(q url.Values) (page, error) {
	p := page{marker: q.Get("marker"), reverse: strings.EqualFold(q.Get("page_reverse"), "true")}
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return p, &model.Error{Kind: model.Invalid, Type: "BadRequest", Message: fmt.Sprintf(
				"Bad limit request: Limit must be an integer 0 or greater and not '%s'.", printed(s))}
		}
		p.limit = n
	}
	return p, nil
}

// cut takes the page after the marker, or before it in reverse. An unknown
// marker gives an empty page.
func cut[T record](items []T, p page) []T {
	if p.limit == 0 {
		return items
	}
	first, last := 0, len(items)
	if p.marker != "" {
		at := slices.IndexFunc(items, func(v T) bool { return v.Meta().ID == p.marker })
		if at < 0 {
			return nil
		}
		if p.reverse {
			last = at
		} else {
			first = at + 1
		}
	}
	if p.reverse {
		return items[max(first, last-p.limit):last]
	}
	return items[first:min(last, first+min(p.limit, last))]
}
