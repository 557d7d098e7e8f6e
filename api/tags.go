package api

import (
	"net/http"

	"bordergw/model"
)

// tagRoute is Neutron's tag extension on a network. No tags are stored: what asks for none
// is done, what asks for one is refused with the reason, as the attribute tags is.
const tagRoute = "/v2.0/networks/{id}/tags"

// resolveTags serves the rest of a path below tags.
func (s *Server) resolveTags(c *call, id string, seg []string) endpoint {
	c.id = id
	switch len(seg) {
	case 0:
		return endpoint{route: tagRoute, serve: s.onNetwork(serveTags)}
	case 1:
		return endpoint{route: tagRoute + "/{tag}", serve: s.onNetwork(func(c *call) (reply, error) { return serveTag(c, seg[0]) })}
	}
	return notFound()
}

// onNetwork serves what is below a network that the caller may see.
func (s *Server) onNetwork(f func(*call) (reply, error)) func(*call) (reply, error) {
	nets := networks()
	return func(c *call) (reply, error) {
		if _, err := nets.lookup(c); err != nil {
			return reply{}, err
		}
		return f(c)
	}
}

func serveTags(c *call) (reply, error) {
	switch c.r.Method {
	case http.MethodGet:
		return ok(map[string][]string{"tags": {}})
	case http.MethodPut:
		body, err := c.body.decode(c.cfg.MaxBody)
		if err != nil {
			return reply{}, err
		}
		outer, _ := body.(object)
		if list, isList := outer["tags"].([]any); !isList || len(list) > 0 {
			return reply{}, errTags()
		}
		return ok(map[string][]string{"tags": {}})
	case http.MethodDelete:
		return reply{status: http.StatusNoContent}, nil
	}
	return reply{}, errMethod("GET, PUT, DELETE")
}

func serveTag(c *call, tag string) (reply, error) {
	switch c.r.Method {
	case http.MethodGet, http.MethodDelete:
		return reply{}, &model.Error{Kind: model.NotFound, Type: "TagNotFound", Message: "Tag " + printed(tag) + " could not be found."}
	case http.MethodPut:
		return reply{}, errTags()
	}
	return reply{}, errMethod("GET, PUT, DELETE")
}

func errTags() error {
	return inputError("tags", reasonf("tags are not stored"))
}

// tagEndpoints describes them.
func tagEndpoints() []fixedEndpoint {
	list := wrapped("tags", schema{"type": "array", "maxItems": 0})
	return []fixedEndpoint{
		{method: "GET", path: tagRoute, summary: "tags of a network: none are stored", status: 200, body: list},
		{method: "PUT", path: tagRoute, summary: "tags are refused, an empty list is not", status: 200, body: list, request: list},
		{method: "DELETE", path: tagRoute, summary: "take all tags off", status: 204},
		{method: "GET", path: tagRoute + "/{tag}", summary: "no network has a tag", status: 404},
		{method: "PUT", path: tagRoute + "/{tag}", summary: "tags are refused", status: 400},
		{method: "DELETE", path: tagRoute + "/{tag}", summary: "no network has a tag", status: 404},
	}
}
