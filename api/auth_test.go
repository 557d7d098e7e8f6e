package api_test

import (
	"net/http"
	"testing"

	"bordergw/api"

	"github.com/stretchr/testify/require"
)

func withHeaders(c *api.Config) { c.Auth = api.TrustedHeaders{} }

func (s *service) as(user, project, roles string) *service {
	s.header = http.Header{}
	for name, value := range map[string]string{"X-User-Id": user, "X-Project-Id": project, "X-Roles": roles} {
		if value != "" {
			s.header.Set(name, value)
		}
	}
	return s
}

func TestUnauthorized(t *testing.T) {
	s := newService(t, withHeaders)
	for _, who := range []*service{s.as("", "", ""), s.as("", "p", "admin"), s.as("u", "", "admin")} {
		for _, path := range []string{"/v2.0/l2-gateways", "/v2.0/networks/x", "/v1/devices", "/v1/plan", "/v2.0/"} {
			a := who.do("GET", path, "")
			require.Equal(t, http.StatusUnauthorized, a.status, path)
			require.Equal(t, "Authentication required\n", a.text)
			require.Equal(t, "text/plain; charset=utf-8", a.header.Get("Content-Type"))
			require.NotEmpty(t, a.header.Get("WWW-Authenticate"))
		}
		for _, path := range []string{"/", "/healthz", "/healthcheck", "/readyz", "/metrics"} {
			require.Equal(t, http.StatusOK, who.do("GET", path, "").status, path)
		}
	}
}

func TestTokens(t *testing.T) {
	s := newService(t, func(c *api.Config) {
		c.Auth = api.NewTokens([]api.Token{
			{Secret: "root", User: "r", Project: "ops", Roles: []string{"Admin"}},
			{Secret: "plain", User: "u", Project: "p", Roles: []string{"member"}},
			{Secret: "free", User: "f", Roles: []string{"admin"}},
			{User: "nobody", Project: "x"},
		})
	})
	status := func(name, value string) int {
		s.header = http.Header{name: {value}}
		return s.do("GET", gatewaysPath, "").status
	}
	require.Equal(t, http.StatusOK, status("X-Auth-Token", "root"))
	require.Equal(t, http.StatusOK, status("Authorization", "Bearer root"))
	require.Equal(t, http.StatusOK, status("Authorization", "bearer root")) // RFC 9110, 11.1
	require.Equal(t, http.StatusForbidden, status("X-Auth-Token", "plain"))
	require.Equal(t, http.StatusUnauthorized, status("Authorization", "root"))
	require.Equal(t, http.StatusUnauthorized, status("X-Auth-Token", "ROOT"))
	require.Equal(t, http.StatusUnauthorized, status("X-Auth-Token", ""))
	require.Equal(t, http.StatusUnauthorized, status("Authorization", "Bearer "))
	require.Equal(t, http.StatusUnauthorized, status("Authorization", "Basic cm9vdA=="))

	s.header = http.Header{"X-Auth-Token": {"free"}}
	s.do("POST", "/v2.0/networks", `{"network":{}}`).refused(400, bad, "Running without keystone AuthN requires that tenant_id is specified")
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/networks", `{"network":{"project_id":"x"}}`).status)
}

// TestAdminOnly: networking-l2gw's resources are for administrators, whatever
// the request names. The refusal of a bad body comes first.
func TestAdminOnly(t *testing.T) {
	s := newService(t, withHeaders).as("u", "p", "member")
	message := func(verb string) string {
		return "User does not have admin privileges: Cannot " + verb + " resource for non admin tenant."
	}
	gw := `{"l2_gateway":{"devices":[{"device_name":"sw1","interfaces":[{"name":"p1"}]}]}}`
	s.refuses(t, []refusal{
		{"list", "GET", gatewaysPath, "", 403, "AdminRequired", message("GET")},
		{"show unknown", "GET", gatewaysPath + "/nope", "", 403, "AdminRequired", message("GET")},
		{"create", "POST", gatewaysPath, gw, 403, "AdminRequired", message("CREATE")},
		{"create badly", "POST", gatewaysPath, "", 400, bad, "Resource body required"},
		{"update", "PUT", gatewaysPath + "/nope", gw, 403, "AdminRequired", message("GET")},
		{"delete", "DELETE", gatewaysPath + "/nope", "", 403, "AdminRequired", message("GET")},
		{"list connections", "GET", connectionsPath, "", 403, "AdminRequired", message("GET")},
		{"create connection", "POST", connectionsPath, joined("a", "b", ""), 403, "AdminRequired", message("CREATE")},
		{"delete connection", "DELETE", connectionsPath + "/nope", "", 403, "AdminRequired", message("GET")},
		{"other project", "POST", devicesPath, device(`"tenant_id":"q","management_ip":"10.0.0.1","management_port":1`), 400, bad,
			"Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges"},
		{"devices", "GET", "/v1/devices", "", 403, "AdminRequired", message("GET")},
		{"plan", "GET", "/v1/plan", "", 403, "AdminRequired", message("GET")},
	})
}

// TestOwnership: devices and their MACs belong to a project, and do not exist
// for others.
func TestOwnership(t *testing.T) {
	s := newService(t, withHeaders)
	id := s.as("u", "p", "member").hardware("mine", "10.0.0.1")
	path := devicesPath + "/" + id
	mac := `{"remote_mac_entry":{"mac_address":"02:00:00:00:00:01","vtep_address":"192.0.2.5","segmentation_id":5}}`
	a := s.do("POST", path+"/remote_mac_entries", mac)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	entry := "/remote_mac_entries/" + a.item("remote_mac_entry")["id"].(string)
	require.Equal(t, http.StatusOK, s.do("GET", path+entry, "").status)
	require.Equal(t, http.StatusOK, s.do("PUT", path, device(`"name":"still mine"`)).status)

	absent := "Gateway device " + id + " does not exist"
	s.as("v", "q", "member").refuses(t, []refusal{
		{"show", "GET", path, "", 404, "GatewayDeviceNotFound", absent},
		{"update", "PUT", path, device(`"name":"x"`), 404, "GatewayDeviceNotFound", absent},
		{"delete", "DELETE", path, "", 404, "GatewayDeviceNotFound", absent},
		{"add MAC", "POST", path + "/remote_mac_entries", mac, 404, "GatewayDeviceNotFound", absent},
		{"show MAC", "GET", path + entry, "", 404, "GatewayDeviceNotFound", absent},
		{"delete MAC", "DELETE", path + entry, "", 404, "GatewayDeviceNotFound", absent},
	})
	require.Empty(t, s.do("GET", devicesPath, "").list("gateway_devices", "id"))
	require.Empty(t, s.do("GET", path+"/remote_mac_entries", "").list("remote_mac_entries", "id"))
	require.Equal(t, []any{id}, s.as("r", "ops", "admin").do("GET", devicesPath, "").list("gateway_devices", "id"))
	require.Equal(t, http.StatusNoContent, s.as("u", "p", "").do("DELETE", path, "").status)
}

func TestNetworkPolicy(t *testing.T) {
	s := newService(t, withHeaders)
	shared := s.as("r", "ops", "reader, Admin").create("/v2.0/networks", "network", `{"name":"s","shared":true,"provider:segmentation_id":77}`)
	hidden := s.create("/v2.0/networks", "network", `{"name":"h"}`)
	s.as("u", "p", "member")
	mine := s.network("m")
	s.refuses(t, []refusal{
		{"hidden", "GET", "/v2.0/networks/" + hidden, "", 404, "NetworkNotFound", "Network " + hidden + " could not be found."},
		{"update shared", "PUT", "/v2.0/networks/" + shared, `{"network":{"name":"x"}}`, 403, "PolicyNotAuthorized", "rule:update_network is disallowed by policy"},
		{"delete shared", "DELETE", "/v2.0/networks/" + shared, "", 403, "PolicyNotAuthorized", "rule:delete_network is disallowed by policy"},
		{"share", "PUT", "/v2.0/networks/" + mine, `{"network":{"shared":true}}`, 403, "PolicyNotAuthorized", "rule:update_network:shared is disallowed by policy"},
		{"VNI", "POST", "/v2.0/networks", `{"network":{"provider:segmentation_id":5}}`, 403, "PolicyNotAuthorized", "rule:create_network:provider:segmentation_id is disallowed by policy"},
		{"id", "POST", "/v2.0/networks", `{"network":{"id":"x"}}`, 403, "PolicyNotAuthorized", "rule:create_network:id is disallowed by policy"},
		{"sort by VNI", "GET", "/v2.0/networks?sort_key=provider:segmentation_id&sort_dir=asc", "", 400, bad, "['provider:segmentation_id'] is invalid attribute for sort_keys"},
	})
	require.Equal(t, []any{shared, mine}, s.do("GET", "/v2.0/networks", "").list("networks", "id"))
	require.Equal(t, []any{shared, mine}, s.do("GET", "/v2.0/networks?provider:segmentation_id=1", "").list("networks", "id"),
		"a filter must not reveal what is not shown")
	require.NotContains(t, s.do("GET", "/v2.0/networks/"+shared, "").item("network"), "provider:segmentation_id")
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v2.0/networks/"+mine, "").status)
}

// A network that its caller can not see can not be taken by a device of his,
// which would keep its owner from deleting it.
func TestForeignNetworkOfDevice(t *testing.T) {
	s := newService(t, withHeaders)
	id := s.as("o", "theirs", "member").network("n")
	body := `{"gateway_device":{"type":"network_vlan","resource_id":"` + id + `"}}`
	s.as("m", "mine", "member").do("POST", devicesPath, body).refused(404, "ResourceNotFound", "specified resource "+id+" does not exist")
	require.Equal(t, http.StatusNoContent, s.as("o", "theirs", "member").do("DELETE", "/v2.0/networks/"+id, "").status)

	id = s.network("n")
	body = `{"gateway_device":{"type":"network_vlan","resource_id":"` + id + `"}}`
	require.Equal(t, http.StatusCreated, s.do("POST", devicesPath, body).status)
}

// TestWhoami: everybody who is authenticated may ask what he is taken for.
func TestWhoami(t *testing.T) {
	require.JSONEq(t, `{"user":"anonymous","project_id":"default","roles":["admin"]}`, newService(t).do("GET", "/v1/whoami", "").text)
	s := newService(t, withHeaders)
	require.Equal(t, http.StatusUnauthorized, s.do("GET", "/v1/whoami", "").status)
	require.JSONEq(t, `{"user":"u","project_id":"p","roles":["member","reader"]}`, s.as("u", "p", "member, reader,").do("GET", "/v1/whoami", "").text)
	require.JSONEq(t, `{"user":"u","project_id":"p","roles":[]}`, s.as("u", "p", "").do("GET", "/v1/whoami", "").text)
}
