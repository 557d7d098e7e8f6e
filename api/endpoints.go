package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"

	"bordergw/model"
)

// maxEndpoints bounds the body that sets end points, in bytes: some 200,000 MACs.
const maxEndpoints = 16 << 20

// endpointRoute is what a source answers for in a network.
const endpointRoute = "/v1/networks/{network_id}/endpoints/{source}"

// serveEndpoints serves what one source answers for in one network.
func serveEndpoints(c *call) (reply, error) {
	if err := checkSource(c); err != nil {
		return reply{}, err
	}
	switch c.r.Method {
	case http.MethodGet:
		return showEndpoints(c)
	case http.MethodPut:
		return putEndpoints(c)
	case http.MethodDelete:
		return deleteEndpoints(c)
	}
	return reply{}, errMethod("GET, PUT, DELETE")
}

// resolveNetworkV1 serves what is below a network of /v1.
func resolveNetworkV1(c *call, seg []string) endpoint {
	c.parent = seg[0]
	switch {
	case len(seg) == 4 && seg[1] == "macs" && seg[3] == "unfreeze":
		c.id = seg[2]
		return only(http.MethodPost, "/v1/networks/{network_id}/macs/{mac_address}/unfreeze", permitted(actionUnfreeze, unfreezeMAC))
	case len(seg) == 2 && seg[1] == "members":
		return get("/v1/networks/{network_id}/members", false, permitted(actionMembers, networkMembers))
	case len(seg) == 2 && seg[1] == "endpoints":
		return get("/v1/networks/{network_id}/endpoints", false, permitted(actionEndpoints, listSources))
	case len(seg) == 3 && seg[1] == "endpoints":
		c.id = seg[2]
		return endpoint{route: endpointRoute, serve: permitted(actionEndpoints, serveEndpoints)}
	}
	return notFound()
}

// sourceName is what a source, a site or a manager may be called: it becomes a part of a path.
var sourceName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_.:-]{0,63}$`)

// checkSource refuses a network that does not exist and a source that can not be named.
func checkSource(c *call) error {
	if _, known := c.defs.Networks.Get(c.parent); !known {
		return model.ErrNetworkNotFound(c.parent)
	}
	if !sourceName.MatchString(c.id) {
		return inputError("source", errNoSource(c.id))
	}
	return nil
}

func errNoSource(name string) error {
	return reasonf("'%s' is not a name of up to 64 letters, digits, '_', '.', ':' and '-'", printed(name))
}

func errNoSite(name string) error {
	return model.ErrInvalidEndpoints("site", "'%s' is not the name of a site", printed(name))
}

// showEndpoints answers with an empty set for a source that has never set one, so that its
// ETag can be given with the first PUT.
func showEndpoints(c *call) (reply, error) {
	set, _ := c.defs.Endpoints.Get(model.EndpointSetID(c.parent, c.id))
	return taggedSet(set, set.Shown())
}

func taggedSet(set *model.EndpointSet, body any) (reply, error) {
	p, err := ok(body)
	return p.with("ETag", entityTag(set.ETag())), err
}

// entityTag is an ETag as a header holds it (RFC 9110, section 8.8.3).
func entityTag(etag string) string { return `"` + etag + `"` }

// endpointSource is one source as a list shows it.
type endpointSource struct {
	Source    string `json:"source"`
	Site      string `json:"site"`
	Endpoints int    `json:"endpoints"`
	MACs      int    `json:"macs"`
	ETag      string `json:"etag"`
}

// listSources lists the sources that answer for something in a network.
func listSources(c *call) (reply, error) {
	if _, known := c.defs.Networks.Get(c.parent); !known {
		return reply{}, model.ErrNetworkNotFound(c.parent)
	}
	out := []endpointSource{}
	for set := range c.defs.Endpoints.All() {
		if set.NetworkID == c.parent {
			out = append(out, summaryOf(set))
		}
	}
	return ok(map[string][]endpointSource{"sources": out})
}

func summaryOf(set *model.EndpointSet) endpointSource {
	return endpointSource{set.Source, set.Site, len(set.Addresses), len(set.MACs), set.ETag()}
}

func putEndpoints(c *call) (reply, error) {
	data, err := c.body.bytes(maxEndpoints)
	if err != nil {
		return reply{}, err
	}
	site, endpoints, err := parseEndpoints(data)
	if err != nil {
		return reply{}, err
	}
	set, err := model.NewEndpointSet(c.parent, c.id, site, endpoints)
	if err != nil {
		return reply{}, err
	}
	condition, err := ifMatch(c.r.Header.Values("If-Match"))
	if err != nil {
		return reply{}, err
	}
	if set, err = c.cfg.Store.PutEndpoints(c.r.Context(), set, condition); err != nil {
		return reply{}, err
	}
	return taggedSet(set, summaryOf(set))
}

func deleteEndpoints(c *call) (reply, error) {
	condition, err := ifMatch(c.r.Header.Values("If-Match"))
	if err != nil {
		return reply{}, err
	}
	if err := c.cfg.Store.DeleteEndpoints(c.r.Context(), c.parent, c.id, condition); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

func checkEndpointMAC(m model.MAC) error {
	if !m.IsUnicast() {
		return reasonf("'%s' is not a unicast MAC address", m)
	}
	return nil
}

// checkHostAddress refuses what can not be the address of one host.
func checkHostAddress(ip netip.Addr) error {
	is := ip.Unmap()
	none := is.Is4() && (is.As4()[0] == 0 || is == netip.AddrFrom4([4]byte{255, 255, 255, 255}))
	if none || ip.Zone() != "" || is.IsUnspecified() || is.IsLoopback() || is.IsMulticast() {
		return reasonf("'%s' can not be the IP address of a host", printed(ip.String()))
	}
	return nil
}

// recheckEndpoints checks the values of an imported set as those of a PUT.
func recheckEndpoints(e *model.ExportedEndpoints) error {
	if !sourceName.MatchString(e.Source) {
		return inputError("source", errNoSource(e.Source))
	}
	if e.Site != "" && !sourceName.MatchString(e.Site) {
		return errNoSite(e.Site)
	}
	for i, at := range e.Endpoints {
		refuse := func(path string, err error) error {
			return model.ErrInvalidEndpoints(fmt.Sprintf("endpoints[%d].%s of %s in network %s", i, path, e.Source, printed(e.NetworkID)), "%s", err)
		}
		if !at.VTEPAddress.IsUsable() {
			return refuse("vtep_address", reasonf("it can not be the address of a tunnel end point"))
		}
		for j, m := range at.MACs {
			if err := checkEndpointMAC(m.MAC); err != nil {
				return refuse(fmt.Sprintf("macs[%d].mac_address", j), err)
			}
			if err := checkHostAddress(m.IP); m.IP.IsValid() && err != nil {
				return refuse(fmt.Sprintf("macs[%d].ip_address", j), err)
			}
		}
	}
	return nil
}

// networkMembers tells the end points of a site what they need in a network.
func networkMembers(c *call) (reply, error) {
	if _, known := c.defs.Networks.Get(c.parent); !known {
		return reply{}, model.ErrNetworkNotFound(c.parent)
	}
	reach, known := c.cfg.Status.EndpointReach(c.parent, c.url.query().Get("site"))
	if !known {
		return reply{}, errBusy("Which switches carry network " + c.parent + " is not known yet: its connections have just changed, or the service has just started. Ask again.")
	}
	if reach.Members == nil {
		reach.Members = []model.EndpointMember{}
	}
	if reach.Far == nil {
		reach.Far = []model.VTEPAddress{}
	}
	p, err := ok(reach)
	return p.with("ETag", entityTag(reach.ETag())), err
}

// endpointPaths describes them.
func endpointPaths() []fixedEndpoint {
	shown, tag := schemaOf[model.ShownEndpoints](), "give it as If-Match: then the change is refused (412) if the set has changed since"
	return []fixedEndpoint{
		{method: "GET", path: "/v1/networks/{network_id}/endpoints", summary: "sources that answer for tunnel end points in a network", status: 200,
			body: wrapped("sources", schemaOf[[]endpointSource]())},
		{method: "GET", path: endpointRoute, summary: "what a source answers for; an empty set if it has given none. ETag: " + tag, status: 200, body: shown},
		{method: "PUT", path: endpointRoute, summary: "replace all that a source answers for. If-Match: its ETag", status: 200, body: schemaOf[endpointSource](), request: shown},
		{method: "DELETE", path: endpointRoute, summary: "forget what a source answers for", status: 204},
		{method: "GET", path: "/v1/networks/{network_id}/members", summary: "switches that carry a network: where its end points send frames for everybody", status: 200,
			body: schemaOf[model.EndpointReach](), params: []schema{query("site", "where the end points are", plainText())}},
	}
}
