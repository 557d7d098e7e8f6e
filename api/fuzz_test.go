package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// FuzzRequest: no request gives a 5xx, and every 4xx carries a NeutronError.
// $gw, $hw and $net stand for ids that exist.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/v2.0/l2-gateways?limit=1&marker=x&page_reverse=True&fields=id", ""},
		{"GET", "/v2/networks.json?sort_key=name&sort_dir=asc&name=n", ""},
		{"POST", "/v2.0/networks", `{"network":{"id":"x","name":"n","provider:segmentation_id":"9"}}`},
		{"POST", "/v2.0/l2-gateways", `{"l2_gateway":{"devices":[{"device_id":"$hw","segmentation-id":7000}]}}`},
		{"POST", "/v2.0/l2_gateways", `{"l2_gateway":{"devices":[{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":["1",2]}]}]}}`},
		{"PUT", "/v2.0/l2-gateways/$gw", `{"l2_gateway":{"replace_devices":true,"devices":[{"device_name":"sw2","interfaces":[{"name":"p1"}]}]}}`},
		{"POST", "/v2.0/l2-gateway-connections", `{"l2_gateway_connection":{"l2_gateway_id":"$gw","network_id":"$net","segmentation-id":5}}`},
		{"POST", "/v2.0/gw/gateway_devices", `{"gateway_device":{"management_ip":"192.0.2.9","management_port":"1","tunnel_ips":["192.0.2.9"]}}`},
		{"PUT", "/v2.0/gateway-devices/$hw", `{"gateway_device":{"border_mode":"stitch","stitch_ports":["a","b"]}}`},
		{"POST", "/v2.0/gw/gateway_devices/$hw/remote_mac_entries", `{"remote_mac_entries":[{"mac_address":"02:00:00:00:00:01","vtep_address":"192.0.2.5","segmentation_id":5}]}`},
		{"DELETE", "/v2.0/gw/gateway_devices/$hw/remote_mac_entries/x", ""},
		{"DELETE", "/v2.0/networks/$net", "x"},
		{"PUT", "/v2.0/quotas/default", `{"quota":{"l2-gateway":"9","network":-1}}`},
		{"GET", "/v2/quotas/x/default", ""},
		{"DELETE", "/v2.0/quotas/%00", ""},
		{"GET", "/v2.0/agents?alive=true&sort_key=host&sort_dir=desc&limit=1", ""},
		{"PUT", "/v2.0/agents/d1", `{"agent":{"alive":true}}`},
		{"GET", "/v1/audit?limit=3&resource=network&id=x", ""},
		{"GET", "/v1/export", ""},
		{"POST", "/v1/import", `{"format":1,"networks":[{"id":"n","seq":1}]}`},
		{"POST", "/v1/networks/$net/macs/02:00:00:00:00:01/unfreeze", ""},
		{"PATCH", "/v2.0/extensions/l2-gateway", ""},
		{"POST", "/v2.0/l2-gateways", `{"l2_gateway":{"tenant_id":[[]],"devices":[{"device_name":"s","interfaces":[{"name":"p","segmentation_id":[1],"segmentation-id":[[1]]}]}]}}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	s := newService(f)
	s.status.reports = []model.DeviceReport{{ID: "d1", Name: "sw1"}, {Name: "found"}}
	s.switches()
	ids := strings.NewReplacer("$gw", s.gateway("[5]"), "$hw", s.hardware("hw", "192.0.2.2"), "$net", s.network("n"))
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(ids.Replace(target))
		if err != nil || !u.IsAbs() && !strings.HasPrefix(target, "/") {
			return // net/http answers these itself
		}
		r, err := http.NewRequest(method, "http://localhost/", strings.NewReader(ids.Replace(body)))
		if err != nil {
			return
		}
		r.URL = u
		w := httptest.NewRecorder()
		s.http.ServeHTTP(w, r)
		require.Less(t, w.Code, 500, w.Body.String())
		if w.Code < 400 {
			return
		}
		var e map[string]map[string]*string
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e), w.Body.String())
		require.Len(t, e, 1)
		require.Len(t, e["NeutronError"], 3)
		for _, key := range []string{"type", "message", "detail"} {
			require.NotNil(t, e["NeutronError"][key], w.Body.String())
		}
	})
}
