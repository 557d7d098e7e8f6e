package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"bordergw/api"
	"bordergw/model"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
)

func TestUnfreeze(t *testing.T) {
	s := newService(t)
	n := s.network("n")
	s.status.frozen = model.MAC{2, 0, 0, 0, 0, 0xa}
	path := func(network, mac string) string { return "/v1/networks/" + network + "/macs/" + mac + "/unfreeze" }
	require.Equal(t, http.StatusNoContent, s.do("POST", path(n, "02-00-00-00-00-0A"), "").status)
	s.do("POST", path(n, "02:00:00:00:00:0b"), "").refused(404, "FrozenMacNotFound", "MAC 02:00:00:00:00:0b of network "+n+" is not frozen.")
	s.do("POST", path("x", "02:00:00:00:00:0a"), "").refused(404, "NetworkNotFound", "Network x could not be found.")
	s.do("POST", path(n, "x"), "").refused(400, bad, "Invalid input for mac_address. Reason: 'x' is not a valid MAC address.")
	require.Equal(t, http.StatusMethodNotAllowed, s.do("GET", path(n, "02:00:00:00:00:0a"), "").status)
}

func TestPurgeDeletedDevice(t *testing.T) {
	s := newService(t)
	gd, err := s.store.CreateGatewayDevice(t.Context(), model.GatewayDevice{Name: "sw", ManagementIP: "192.0.2.1", ManagementPort: 6640})
	require.NoError(t, err)
	require.NoError(t, s.store.SetInventory(t.Context(), gd.ID, model.Inventory{}))
	s.do("DELETE", "/v1/deleted-devices/"+gd.ID, "").refused(404, "DeletedDeviceNotFound",
		"Deleted device "+gd.ID+" could not be found: it is clean, or was never deleted.")
	require.NoError(t, s.store.DeleteGatewayDevice(t.Context(), gd.ID))
	require.Equal(t, []any{}, s.do("GET", "/v1/deleted-devices", "").json()["deleted_devices"])
	s.status.deleted = []model.DeletedDevice{{ID: gd.ID, Name: "sw", Networks: 3}, {ID: "other", Name: "sw2"}}
	require.Equal(t, []any{gd.ID, "other"}, s.do("GET", "/v1/deleted-devices", "").list("deleted_devices", "id"))
	require.Equal(t, []any{gd.ID}, s.do("GET", "/v1/deleted-devices?name=sw", "").list("deleted_devices", "id"))
	require.Equal(t, []any{"other"}, s.do("GET", "/v1/deleted-devices?id=other", "").list("deleted_devices", "id"))

	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v1/deleted-devices/"+gd.ID, "").status)
	require.Zero(t, s.store.Definitions().Retired.Len())
	require.Equal(t, []any{"delete"}, s.do("GET", "/v1/audit?resource=deleted_device&id="+gd.ID, "").list("audit", "action"))
	require.Equal(t, http.StatusMethodNotAllowed, s.do("GET", "/v1/deleted-devices/"+gd.ID, "").status)
}

func TestAudit(t *testing.T) {
	s := newService(t, withHeaders).as("u", "ops", "admin")
	s.header.Set("X-Auth-Token", "sesame")
	made := s.do("POST", "/v2.0/networks", `{"network":{"name":"old"}}`)
	id := made.item("network")["id"].(string)
	changed := s.do("PUT", "/v2.0/networks/"+id, `{"network":{"name":"new"}}`)
	s.do("PUT", "/v2.0/networks/nope", `{"network":{"name":"new"}}`)
	s.network("other")
	gone := s.do("DELETE", "/v2.0/networks/"+id, "")

	a := s.do("GET", "/v1/audit?resource=network&id="+id, "")
	require.Equal(t, []any{"delete", "update", "create"}, a.list("audit", "action"))
	header := "X-Openstack-Request-Id"
	require.Equal(t, []any{gone.header.Get(header), changed.header.Get(header), made.header.Get(header)}, a.list("audit", "request_id"))
	require.Equal(t, []any{"u", "u", "u"}, a.list("audit", "user"))
	require.NotContains(t, a.text, "sesame")
	update := a.json()["audit"].([]any)[1].(map[string]any)
	require.Equal(t, "old", update["before"].(map[string]any)["name"])
	require.Equal(t, "new", update["after"].(map[string]any)["name"])
	require.Equal(t, "new", update["name"])
	require.Len(t, s.do("GET", "/v1/audit?limit=2", "").list("audit", "id"), 2)
	require.Len(t, s.do("GET", "/v1/audit?name=new&user=u&since=2020-01-01T00:00:00Z", "").list("audit", "id"), 2)
	require.Empty(t, s.do("GET", "/v1/audit?user=v", "").list("audit", "id"))
	s.do("GET", "/v1/audit?since=now", "").refused(400, "HTTPBadRequest", "Invalid input for since. Reason: 'now' is not a time such as 2026-11-29T00:47:02Z.")
	require.Len(t, s.do("GET", "/v1/audit?limit=0", "").list("audit", "id"), 4)
	s.do("GET", "/v1/audit?limit=x", "").refused(400, "BadRequest", "Bad limit request: Limit must be an integer 0 or greater and not 'x'.")
}

// answers are those that show definitions.
func (s *service) answers() map[string]string {
	out := map[string]string{}
	for _, path := range []string{"/v2.0/networks", gatewaysPath, connectionsPath, devicesPath, "/v2.0/quotas"} {
		out[path] = s.do("GET", path, "").text
	}
	return out
}

func TestExportImport(t *testing.T) {
	s := newService(t)
	s.switches()
	hw := s.hardware("hw", "192.0.2.2")
	s.create(devicesPath+"/"+hw+"/remote_mac_entries", "remote_mac_entry", `{"mac_address":"02:00:00:00:00:01","vtep_address":"192.0.2.5","segmentation_id":7000}`)
	s.create(devicesPath, "gateway_device", `{"type":"router_vtep","resource_id":"r","tunnel_ips":["192.0.2.7"]}`)
	border := s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_id":"`+hw+`","segmentation-id":7000}]}`)
	s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_name":"sw2","interfaces":[{"name":"p1","segmentation_id":[0]}]}]}`)
	plain, n := s.gateway(""), s.network("n")
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+border+`","network_id":"`+n+`"}`)
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+plain+`","network_id":"`+n+`","segmentation_id":0}`)
	s.do("PUT", "/v2.0/quotas/default", `{"quota":{"network":1}}`)
	fedPath := "/v1/networks/" + n + "/endpoints/neutron"
	s.do("PUT", fedPath, `{"site":"east","endpoints":[{"vtep_address":"10.0.0.1","macs":[{"mac_address":"fa:16:3e:00:00:01","ip_address":"2001:db8::1"}]},{"vtep_address":"10.0.0.2"}]}`)
	file := s.do("GET", "/v1/export", "").text

	other := newService(t)
	a := other.do("POST", "/v1/import", file)
	require.Equal(t, http.StatusNoContent, a.status, a.text)
	require.Equal(t, s.answers(), other.answers())
	require.Contains(t, s.do("GET", fedPath, "").text, "2001:db8::1")
	require.Equal(t, s.do("GET", fedPath, "").text, other.do("GET", fedPath, "").text)
	require.Equal(t, file, other.do("GET", "/v1/export", "").text)
	other.do("POST", "/v1/import", file).refused(409, "StoreNotEmpty", "Definitions can only be imported into an empty store.")

	require.Contains(t, other.do("GET", "/v1/audit", "").list("audit", "action"), "create")
}

// TestImportChecksEndpoints as a PUT checks them.
func TestImportChecksEndpoints(t *testing.T) {
	s := fed(t)
	s.do("PUT", onSource, `{"site":"east","endpoints":[{"vtep_address":"10.0.0.1","macs":[{"mac_address":"fa:16:3e:00:00:01","ip_address":"10.9.0.1"}]}]}`)
	file := s.do("GET", "/v1/export", "").text
	for old, spoiled := range map[string]string{
		`"10.0.0.1"`: `""`, `"fa:16:3e:00:00:01"`: `"01:00:5e:00:00:01"`, `"10.9.0.1"`: `"224.0.0.1"`, `"neutron"`: `"a b"`, `"east"`: `"a/b"`,
		`"network_id":"net"`: `"network_id":"x"`,
	} {
		require.Contains(t, file, old)
		other := newService(t)
		a := other.do("POST", "/v1/import", strings.Replace(file, old, spoiled, 1))
		require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, a.status, "%s: %s", spoiled, a.text)
		require.Zero(t, other.store.Definitions().Networks.Len())
		require.Equal(t, http.StatusNoContent, other.do("POST", "/v1/import", file).status)
	}
}

// TestImportKeepsManagedBy: ids and managed_by come back by an import.
func TestImportKeepsManagedBy(t *testing.T) {
	s := newService(t)
	for path, body := range map[string]string{
		"/v2.0/networks":           `{"network":{"id":"n1","managed_by":"neutron"}}`,
		"/v2.0/gw/gateway_devices": `{"gateway_device":{"id":"d1","name":"sw1","management_ip":"192.0.2.1","management_port":6640,"managed_by":"neutron"}}`,
		"/v2.0/l2-gateways":        `{"l2_gateway":{"id":"g1","name":"g","devices":[{"device_name":"sw1","interfaces":[{"name":"p1"}]}],"managed_by":"neutron"}}`,
	} {
		require.Equal(t, http.StatusCreated, s.do("POST", path, body).status)
	}
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/l2-gateway-connections", `{"l2_gateway_connection":{"id":"c1","network_id":"n1","l2_gateway_id":"g1","segmentation_id":"10","managed_by":"neutron"}}`).status)
	export := s.do("GET", "/v1/export", "").text
	other := newService(t)
	in := other.do("POST", "/v1/import", export)
	require.Equal(t, http.StatusNoContent, in.status, in.text)
	require.JSONEq(t, export, other.do("GET", "/v1/export", "").text)
}

// F-158: what /v1/export sends is the whole of model.Export, numbers in quarantine too.
func TestExportIsWhole(t *testing.T) {
	s := newService(t)
	s.switches()
	n := s.network("n")
	joined := s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+s.gateway("[1]")+`","network_id":"`+n+`"}`)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", connectionsPath+"/"+joined, "").status)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v2.0/networks/"+n, "").status)
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+s.gateway("[2]")+`","network_id":"`+s.network("m")+`"}`)
	s.do("PUT", "/v2.0/quotas/default", `{"quota":{"network":7}}`)
	s.do("PUT", "/v1/networks/"+s.network("fed")+"/endpoints/neutron", `{"endpoints":[{"vtep_address":"10.0.0.1"}]}`)
	want := s.store.Definitions().Export()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[model.Export]()) {
		require.NotZero(t, reflect.ValueOf(want).Elem().FieldByIndex(field.Index), "the test fills %s", field.Name)
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	file := s.do("GET", "/v1/export", "").text
	require.JSONEq(t, string(text), file)

	vni := strconv.FormatUint(uint64(want.Released[0].VNI), 10)
	other := newService(t)
	require.Equal(t, http.StatusNoContent, other.do("POST", "/v1/import", file).status)
	a := other.do("POST", "/v2.0/networks", `{"network":{"name":"b","provider:segmentation_id":`+vni+`}}`)
	require.Equal(t, http.StatusConflict, a.status, a.text)
	require.Equal(t, "VNIQuarantined", a.item("NeutronError")["type"])
}

func TestImportRefusals(t *testing.T) {
	s := newService(t)
	s.hardware("hw", "192.0.2.2")
	s.gateway("[7]")
	s.network("n")
	file := s.do("GET", "/v1/export", "").text
	other := newService(t)
	for old, spoilt := range map[string]string{
		`{"format":1`:            `{"format":1,"more":2`,
		`"format":1`:             `"format":2`,
		`"vlans":[7]`:            `"vlans":[4095]`,
		`"name":"p1"`:            `"name":""`,
		`"name":"hw"`:            `"name":"h\u0007w"`,
		`"type":"hw_vtep"`:       `"type":"x"`,
		`"name":"n"`:             `"name":"` + strings.Repeat("n", 256) + `"`,
		`"networks":[`:           `"networks":[null,`,
		`"gateway_devices":[`:    `"gateway_devices":[null,`,
		`"device_name":"sw1"`:    `"device_name":"sw1","device_id":"x"`,
		`"border_mode":"direct"`: `"border_mode":"bent"`,
		`"networks":[{"id":"`:    `"networks":[{"id":"/`,
	} {
		require.Contains(t, file, old)
		a := other.do("POST", "/v1/import", strings.Replace(file, old, spoilt, 1))
		require.Equal(t, http.StatusBadRequest, a.status, "%s: %s", spoilt, a.text)
		require.Contains(t, []any{bad, "InvalidInput"}, a.item("NeutronError")["type"])
	}
	require.Zero(t, other.store.Definitions().Revision)
	for _, body := range []string{"", "x", file + "1", `[]`} {
		require.Equal(t, http.StatusBadRequest, other.do("POST", "/v1/import", body).status)
	}
	require.Equal(t, http.StatusNoContent, other.do("POST", "/v1/import", file).status)
}

// An Authenticator that can not answer now is not the client's fault.
func TestAuthenticationUnavailable(t *testing.T) {
	var log bytes.Buffer
	s := newService(t, func(c *api.Config) {
		l := logrus.New()
		l.SetOutput(&log)
		c.Auth, c.Log = away{}, l
	})
	s.do("GET", gatewaysPath, "").refused(503, "ServiceUnavailable", "Authentication is not possible now.")
	require.Contains(t, log.String(), "keystone is away")
}

type away struct{}

func (away) Authenticate(*http.Request) (api.Identity, error) {
	return api.Identity{}, &json.UnsupportedValueError{Str: "keystone is away"}
}
