package api

import (
	"net/http"

	"bordergw/model"
)

type version struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Links  []link `json:"links"`
}

func versions(c *call) (reply, error) {
	return ok(map[string][]version{"versions": {{"v2.0", "CURRENT", c.url.self("/v2.0/")}}})
}

type indexEntry struct {
	Name       string `json:"name"`
	Collection string `json:"collection"`
	Links      []link `json:"links"`
}

func resourceIndex(c *call) (reply, error) {
	var entries []indexEntry
	for _, name := range c.order {
		coll := c.collections[name]
		entries = append(entries, indexEntry{coll.name(), name, c.url.self(coll.path())})
	}
	return ok(map[string][]indexEntry{"resources": entries})
}

type extension struct {
	Name        string `json:"name"`
	Alias       string `json:"alias"`
	Description string `json:"description"`
	Updated     string `json:"updated"`
	Links       []link `json:"links"`
}

// extensions are looked for by Heat and tempest before they use a resource.
var extensions = []extension{
	{"L2 Gateway", "l2-gateway", "Connects Neutron networks with external networks at layer 2.", "2015-01-01T00:00:00-00:00", []link{}},
	{"L2 Gateway connection", "l2-gateway-connection", "Connects Neutron networks with external networks at layer 2.", "2014-01-01T00:00:00-00:00", []link{}},
	{"Midonet Gateway Device Extension", "gateway-device", "The gateway device extension.", "2015-11-11T10:00:00-00:00", []link{}},
	{"Provider Network", "provider", "Expose mapping of virtual networks to physical networks", "2012-09-07T10:00:00-00:00", []link{}},
	{"agent", "agent", "The agent management extension.", "2013-02-03T10:00:00-00:00", []link{}},
	{"Quota management support", "quotas", "Expose functions for quotas management per tenant", "2012-07-29T10:00:00-00:00", []link{}},
	{"Quota details management support", "quota_details", "Expose functions for quotas usage statistics per project", "2017-02-10T10:00:00-00:00", []link{}},
	{"Pagination support", "pagination", "Extension that indicates that pagination is enabled.", "2016-06-12T00:00:00-00:00", []link{}},
	{"Sorting support", "sorting", "Extension that indicates that sorting is enabled.", "2016-06-12T00:00:00-00:00", []link{}},
	{"project_id field enabled", "project-id", "Extension that indicates that project_id field is enabled.", "2016-09-09T09:09:09-09:09", []link{}},
}

func resolveExtensions(c *call, seg []string) endpoint {
	switch len(seg) {
	case 0:
		return get("/v2.0/extensions", false, func(*call) (reply, error) {
			return ok(map[string][]extension{"extensions": extensions})
		})
	case 1:
		c.id = seg[0]
		return get("/v2.0/extensions/{alias}", false, showExtension)
	}
	return notFound()
}

func showExtension(c *call) (reply, error) {
	for _, e := range extensions {
		if e.Alias == c.id {
			return ok(map[string]extension{"extension": e})
		}
	}
	return reply{}, &model.Error{Kind: model.NotFound, Type: "ExtensionNotFound",
		Message: "Extension with alias " + c.id + " does not exist"}
}

type serviceProvider struct {
	ServiceType string `json:"service_type"`
	Name        string `json:"name"`
	Default     bool   `json:"default"`
}

func serviceProviders(*call) (reply, error) {
	return ok(map[string][]serviceProvider{"service_providers": {{"L2GW", "l2gw", true}}})
}

func ok(body any) (reply, error) { return reply{status: http.StatusOK, body: body}, nil }
