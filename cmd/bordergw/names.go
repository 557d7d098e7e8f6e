package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofrs/uuid/v5"
)

// idPrefix stands before an id that is shown, or given, where a name could stand.
const idPrefix = "id:"

// names gives the names of objects by their ids. It asks once for a kind of objects, for all
// of them or for those of a few ids, and never once for each row of a table.
type names struct {
	api   *client
	kinds map[string]*kindNames
}

// kindNames is what is known of one kind of objects.
type kindNames struct {
	noun    noun
	objects map[string]object // by id
	// called counts the objects of a project that have a name.
	called map[string]int
	// all of them were asked for.
	all bool
}

func newNames(api *client) *names { return &names{api: api, kinds: map[string]*kindNames{}} }

func (s *names) kind(n noun) *kindNames {
	k := s.kinds[n.word]
	if k == nil {
		k = &kindNames{noun: n, objects: map[string]object{}, called: map[string]int{}}
		s.kinds[n.word] = k
	}
	return k
}

// add takes over objects that an answer had.
func (s *names) add(n noun, list []object) {
	k := s.kind(n)
	for _, o := range list {
		id := o.text("id")
		if _, twice := k.objects[id]; !twice {
			k.called[k.owned(o)]++
		}
		k.objects[id] = o
	}
}

// owned is the name of an object in its project.
func (k *kindNames) owned(o object) string {
	return o.text("project_id") + "\x00" + o.text(k.noun.lookup)
}

// load asks for the names of a kind, of all objects unless there are ids. What the caller may
// not see, or what is gone, has no name.
func (s *names) load(ctx context.Context, n noun, ids ...string) error {
	k := s.kind(n)
	if k.all {
		return nil
	}
	query := url.Values{"fields": append(n.identity(), n.shownOf...)}
	if ids != nil {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" || k.objects[id] != nil })
		if len(ids) == 0 {
			return nil
		}
		query["id"] = ids
	}
	k.all = ids == nil
	list, err := s.api.list(ctx, n.path, query, n.many)
	var refused *apiError
	if errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Status == http.StatusNotFound) {
		return nil
	}
	if k.all {
		k.objects, k.called = map[string]object{}, map[string]int{}
	}
	s.add(n, list)
	return err
}

// of is the name of an object, "id:" and its id if it has none or shares it with another
// one of its project, "" if there is no id.
func (s *names) of(word, id string) string {
	if id == "" {
		return ""
	}
	if k := s.kinds[word]; k != nil {
		o := k.objects[id]
		if name := o.text(k.noun.lookup); name != "" && k.called[k.owned(o)] == 1 && !looksLikeID(name) {
			return name
		}
	}
	return idPrefix + id
}

// looksLikeID reports whether a name would be taken for an id, maybe for that of another object.
func looksLikeID(name string) bool {
	_, err := uuid.FromString(name)
	return err == nil || strings.HasPrefix(name, idPrefix)
}

// get is an object that was loaded, nil if it was not.
func (s *names) get(word, id string) object {
	if k := s.kinds[word]; k != nil {
		return k.objects[id]
	}
	return nil
}

// title is how a table, and a message, names an object of a kind.
func (s *names) title(n noun, o object) string {
	if !n.pair {
		return s.of(n.word, o.text("id"))
	}
	gateway, network := s.of("gateway", o.text("l2_gateway_id")), s.of("network", o.text("network_id"))
	if gateway == "" || network == "" {
		return idPrefix + o.text("id")
	}
	return gateway + "/" + network
}

// titleOf asks for what the title of one object needs.
func (s *names) titleOf(ctx context.Context, n noun, o object) (string, error) {
	if !n.pair {
		s.add(n, []object{o})
		return s.title(n, o), nil
	}
	err := errors.Join(
		s.load(ctx, gatewayNoun(), o.text("l2_gateway_id")),
		s.load(ctx, networkNoun(), o.text("network_id")))
	return s.title(n, o), err
}

// titles gives the titles of a list, whose kinds it asks for.
func (s *names) titles(ctx context.Context, n noun, list []object) ([]string, error) {
	if n.pair {
		if err := errors.Join(s.load(ctx, gatewayNoun()), s.load(ctx, networkNoun())); err != nil {
			return nil, err
		}
	}
	s.add(n, list)
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = s.title(n, o)
	}
	return out, nil
}
