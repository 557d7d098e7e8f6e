package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// everyField is a report in which nothing is left out.
func everyField() model.DeviceReport {
	return model.DeviceReport{
		ID: "d", Name: "hw1", Endpoint: "tcp:192.0.2.1:6640", SchemaVersion: "1.7.0",
		Status: model.DeviceStatus{Phase: model.DeviceInSync, Detail: "detail", LastError: "error", ObservedRevision: 3,
			Conditions: []model.Condition{{Type: model.InSync, True: true, Reason: "InSync", Message: "m", Since: time.Unix(1, 0).UTC()}}},
		Switches: []model.SwitchInventory{{
			Name: "sw1", Fingerprint: "f", TunnelIPs: []model.VTEPAddress{{192, 0, 2, 1}}, NoTunnelIP: true, Faults: []string{"a", "b"},
			Missing: true, NoSourceNode: true, Ports: []model.PortInventory{{Name: "p1"}, {Name: "p2", Faults: []string{"c"}}}, PortsCut: 7,
		}, {Name: "sw2"}},
		LogicalSwitches: 1, RemoteMACs: 2, LocalMACs: 3, ClaimedMACs: 4, Transactions: 5,
	}
}

// A report that is sent in parts is the report.
func TestDeviceReportIsWhole(t *testing.T) {
	s := newService(t)
	s.status.reports = []model.DeviceReport{everyField(), {Name: "hw2", Switches: []model.SwitchInventory{}}}
	want, err := json.Marshal(map[string]any{"devices": s.status.reports})
	require.NoError(t, err)
	require.JSONEq(t, string(want), s.do("GET", "/v1/devices", "").text)
}

// TestF71_DeviceReportIsStreamed: a device of 100,000 ports is sent while it is encoded.
func TestF71_DeviceReportIsStreamed(t *testing.T) {
	s := newService(t)
	report := everyField()
	for n := range 100_000 {
		report.Switches[0].Ports = append(report.Switches[0].Ports, model.PortInventory{Name: fmt.Sprintf("port-%06d", n)})
	}
	s.status.reports = []model.DeviceReport{report}
	w := &pieces{ResponseRecorder: httptest.NewRecorder()}
	s.http.ServeHTTP(w, httptest.NewRequest("GET", "/v1/devices", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Greater(t, w.written, 2<<20)
	require.LessOrEqual(t, w.largest, 64<<10)
}
