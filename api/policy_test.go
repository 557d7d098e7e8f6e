package api_test

import (
	"net/http"
	"testing"

	"bordergw/api"

	"github.com/stretchr/testify/require"
)

// withPolicy overrides rules; headers say who the caller is.
func withPolicy(tb testing.TB, rules map[string]string) func(*api.Config) {
	p, err := api.NewPolicy(rules)
	require.NoError(tb, err)
	return func(c *api.Config) { c.Auth, c.Policy = api.TrustedHeaders{}, p }
}

func TestPolicyOfGateways(t *testing.T) {
	s := newService(t, withPolicy(t, map[string]string{
		"create_l2_gateway": "rule:admin_or_owner",
		"get_l2_gateway":    "owner or role:auditor",
		"delete_l2_gateway": "admin_only or role:cleaner",
	}))
	body := `{"l2_gateway":{"devices":[{"device_name":"sw1","interfaces":[{"name":"p1"}]}]}}`
	a := s.as("u", "p", "member").do("POST", gatewaysPath, body)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	id := a.item("l2_gateway")["id"].(string)

	require.Len(t, s.do("GET", gatewaysPath, "").list("l2_gateways", "id"), 1)
	require.Len(t, s.as("a", "q", "AUDITOR").do("GET", gatewaysPath, "").list("l2_gateways", "id"), 1)
	require.Empty(t, s.as("o", "q", "member").do("GET", gatewaysPath, "").list("l2_gateways", "id"))
	s.do("GET", gatewaysPath+"/"+id, "").refused(404, "L2GatewayNotFound", "L2 Gateway "+id+" could not be found")
	s.as("u", "p", "member").do("DELETE", gatewaysPath+"/"+id, "").refused(403, "AdminRequired",
		"User does not have admin privileges: Cannot DELETE resource for non admin tenant.")
	s.do("PUT", gatewaysPath+"/"+id, `{"l2_gateway":{"name":"x"}}`).refused(403, "AdminRequired",
		"User does not have admin privileges: Cannot UPDATE resource for non admin tenant.")
	require.Equal(t, http.StatusNoContent, s.as("u", "p", "cleaner").do("DELETE", gatewaysPath+"/"+id, "").status)
}

// Where projects may define gateways and connections, what others own is out of
// their reach.
func TestPolicyOfForeignParts(t *testing.T) {
	s := newService(t, withPolicy(t, map[string]string{
		"create_l2_gateway": "admin_or_owner", "update_l2_gateway": "admin_or_owner", "get_l2_gateway": "admin_or_owner",
		"create_l2_gateway_connection": "admin_or_owner",
	}))
	gateway := func(device string) string {
		return `{"l2_gateway":{"devices":[{"device_id":"` + device + `","segmentation_id":7000}]}}`
	}
	join := func(gw, network string) string {
		return `{"l2_gateway_connection":{"l2_gateway_id":"` + gw + `","network_id":"` + network + `"}}`
	}
	s.as("o", "theirs", "member")
	device, network := s.hardware("hw", "192.0.2.1"), s.network("n")
	a := s.do("POST", gatewaysPath, gateway(device))
	require.Equal(t, http.StatusCreated, a.status, a.text)
	theirs := a.item("l2_gateway")["id"].(string)

	s.as("m", "mine", "member")
	own := s.network("own")
	a = s.do("POST", gatewaysPath, gateway(s.hardware("hw", "192.0.2.2")))
	mine := a.item("l2_gateway")["id"].(string)
	s.do("POST", gatewaysPath, gateway(device)).refused(404, "GatewayDeviceNotFound", "Gateway device "+device+" does not exist")
	s.do("PUT", gatewaysPath+"/"+mine, `{"l2_gateway":{"replace_devices":true,"devices":[{"device_id":"`+device+`"}]}}`).
		refused(404, "GatewayDeviceNotFound", "Gateway device "+device+" does not exist")
	s.do("POST", connectionsPath, join(mine, network)).refused(404, "NetworkNotFound", "Network "+network+" could not be found.")
	s.do("POST", connectionsPath, join(theirs, own)).refused(404, "L2GatewayNotFound", "L2 Gateway "+theirs+" could not be found")
	require.Equal(t, http.StatusCreated, s.do("POST", connectionsPath, join(mine, own)).status)
	a = s.as("a", "ops", "admin").do("POST", connectionsPath, join(mine, network))
	require.Equal(t, 409, a.status, a.text) // one VNI on one device: refused for its own reason
}

func TestPolicyOfNetworksAndMACs(t *testing.T) {
	s := newService(t, withPolicy(t, map[string]string{
		"create_network":          "role:netop",
		"get_network":             "any",
		"create_remote_mac_entry": "admin_only",
	}))
	s.as("u", "p", "member").do("POST", "/v2.0/networks", `{"network":{}}`).
		refused(403, "PolicyNotAuthorized", "rule:create_network is disallowed by policy")
	require.Equal(t, http.StatusCreated, s.as("u", "p", "netop").do("POST", "/v2.0/networks", `{"network":{}}`).status)
	require.Len(t, s.as("o", "q", "").do("GET", "/v2.0/networks", "").list("networks", "id"), 1)

	device := s.as("u", "p", "member").hardware("hw", "192.0.2.1")
	s.do("POST", devicesPath+"/"+device+"/remote_mac_entries",
		`{"remote_mac_entry":{"mac_address":"02:00:00:00:00:01","vtep_address":"192.0.2.5","segmentation_id":5}}`).
		refused(403, "PolicyNotAuthorized", "rule:create_remote_mac_entry is disallowed by policy")
}

func TestPolicyOfOwnEndpoints(t *testing.T) {
	s := newService(t, withPolicy(t, map[string]string{"get_plan": "role:operator", "get_audit": "admin_or_owner"}))
	require.Equal(t, http.StatusOK, s.as("u", "p", "operator").do("GET", "/v1/plan", "").status)
	for _, x := range []struct{ method, path string }{
		{"GET", "/v1/devices"}, {"GET", "/v1/audit"}, {"GET", "/v1/export"}, {"POST", "/v1/import"},
		{"POST", "/v1/networks/n/macs/02:00:00:00:00:01/unfreeze"},
	} {
		s.do(x.method, x.path, "").refused(403, "AdminRequired",
			"User does not have admin privileges: Cannot "+x.method+" resource for non admin tenant.")
	}
}

func TestPolicyRefusals(t *testing.T) {
	for action, rule := range map[string]string{
		"create_l2gateway": "any", "create_agent": "any", "": "any",
		"get_plan": "", "get_audit": "role:", "export": "admin_only and owner", "import": "everyone", "get_network": "any or",
	} {
		_, err := api.NewPolicy(map[string]string{action: rule})
		require.ErrorContains(t, err, action, rule)
	}
}
