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
		"id": "0cd3-a_B", "name": "n1", "tenant_id": "default", "project_id": "default",
		"provider:network_type": "vxlan", "provider:segmentation_id": 77.0,
		"status": "ACTIVE", "shared": false, "admin_state_up": true, "router:external": false, "subnets": []any{},
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

func TestNetworkRefused(t *testing.T) {
	s := newService(t)
	s.create("/v2.0/networks", "network", `{"id":"taken","provider:segmentation_id":77}`)
	const path = "/v2.0/networks"
	input := func(name, why string) string { return "Invalid input for " + name + ". Reason: " + why + "." }
	s.refuses(t, []refusal{
		{"type", "POST", path, `{"network":{"provider:network_type":"vlan"}}`, 400, bad, input("provider:network_type", "vlan is not in valid_values")},
		{"VNI 0", "POST", path, `{"network":{"provider:segmentation_id":0}}`, 400, bad, input("provider:segmentation_id", "'0' is too small - must be at least '1'")},
		{"VNI 2^24", "POST", path, `{"network":{"provider:segmentation_id":16777216}}`, 400, bad,
			input("provider:segmentation_id", "'16777216' is too large - must be no larger than '16777215'")},
		{"VNI taken", "POST", path, `{"network":{"provider:segmentation_id":77}}`, 409, "VNIInUse", "VNI 77 is in use by network taken."},
		{"id taken", "POST", path, `{"network":{"id":"taken"}}`, 409, "Conflict", "Network taken already exists."},
		{"id path", "POST", path, `{"network":{"id":"a/b"}}`, 400, bad, input("id", "'a/b' is not a valid network id")},
		{"id suffix", "POST", path, `{"network":{"id":"a.json"}}`, 400, bad, input("id", "'a.json' is not a valid network id")},
		{"id border", "POST", path, `{"network":{"id":"a-border"}}`, 400, bad, input("id", "'a-border' is not a valid network id")},
		{"id number", "POST", path, `{"network":{"id":5}}`, 400, bad, input("id", "'5' is not a valid network id")},
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
