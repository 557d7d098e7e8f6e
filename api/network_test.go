package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNetwork(t *testing.T) {
	s := newService(t)
	a := s.do("POST", "/v2.0/networks", `{"network":{"name":"n1","provider:network_type":"vxlan","provider:segmentation_id":"77","id":"0cd3-a_B"}}`)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	want := map[string]any{
		"id": "0cd3-a_B", "name": "n1", "description": "", "tenant_id": "default", "project_id": "default",
		"provider:network_type": "vxlan", "provider:segmentation_id": 77.0,
		"status": "ACTIVE", "shared": false, "admin_state_up": true, "router:external": false, "subnets": []any{},
		"provider:physical_network": nil, "qos_policy_id": nil, "is_default": false, "vlan_transparent": false, "dns_domain": "",
		"availability_zone_hints": []any{}, "availability_zones": []any{}, "tags": []any{},
	}
	require.Equal(t, want, a.item("network"))
	require.Equal(t, want, s.do("GET", "/v2.0/networks/0cd3-a_B", "").item("network"))

	a = s.do("PUT", "/v2.0/networks/0cd3-a_B", `{"network":{"name":"n2","admin_state_up":"False","shared":1}}`)
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Equal(t, "n2", a.item("network")["name"])
	require.Equal(t, false, a.item("network")["admin_state_up"])
	require.Equal(t, true, a.item("network")["shared"])

	unset := s.do("POST", "/v2.0/networks", `{"network":{"provider:segmentation_id":null}}`).item("network")
	require.Nil(t, unset["provider:segmentation_id"])
}

// TestFarEnds: they are taken, shown to administrators and cleared; a network without them is as upstream's.
func TestFarEnds(t *testing.T) {
	s := newService(t)
	id := s.create("/v2.0/networks", "network", `{"name":"n","far_ends":["10.9.9.9","10.9.9.8","10.9.9.9"]}`)
	path := "/v2.0/networks/" + id
	require.Equal(t, []any{"10.9.9.8", "10.9.9.9"}, s.do("GET", path, "").item("network")["far_ends"])
	put := func(list string) map[string]any {
		a := s.do("PUT", path, `{"network":{"far_ends":`+list+`}}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		return a.item("network")
	}
	require.Equal(t, []any{"10.9.9.7"}, put(`["10.9.9.7"]`)["far_ends"])
	require.NotContains(t, put(`[]`), "far_ends")
	s.refuses(t, []refusal{
		{"IPv6", "PUT", path, `{"network":{"far_ends":["2001:db8::1"]}}`, 400, bad,
			`Invalid input for far_ends. Reason: "2001:db8::1": only IPv4 tunnel addresses exist in hardware_vtep.`},
		{"multicast", "PUT", path, `{"network":{"far_ends":["224.0.0.1"]}}`, 400, bad,
			`Invalid input for far_ends. Reason: "224.0.0.1" can not be the address of a tunnel end point.`},
		{"no list", "PUT", path, `{"network":{"far_ends":"10.0.0.1"}}`, 400, bad, "Invalid input for far_ends. Reason: '10.0.0.1' is not a list."},
	})
}

func TestNetworkRefused(t *testing.T) {
	s := newService(t)
	s.create("/v2.0/networks", "network", `{"id":"taken","provider:segmentation_id":77}`)
	s.create("/v2.0/networks", "network", `{"id":"other","name":"blue","provider:segmentation_id":78}`)
	const path = "/v2.0/networks"
	input := func(name, why string) string { return "Invalid input for " + name + ". Reason: " + why + "." }
	s.refuses(t, []refusal{
		{"type", "POST", path, `{"network":{"provider:network_type":"vlan"}}`, 400, bad, input("provider:network_type", "vlan is not in valid_values")},
		{"VNI 0", "POST", path, `{"network":{"provider:segmentation_id":0}}`, 400, bad, input("provider:segmentation_id", "'0' is too small - must be at least '1'")},
		{"VNI 2^24", "POST", path, `{"network":{"provider:segmentation_id":16777216}}`, 400, bad,
			input("provider:segmentation_id", "'16777216' is too large - must be no larger than '16777215'")},
		{"VNI taken", "POST", path, `{"network":{"provider:segmentation_id":77}}`, 409, "VNIInUse", "VNI 77 is in use by network taken."},
		{"VNI of a named one", "POST", path, `{"network":{"provider:segmentation_id":78}}`, 409, "VNIInUse", "VNI 78 is in use by network blue (other)."},
		{"VNI of another project", "POST", path, `{"network":{"provider:segmentation_id":78,"project_id":"p2"}}`, 409, "VNIInUse", "VNI 78 is in use by network blue (other)."},
		{"id taken", "POST", path, `{"network":{"id":"taken"}}`, 409, "Conflict", "Network taken already exists."},
		{"id path", "POST", path, `{"network":{"id":"a/b"}}`, 400, bad, input("id", "'a/b' is not a valid id")},
		{"id suffix", "POST", path, `{"network":{"id":"a.json"}}`, 400, bad, input("id", "'a.json' is not a valid id")},
		{"id border", "POST", path, `{"network":{"id":"a-border"}}`, 400, bad, input("id", "'a-border' is not a valid id")},
		{"id number", "POST", path, `{"network":{"id":5}}`, 400, bad, input("id", "'5' is not a valid id")},
		{"bool", "POST", path, `{"network":{"admin_state_up":"maybe"}}`, 400, bad, input("admin_state_up", "'maybe' cannot be converted to boolean")},
		{"VNI is final", "PUT", path + "/taken", `{"network":{"provider:segmentation_id":78}}`, 400, bad, "Cannot update read-only attribute provider:segmentation_id"},
		{"unknown", "GET", path + "/nope", "", 404, "NetworkNotFound", "Network nope could not be found."},
	})
}

// TestNetworkByName is what stock clients ask before they name a network.
func TestNetworkByName(t *testing.T) {
	s := newService(t)
	id := s.network("blue")
	require.Empty(t, s.do("GET", "/v2.0/networks?fields=id&id=blue", "").list("networks", "id"))
	require.JSONEq(t, `{"networks":[{"id":"`+id+`"}]}`, s.do("GET", "/v2.0/networks?fields=id&name=blue", "").text)
}

// neutronDefaults are Neutron's attributes of a network, with what stock clients
// and Heat give where they mean nothing by it.
var neutronDefaults = map[string][]string{
	"provider:physical_network": {`null`, `""`}, "router:external": {`null`, `false`, `"False"`}, "mtu": {`null`, `0`},
	"port_security_enabled": {`null`, `true`, `false`}, "tags": {`[]`, `null`}, "availability_zone_hints": {`[]`, `null`},
	"is_default": {`null`, `false`}, "dns_domain": {`""`, `null`}, "vlan_transparent": {`null`, `false`}, "qos_policy_id": {`null`},
	"segments": {`null`, `[]`}, "description": {`""`}, "admin_state_up": {`true`}, "shared": {`false`},
	"provider:network_type": {`"vxlan"`, `null`}, "provider:segmentation_id": {`null`},
}

// Each of Neutron's attributes is taken at its default, and the answer is what it
// would be without.
func TestNetworkOfStockClient(t *testing.T) {
	s := newService(t)
	plain := s.do("POST", "/v2.0/networks", `{"network":{"name":"n"}}`).item("network")
	for name, values := range neutronDefaults {
		for _, v := range values {
			a := s.do("POST", "/v2.0/networks", `{"network":{"name":"n","`+name+`":`+v+`}}`)
			require.Equal(t, http.StatusCreated, a.status, "%s %s: %s", name, v, a.text)
			got := a.item("network")
			got["id"] = plain["id"]
			require.Equal(t, plain, got, "%s %s", name, v)
		}
	}
}

// What is asked for and can not be had is refused by name, with the reason.
func TestNetworkNotSupported(t *testing.T) {
	s := newService(t)
	id := s.network("n")
	for name, given := range map[string]string{
		"provider:physical_network": `"physnet1"`, "router:external": `true`, "mtu": `1450`, "tags": `["a"]`, "availability_zone_hints": `["az"]`,
		"is_default": `true`, "dns_domain": `"example.org."`, "vlan_transparent": `true`, "qos_policy_id": `"q"`,
		"segments": `[{"provider:segmentation_id":5}]`,
	} {
		for _, a := range []answer{
			s.do("POST", "/v2.0/networks", `{"network":{"`+name+`":`+given+`}}`),
			s.do("PUT", "/v2.0/networks/"+id, `{"network":{"`+name+`":`+given+`}}`),
		} {
			require.Equal(t, http.StatusBadRequest, a.status, a.text)
			require.Contains(t, a.text, "Invalid input for "+name+". Reason: ")
			require.Contains(t, a.text, "is not supported: ")
		}
	}
	for _, name := range []string{"created_at", "revision_number", "l2_adjacency", "availability_zones", "status", "subnets"} {
		s.do("POST", "/v2.0/networks", `{"network":{"`+name+`":null}}`).refused(400, bad, "Attribute '"+name+"' not allowed in POST")
	}
	s.do("POST", "/v2.0/networks", `{"network":{"colour":null}}`).refused(400, bad, "Unrecognized attribute(s) 'colour'")
}

func TestNetworkDescription(t *testing.T) {
	s := newService(t)
	id := s.create("/v2.0/networks", "network", `{"name":"n","description":"of tenant a"}`)
	require.Equal(t, "of tenant a", s.do("GET", "/v2.0/networks/"+id, "").item("network")["description"])
	require.Len(t, s.do("GET", "/v2.0/networks?description=of+tenant+a", "").list("networks", "id"), 1)
	a := s.do("PUT", "/v2.0/networks/"+id, `{"network":{"description":"b"}}`)
	require.Equal(t, "b", a.item("network")["description"])
	require.Contains(t, s.do("GET", "/v1/export", "").text, `"description":"b"`)
}
