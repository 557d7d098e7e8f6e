package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// lookups answers with what a test sets, and notes what it was asked.
type lookups struct {
	rows  model.RowsPage
	err   error
	asked []any

	macs       model.MACPage
	hosts      []model.MACKey
	reported   bool
	programmed []model.ProgrammedOn
	traced     []model.TraceEnd
}

func (l *lookups) MACs(q model.MACQuery) (model.MACPage, error) {
	l.asked = []any{q}
	page := l.macs
	page.Entries = append([]model.MACEntry{}, page.Entries...) // never null
	return page, l.err
}
func (l *lookups) HostsOf(model.IPv4) ([]model.MACKey, bool) { return l.hosts, l.reported }
func (l *lookups) Trace(_ context.Context, network string, from, to model.TraceEnd) (model.Trace, error) {
	l.traced = append(l.traced, from, to)
	return model.Trace{Network: model.Named{ID: network}, Directions: []model.TraceDirection{}}, nil
}

func (l *lookups) ProgrammedOn(string, model.MAC) []model.ProgrammedOn { return l.programmed }

func (l *lookups) DeviceRows(id, after string, limit int) (model.RowsPage, error) {
	l.asked = []any{id, after, limit}
	return l.rows, l.err
}

func (l *lookups) NetworkRows(id, network string) ([]model.LogicalSwitchRows, error) {
	l.asked = []any{id, network}
	return l.rows.LogicalSwitches, l.err
}

func TestDeviceRows(t *testing.T) {
	s := newService(t)
	gd, err := s.store.CreateGatewayDevice(t.Context(), model.GatewayDevice{Name: "sw1", Type: model.HWVTEP, ManagementIP: "10.0.0.1", ManagementPort: 6640, ManagementProtocol: model.ProtocolOVSDB})
	require.NoError(t, err)
	path := "/v1/devices/" + gd.ID + "/rows"
	s.status.rows = model.RowsPage{LogicalSwitches: []model.LogicalSwitchRows{{
		Name: "n\x1b1", Key: 10000, Owner: model.RowsForeign, Bindings: []model.BoundPort{{Switch: "sw1", Port: "p1", VLAN: 10}}, BindingsTotal: 1,
		LocalMACs: 3, RemoteMACs: 9, Flood: []string{"10.0.0.2"}, FloodTotal: 1, FloodMissing: []string{"10.0.0.3#7"},
	}}, Next: "bjE"}
	a := s.do("GET", path, "")
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.JSONEq(t, `{"logical_switches":[{"name":"n\u001b1","key":10000,"owner":"foreign","bindings":[{"switch":"sw1","port":"p1","vlan":10}],"bindings_total":1,
		"local_macs":3,"remote_macs":9,"flood":["10.0.0.2"],"flood_total":1,"flood_missing":["10.0.0.3#7"]}],"next":"bjE"}`, a.text)
	require.Equal(t, []any{gd.ID, "", 100}, s.status.asked)

	s.status.rows = model.RowsPage{LogicalSwitches: []model.LogicalSwitchRows{}}
	require.JSONEq(t, `{"logical_switches":[],"next":null}`, s.do("GET", path+"?limit=7&marker=x", "").text)
	require.Equal(t, []any{gd.ID, "x", 7}, s.status.asked)

	for _, limit := range []string{"0", "-1", "1001", "x"} {
		require.Equal(t, http.StatusBadRequest, s.do("GET", path+"?limit="+limit, "").status, limit)
	}
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v1/devices/nobody/rows", "").status)
	s.status.err = model.ErrNotRead("sw1", "unreachable: refused")
	a = s.do("GET", path, "")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Contains(t, a.text, "Switch sw1 is not read now: unreachable: refused.")
}

// TestRowsOfOneNetwork: a device and a network may be named by their ids and their names.
func TestRowsOfOneNetwork(t *testing.T) {
	s := newService(t)
	device, network := s.hardware("sw1", "10.0.0.1"), s.network("blue")
	s.status.rows = model.RowsPage{LogicalSwitches: []model.LogicalSwitchRows{{Name: network}}, Next: "more"}
	for _, path := range []string{device + "/rows?network=" + network, "sw1/rows?network=blue"} {
		a := s.do("GET", "/v1/devices/"+path, "")
		require.Equal(t, []any{network}, a.list("logical_switches", "name"))
		require.Nil(t, a.json()["next"])
		require.Equal(t, []any{device, network}, s.status.asked)
	}
	s.do("GET", "/v1/devices/sw1/rows?network=red", "").refused(404, "NetworkNotFound", "Network red could not be found.")
	s.do("GET", "/v1/devices/sw2/rows?network=blue", "").refused(404, "GatewayDeviceNotFound", "Gateway device sw2 does not exist")
	s.status.err = model.ErrNotRead("sw1", "unreachable")
	s.do("GET", "/v1/devices/sw1/rows?network=blue", "").refused(503, "SwitchNotRead", "Switch sw1 is not read now: unreachable.")
}

func TestLookupsAreForAdministrators(t *testing.T) {
	s := newService(t, withHeaders).as("u", "p", "member")
	for _, path := range []string{"/v1/devices/x/rows", "/v1/macs", "/v1/macs/02:00:00:00:00:0a"} {
		require.Equal(t, http.StatusForbidden, s.do("GET", path, "").status, path)
	}
}
