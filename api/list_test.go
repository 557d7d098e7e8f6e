package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// five makes networks n1..n5, of which n4 and n5 have another owner.
func five(s *service) (ids []string) {
	for i := 1; i <= 5; i++ {
		owner := map[bool]string{true: "p", false: "q"}[i <= 3]
		ids = append(ids, s.create("/v2.0/networks", "network", fmt.Sprintf(`{"name":"n%d","tenant_id":"%s","admin_state_up":%t}`, i, owner, i != 2)))
	}
	return ids
}

func TestListFilters(t *testing.T) {
	s := newService(t)
	ids := five(s)
	for query, want := range map[string][]any{
		"":                                      {"n1", "n2", "n3", "n4", "n5"},
		"name=n2":                               {"n2"},
		"name=n2&name=n4":                       {"n2", "n4"},
		"name=n2&name=n4&tenant_id=q":           {"n4"},
		"project_id=q":                          {"n4", "n5"},
		"name=":                                 {},
		"id=" + ids[4]:                          {"n5"},
		"admin_state_up=False":                  {"n2"},
		"admin_state_up=false":                  {"n2"},
		"admin_state_up=x":                      {},
		"foo=bar&verbose=True&params=tenant_id": {"n1", "n2", "n3", "n4", "n5"},
		"name=n2;n3":                            {},
		"name=n%2":                              {},
		"%6eame=n%32&&":                         {"n2"},
		"subnets=x":                             {"n1", "n2", "n3", "n4", "n5"},
		"sort_key=name&sort_dir=desc":           {"n5", "n4", "n3", "n2", "n1"},
		"sort_key=tenant_id&sort_dir=desc&sort_key=name&sort_dir=asc": {"n4", "n5", "n1", "n2", "n3"},
	} {
		require.Equal(t, want, s.do("GET", "/v2.0/networks?"+query, "").list("networks", "name"), query)
	}
}

func TestListFields(t *testing.T) {
	s := newService(t)
	id := five(s)[0]
	for query, want := range map[string]map[string]any{
		"fields=name":                   {"name": "n1"},
		"fields=name&fields=project_id": {"name": "n1", "project_id": "p"},
		"fields=nope":                   {},
		"fields=&fields=id":             {"id": id},
	} {
		require.Equal(t, want, s.do("GET", "/v2.0/networks?name=n1&"+query, "").json()["networks"].([]any)[0], query)
		require.Equal(t, want, s.do("GET", "/v2.0/networks/"+id+"?"+query, "").item("network"), query)
	}
}

func TestListRefused(t *testing.T) {
	s := newService(t)
	s.refuses(t, []refusal{
		{"limit word", "GET", "/v2.0/networks?limit=abc", "", 400, "BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not 'abc'."},
		{"limit negative", "GET", "/v2.0/networks?limit=-1", "", 400, "BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not '-1'."},
		{"key without direction", "GET", "/v2.0/networks?sort_key=name", "", 400, bad, "The number of sort_keys and sort_dirs must be same"},
		{"unknown key", "GET", "/v2.0/networks?sort_key=nope&sort_dir=asc", "", 400, bad, "['nope'] is invalid attribute for sort_keys"},
		{"no sort key", "GET", "/v2.0/networks?sort_key=subnets&sort_dir=asc", "", 400, bad, "['subnets'] is invalid attribute for sort_keys"},
		{"direction", "GET", "/v2.0/networks?sort_key=name&sort_dir=up", "", 400, bad, "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'"},
	})
}

// TestListPages covers paging and its links: names on the page,
// then the names that the links' markers stand for ("-" for a link without).
func TestListPages(t *testing.T) {
	s := newService(t)
	ids := five(s)
	name := map[string]string{"": "-"}
	for i, id := range ids {
		name[id] = fmt.Sprintf("n%d", i+1)
	}
	for _, c := range []struct{ query, names, next, previous string }{
		{"limit=2", "n1 n2", "n2", "n1"},
		{"limit=2&marker=" + ids[1], "n3 n4", "n4", "n3"},
		{"limit=2&marker=" + ids[3], "n5", "", "n5"},
		{"limit=2&marker=" + ids[4], "", "", "-"},
		{"limit=5", "n1 n2 n3 n4 n5", "n5", "n1"},
		{"limit=9223372036854775807&marker=" + ids[0], "n2 n3 n4 n5", "", "n2"},
		{"limit=2&marker=nope", "", "", "-"},
		{"limit=2&page_reverse=True", "n4 n5", "n5", "n4"},
		{"limit=2&page_reverse=True&marker=" + ids[3], "n2 n3", "n3", "n2"},
		{"limit=2&page_reverse=True&marker=" + ids[1], "n1", "n1", ""},
		{"limit=2&name=n1&name=n3&name=n5&marker=" + ids[0], "n3 n5", "n5", "n3"},
		{"limit=2&sort_key=name&sort_dir=desc&marker=" + ids[3], "n3 n2", "n2", "n3"},
		{"limit=2&fields=name", "n1 n2", "n2", "n1"},
	} {
		a := s.do("GET", "/v2.0/networks?"+c.query, "")
		require.Equal(t, c.names, strings.Trim(fmt.Sprint(a.list("networks", "name")), "[]"), c.query)
		got := map[string]string{}
		for _, l := range a.json()["networks_links"].([]any) {
			l := l.(map[string]any)
			u, err := url.Parse(l["href"].(string))
			require.NoError(t, err)
			require.Equal(t, "127.0.0.1:9696", u.Host)
			require.Equal(t, "/v2.0/networks", u.Path)
			require.Contains(t, c.query, "limit="+u.Query().Get("limit"))
			require.Equal(t, l["rel"] == "previous", u.Query().Get("page_reverse") == "True")
			got[l["rel"].(string)] = name[u.Query().Get("marker")]
		}
		require.Equal(t, c.next, got["next"], c.query)
		require.Equal(t, c.previous, got["previous"], c.query)
	}
	require.NotContains(t, s.do("GET", "/v2.0/networks?limit=0", "").json(), "networks_links")
}

func TestConnectionFilters(t *testing.T) {
	s := newService(t)
	s.switches()
	net, other := s.network("n"), s.network("o")
	gw, gw2 := s.gateway(""), s.gateway("[7]")
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+gw+`","network_id":"`+net+`","segmentation_id":"20"}`)
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+gw+`","network_id":"`+other+`","segmentation_id":"100"}`)
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+gw2+`","network_id":"`+other+`"}`)
	for query, want := range map[string][]any{
		"network_id=" + other: {100.0, ""},
		"l2_gateway_id=" + gw: {20.0, 100.0},
		"segmentation_id=100": {100.0},
		"status=PENDING":      {20.0, 100.0, ""},
		"name=foo":            {},
		"name=":               {},
		"sort_key=segmentation_id&sort_dir=desc&status=PENDING": {100.0, 20.0, ""},
	} {
		require.Equal(t, want, s.do("GET", connectionsPath+"?"+query, "").list("l2_gateway_connections", "segmentation_id"), query)
	}
}

func TestDeviceFilters(t *testing.T) {
	s := newService(t)
	s.hardware("a", "10.0.0.1")
	s.create(devicesPath, "gateway_device", `{"name":"b","type":"router_vtep","resource_id":"r","tunnel_ips":["10.1.0.1"],"site":"east"}`)
	for query, want := range map[string][]any{
		"type=router_vtep":             {"b"},
		"type=hw_vtep":                 {"a"},
		"management_ip=10.9.9.9":       {"a", "b"},
		"site=east":                    {"b"},
		"status=" + model.DeviceInSync: {},
	} {
		require.Equal(t, want, s.do("GET", devicesPath+"?"+query, "").list("gateway_devices", "name"), query)
	}
}

// TestSpellings covers the paths that clients use.
func TestSpellings(t *testing.T) {
	s := newService(t)
	id := s.hardware("a", "10.0.0.1")
	gw := s.gateway("[5]")
	for _, root := range []string{"/v2.0", "/v2"} {
		for _, path := range []string{"/gw/gateway_devices", "/gw/gateway-devices", "/gateway_devices", "/gateway-devices"} {
			for _, end := range []string{"", ".json", "/"} {
				require.Equal(t, []any{id}, s.do("GET", root+path+end, "").list("gateway_devices", "id"), root+path+end)
				require.Equal(t, id, s.do("GET", root+path+"/"+id+end, "").item("gateway_device")["id"])
				for _, macs := range []string{"/remote_mac_entries", "/remote-mac-entries"} {
					require.Empty(t, s.do("GET", root+path+"/"+id+macs+end, "").list("remote_mac_entries", "id"))
				}
			}
		}
		for _, path := range []string{"/l2-gateways", "/l2_gateways"} {
			require.Equal(t, []any{gw}, s.do("GET", root+path, "").list("l2_gateways", "id"))
		}
		require.Empty(t, s.do("GET", root+"/l2_gateway-connections.json", "").list("l2_gateway_connections", "id"))
	}
	for _, path := range []string{"/v2.0/gw/l2-gateways", "/v2.0/l2-gateways/" + gw + "/devices", "/v2.0/nope", "/v3/l2-gateways",
		"/v2.0/l2-gateways/a/b/c", "/v2.0/gw", "/v1", "/v1/devices/x/y", "/healthz/x", "/v2.0/extensions/a/b", "/v2.0/service-providers/x"} {
		s.do("GET", path, "").refused(http.StatusNotFound, "HTTPNotFound", "The resource could not be found.")
	}
	s.do("GET", "/v2.0/l2-gateways/a%2Fb", "").refused(404, "L2GatewayNotFound", "L2 Gateway a/b could not be found")
}

// TestMethods covers what each path answers to a method.
func TestMethods(t *testing.T) {
	s := newService(t)
	message := "The server could not comply with the request since it is either malformed or otherwise incorrect."
	for path, methods := range map[string]string{
		"/v2.0/l2-gateways": "PATCH HEAD OPTIONS", "/v2.0/l2-gateways/x": "POST PATCH HEAD OPTIONS",
		"/": "POST", "/v2.0": "PUT", "/v2.0/extensions": "DELETE", "/healthz": "POST", "/v1/plan": "POST",
	} {
		for _, method := range strings.Fields(methods) {
			a := s.do(method, path, "")
			require.Equal(t, http.StatusMethodNotAllowed, a.status, method+" "+path)
			require.NotEmpty(t, a.header.Get("Allow"))
			a.refused(http.StatusMethodNotAllowed, "HTTPMethodNotAllowed", message)
		}
	}
	s.do("PUT", "/v2.0/networks", "").refused(404, "NetworkNotFound", "Network None could not be found.")
	s.do("DELETE", "/v2.0/gw/gateway_devices", "").refused(404, "GatewayDeviceNotFound", "Gateway device None does not exist")
}
