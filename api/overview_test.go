package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

func TestOverview(t *testing.T) {
	s := newService(t)
	s.status.overview = model.Overview{
		Revision: 7, Ready: "device sw2 has not been read yet", Settled: true, FrozenMACs: 2, Networks: 3,
		Devices: map[string]int{model.DeviceUnreachable: 1}, Connections: map[string]int{model.ConnectionError: 1},
		Attention: []model.Attention{
			{Kind: model.KindDevice, ID: "d", Name: "sw2", Status: model.DeviceUnreachable, Since: time.Unix(1, 0).UTC(), Message: "refused"},
			{Kind: model.KindMAC, Status: model.MACFrozen, Message: "2"},
		}, AttentionTotal: 2,
		Sites:     []model.SiteDevices{{Name: "east", Devices: []model.SiteDevice{{ID: "d", Name: "sw2", Status: model.DeviceUnreachable, Border: true}}}},
		Stretches: []model.Stretch{{Sites: []string{"east", "west"}, Networks: 3, Down: []string{"sw2"}}}, StretchesTotal: 1,
	}
	require.JSONEq(t, `{"revision":7,"ready":"device sw2 has not been read yet","settled":true,"frozen_macs":2,"networks":3,
		"devices":{"UNREACHABLE":1},"connections":{"ERROR":1},
		"attention":[{"kind":"device","id":"d","name":"sw2","status":"UNREACHABLE","since":"1970-01-01T00:00:01Z","message":"refused"},
			{"kind":"mac","id":"","name":"","status":"frozen","message":"2"}],"attention_total":2,
		"sites":[{"name":"east","devices":[{"id":"d","name":"sw2","status":"UNREACHABLE","border":true}]}],
		"stretches":[{"sites":["east","west"],"networks":3,"down":["sw2"]}],"stretches_total":1}`, s.do("GET", "/v1/overview", "").text)
	require.Equal(t, http.StatusMethodNotAllowed, s.do("POST", "/v1/overview", "").status)
}

// TestOverviewHasItsPolicy: who may see the overview need not be an administrator.
func TestOverviewHasItsPolicy(t *testing.T) {
	require.Equal(t, http.StatusForbidden, newService(t, withHeaders).as("u", "p", "member").do("GET", "/v1/overview", "").status)
	s := newService(t, withPolicy(t, map[string]string{"get_overview": "role:auditor"}))
	require.Equal(t, http.StatusOK, s.as("u", "p", "auditor").do("GET", "/v1/overview", "").status)
	require.Equal(t, http.StatusForbidden, s.do("GET", "/v1/devices", "").status)
}

// TestOneDeviceReport: it is as in the list, and found by id and by name.
func TestOneDeviceReport(t *testing.T) {
	s := newService(t)
	report := everyField()
	report.ID = s.hardware("hw1", "192.0.2.1")
	s.status.reports = []model.DeviceReport{{ID: "other", Name: "hw2"}, report}
	want, err := json.Marshal(report)
	require.NoError(t, err)
	for _, ref := range []string{report.ID, "hw1"} {
		require.JSONEq(t, string(want), s.do("GET", "/v1/devices/"+ref, "").text)
	}

	report.Switches[0].Ports = nil
	want, err = json.Marshal(report)
	require.NoError(t, err)
	require.JSONEq(t, string(want), s.do("GET", "/v1/devices/hw1?ports=false", "").text)
	list := s.do("GET", "/v1/devices?ports=false", "")
	require.NotContains(t, list.text, `"ports":`)
	require.Contains(t, list.text, string(want[1:len(want)-1]))

	s.do("GET", "/v1/devices/hw1?ports=x", "").refused(400, "HTTPBadRequest", "Invalid input for ports. Reason: 'x' cannot be converted to boolean.")
	s.do("GET", "/v1/devices/hw9", "").refused(404, "GatewayDeviceNotFound", "Gateway device hw9 does not exist")
	s.status.reports = nil
	s.do("GET", "/v1/devices/hw1", "").refused(404, "GatewayDeviceNotFound", "Gateway device hw1 does not exist")
	require.Equal(t, http.StatusForbidden, newService(t, withHeaders).as("u", "p", "member").do("GET", "/v1/devices/hw1", "").status)
}
