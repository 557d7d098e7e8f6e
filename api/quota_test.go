package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuotas(t *testing.T) {
	s := newService(t, withHeaders).as("a", "ops", "admin")
	put := func(body string) answer { return s.do("PUT", "/v2.0/quotas/p", `{"quota":`+body+`}`) }
	limits := func(a answer) []any {
		q := a.item("quota")
		return []any{q["network"], q["l2_gateway"], q["l2-gateway"], q["l2_gateway_connection"], q["l2-gateway-connection"], q["gateway_device"]}
	}
	none := []any{-1.0, -1.0, -1.0, -1.0, -1.0, -1.0}
	require.Equal(t, none, limits(s.do("GET", "/v2.0/quotas/p", "")))
	require.Empty(t, s.do("GET", "/v2.0/quotas", "").list("quotas", "project_id"))

	want := []any{-1.0, 1.0, 1.0, 0.0, 0.0, -1.0}
	require.Equal(t, want, limits(put(`{"l2-gateway-connection":0,"l2_gateway":"1"}`)))
	require.Equal(t, want, limits(s.do("GET", "/v2.0/quotas/p.json", "")))
	require.Equal(t, none, limits(s.do("GET", "/v2.0/quotas/p/default", "")))
	require.Equal(t, []any{"p"}, s.do("GET", "/v2.0/quotas", "").list("quotas", "tenant_id"))

	gateway := `{"l2_gateway":{"tenant_id":"p","devices":[{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":[5]}]}]}}`
	a := s.do("POST", gatewaysPath, gateway)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	s.do("POST", gatewaysPath, gateway).refused(409, "OverQuota", "Quota exceeded for resources: ['l2_gateway'].")
	connection := `{"l2_gateway_connection":{"l2_gateway_id":"` + a.item("l2_gateway")["id"].(string) + `","network_id":"` + s.network("n") + `"}}`
	s.do("POST", connectionsPath, connection).refused(409, "OverQuota", "Quota exceeded for resources: ['l2_gateway_connection'].")
	require.Equal(t, http.StatusOK, put(`{"l2_gateway_connection":-1}`).status)
	s.switches()
	require.Equal(t, http.StatusCreated, s.do("POST", connectionsPath, connection).status)

	s.refuses(t, []refusal{
		{"unknown", "PUT", "/v2.0/quotas/p", `{"quota":{"port":1}}`, 400, bad, "Unrecognized attribute(s) 'port'"},
		{"small", "PUT", "/v2.0/quotas/p", `{"quota":{"network":-2}}`, 400, bad, "Invalid input for network. Reason: '-2' is too small - must be at least '-1'."},
		{"large", "PUT", "/v2.0/quotas/p", `{"quota":{"network":2147483648}}`, 400, bad, "Invalid input for network. Reason: '2147483648' is too large - must be no larger than '2147483647'."},
		{"text", "PUT", "/v2.0/quotas/p", `{"quota":{"network":"x"}}`, 400, bad, "Invalid input for network. Reason: 'x' is not an integer."},
		{"spellings", "PUT", "/v2.0/quotas/p", `{"quota":{"l2_gateway":1,"l2-gateway":2}}`, 400, bad, "'l2-gateway' and 'l2_gateway' do not match"},
		{"owner", "PUT", "/v2.0/quotas/p", `{"quota":{"tenant_id":"q"}}`, 400, bad, "Cannot update read-only attribute tenant_id"},
		{"none", "DELETE", "/v2.0/quotas/q", "", 404, "TenantQuotaNotFound", "Quota for tenant q could not be found."},
	})
	require.Equal(t, http.StatusMethodNotAllowed, s.do("POST", "/v2.0/quotas", `{"quota":{}}`).status)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v2.0/quotas/p", "").status)
	require.Equal(t, none, limits(s.do("GET", "/v2.0/quotas/p", "")))
}

func TestQuotaRights(t *testing.T) {
	s := newService(t, withHeaders).as("u", "p", "member")
	const reason = "User does not have admin privileges: Only admin can view or configure quota"
	require.Equal(t, http.StatusOK, s.do("GET", "/v2.0/quotas/p", "").status)
	require.Equal(t, http.StatusOK, s.do("GET", "/v2.0/quotas/p/default", "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v2.0/quotas/q", "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v2.0/quotas/q/default", "").status)
	s.do("PUT", "/v2.0/quotas/p", `{"quota":{"network":5}}`).refused(403, "AdminRequired", reason)
	s.do("DELETE", "/v2.0/quotas/p", "").refused(403, "AdminRequired", reason)
}

// TestQuotaDetails is what "openstack quota list --detail" asks.
func TestQuotaDetails(t *testing.T) {
	s := newService(t)
	s.network("n")
	for _, path := range []string{"/v2.0/quotas/default/details.json", "/v2.0/quotas/default/details"} {
		details := s.do("GET", path, "").item("quota")
		require.Equal(t, map[string]any{"limit": -1.0, "used": 1.0, "reserved": 0.0}, details["network"])
		require.Equal(t, map[string]any{"limit": -1.0, "used": 0.0, "reserved": 0.0}, details["l2_gateway"])
	}
	s = newService(t, withHeaders).as("u", "p", "member")
	require.Equal(t, http.StatusOK, s.do("GET", "/v2.0/quotas/p/details", "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v2.0/quotas/q/details", "").status)
}
