package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMixedGateway: both forms of a device in one gateway, changed by one PUT,
// each in its own way.
func TestMixedGateway(t *testing.T) {
	s := newService(t)
	s.switches()
	hw, late := s.hardware("hw", "192.0.2.2"), s.hardware("late", "192.0.2.3")
	id := s.create(gatewaysPath, "l2_gateway", `{"name":"g","devices":[
		{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":[5]}]},
		{"device_id":"`+hw+`","segmentaion_id":"7000"}]}`)
	path := gatewaysPath + "/" + id
	devices := func(body string) []any {
		t.Helper()
		a := s.do("PUT", path, `{"l2_gateway":`+body+`}`)
		require.Equal(t, http.StatusOK, a.status, a.text)
		return a.item("l2_gateway")["devices"].([]any)
	}
	border := func(device, id string, n float64) map[string]any {
		return map[string]any{"device_id": device, "segmentation_id": id, "segmentation-id": n}
	}

	got := devices(`{"devices":[{"device_id":"` + hw + `","segmentation-id":7001}]}`)
	require.Equal(t, border(hw, "7001", 7001), got[1])
	require.Equal(t, "sw1", got[0].(map[string]any)["device_name"], "what is not listed stays")
	got = devices(`{"devices":[{"device_name":"sw1","interfaces":[{"name":"p2","segmentation_id":["6"]}]},{"device_id":"` + hw + `","segmentation_id":"7002"}]}`)
	require.Equal(t, border(hw, "7002", 7002), got[1])
	require.Equal(t, []any{map[string]any{"name": "p2", "segmentation_id": []any{"6"}}}, got[0].(map[string]any)["interfaces"])
	s.do("PUT", path, `{"l2_gateway":{"devices":[{"device_id":"`+late+`","segmentation_id":7002}]}}`).
		refused(404, "L2GatewayDeviceNotFound", "L2 Gateway Device "+late+" could not be found.")
	got = devices(`{"replace_devices":true,"devices":[{"device_id":"` + hw + `","segmentation_id":7002},{"device_id":"` + late + `","segmentation_id":7002}]}`)
	require.Equal(t, []any{border(hw, "7002", 7002), border(late, "7002", 7002)}, got)

	n := s.network("n")
	s.create(connectionsPath, "l2_gateway_connection", `{"l2_gateway_id":"`+id+`","network_id":"`+n+`"}`)
	require.Equal(t, 7002.0, s.do("GET", "/v2.0/networks/"+n, "").item("network")["provider:segmentation_id"])
	got = devices(`{"devices":[{"device_id":"` + hw + `","segmentation_id":8000},{"device_id":"` + late + `","segmentation_id":8000}]}`)
	require.Equal(t, []any{border(hw, "8000", 8000), border(late, "8000", 8000)}, got)
	require.Equal(t, 7002.0, s.do("GET", "/v2.0/networks/"+n, "").item("network")["provider:segmentation_id"], "a network's VNI never changes")
}

// TestBulkRemoteMACs: all or none.
func TestBulkRemoteMACs(t *testing.T) {
	s := newService(t)
	path := devicesPath + "/" + s.hardware("hw", "192.0.2.2") + "/remote_mac_entries"
	entry := func(mac string) string {
		return `{"mac_address":"` + mac + `","vtep_address":"192.0.2.9","segmentation_id":5}`
	}
	bulk := func(a, b string) answer {
		return s.do("POST", path, `{"remote_mac_entries":[`+entry(a)+`,`+entry(b)+`]}`)
	}
	bulk("02:00:00:00:00:01", "02-00-00-00-00-01").refused(409, "DuplicateRemoteMacEntry",
		"Request contains duplicate remote mac address entry: mac_address 02:00:00:00:00:01.")
	bulk("02:00:00:00:00:01", "03:00:00:00:00:01").refused(400, bad, "Invalid input for mac_address. Reason: '03:00:00:00:00:01' is not a unicast MAC address.")
	require.Empty(t, s.do("GET", path, "").list("remote_mac_entries", "id"))
	a := bulk("02:00:00:00:00:01", "02:00:00:00:00:02")
	require.Equal(t, http.StatusCreated, a.status, a.text)
	require.Equal(t, s.do("GET", path, "").json(), a.json())
	require.Equal(t, s.do("GET", path+"?segmentation_id=5", "").json(), a.json())
}
