package api_test

import (
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bordergw/api"
	"bordergw/model"
	"bordergw/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeStatus answers with what a test sets.
type fakeStatus struct {
	device     model.DeviceStatus
	connection model.ConnectionStatus
	reports    []model.DeviceReport
	overview   model.Overview
	deleted    []model.DeletedDevice
	plans      []model.DevicePlan
	notReady   error
	frozen     model.MAC
	occupants  map[model.VLAN]string
	reach      map[string]model.EndpointReach // by network/site
	unplanned  bool                           // nothing is known of reach
	lookups
	adoptions
}

func (f *fakeStatus) DeviceStatus(string) model.DeviceStatus         { return f.device }
func (f *fakeStatus) ConnectionStatus(string) model.ConnectionStatus { return f.connection }
func (f *fakeStatus) DeviceReports() []model.DeviceReport            { return f.reports }
func (f *fakeStatus) DeviceReport(id string) (model.DeviceReport, bool) {
	i := slices.IndexFunc(f.reports, func(r model.DeviceReport) bool { return r.ID == id })
	if i < 0 {
		return model.DeviceReport{}, false
	}
	return f.reports[i], true
}
func (f *fakeStatus) Overview() model.Overview              { return f.overview }
func (f *fakeStatus) DeletedDevices() []model.DeletedDevice { return f.deleted }
func (f *fakeStatus) Plans(int) iter.Seq[model.DevicePlan]  { return slices.Values(f.plans) }
func (f *fakeStatus) Plan(id string, _ int) (model.DevicePlan, bool) {
	i := slices.IndexFunc(f.plans, func(p model.DevicePlan) bool { return p.ID == id })
	if i < 0 {
		return model.DevicePlan{}, false
	}
	return f.plans[i], true
}
func (f *fakeStatus) Ready() error { return f.notReady }
func (f *fakeStatus) Occupant(_ model.Place, _ string, vlans []model.VLAN) string {
	for _, v := range vlans {
		if by := f.occupants[v]; by != "" {
			return by
		}
	}
	return ""
}
func (f *fakeStatus) EndpointReach(network, site string) (model.EndpointReach, bool) {
	return f.reach[network+"/"+site], !f.unplanned
}
func (f *fakeStatus) UnfreezeMAC(_ string, m model.MAC) bool { return m == f.frozen }

// service is a Server on a store of its own.
type service struct {
	tb     testing.TB
	http   http.Handler
	store  *store.Store
	status *fakeStatus
	header http.Header // sent with every request
}

func newService(tb testing.TB, change ...func(*api.Config)) *service {
	tb.Helper()
	st, err := store.Open(filepath.Join(tb.TempDir(), "bordergw.db"), store.Options{})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, st.Close()) })
	log := logrus.New()
	log.SetOutput(io.Discard)
	s := &service{tb: tb, store: st, header: http.Header{}, status: &fakeStatus{
		device:     model.DeviceStatus{Phase: model.DeviceUnreachable},
		connection: model.ConnectionStatus{State: model.ConnectionPending},
	}}
	cfg := api.Config{Store: st, Status: s.status, Log: log, Registry: prometheus.NewRegistry()}
	for _, f := range change {
		f(&cfg)
	}
	s.http = api.New(cfg)
	return s
}

// answer is what came back.
type answer struct {
	tb     testing.TB
	status int
	header http.Header
	text   string
}

// do sends a request; an empty body is none.
func (s *service) do(method, path, body string) answer {
	s.tb.Helper()
	w := s.served(method, path, body)
	described(s.tb, method, path, body, w)
	return answer{s.tb, w.Code, w.Header(), w.Body.String()}
}

// served is do without a look at the answer.
func (s *service) served(method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:9696"
	r.Header = s.header.Clone()
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, r)
	return w
}

// json decodes an answer.
func (a answer) json() map[string]any {
	a.tb.Helper()
	var v map[string]any
	require.NoError(a.tb, json.Unmarshal([]byte(a.text), &v), a.text)
	return v
}

// item is the object under the resource's name.
func (a answer) item(name string) map[string]any {
	a.tb.Helper()
	v, _ := a.json()[name].(map[string]any)
	require.NotNil(a.tb, v, a.text)
	return v
}

// list gives one attribute of every item of a list.
func (a answer) list(collection, attribute string) []any {
	a.tb.Helper()
	require.Equal(a.tb, http.StatusOK, a.status, a.text)
	out := []any{}
	for _, v := range a.json()[collection].([]any) {
		out = append(out, v.(map[string]any)[attribute])
	}
	return out
}

// refused checks the whole error body.
func (a answer) refused(status int, typ, message string) {
	a.tb.Helper()
	require.Equal(a.tb, status, a.status, a.text)
	require.Equal(a.tb, map[string]any{"NeutronError": map[string]any{"type": typ, "message": message, "detail": ""}}, a.json())
}

// create posts and returns the new item's id.
func (s *service) create(path, name, body string) string {
	s.tb.Helper()
	a := s.do("POST", path, `{"`+name+`":`+body+`}`)
	require.Equal(s.tb, http.StatusCreated, a.status, a.text)
	return a.item(name)["id"].(string)
}

func (s *service) network(name string) string {
	s.tb.Helper()
	return s.create("/v2.0/networks", "network", `{"name":"`+name+`"}`)
}

// gateway makes one on sw1/p1; vlans is a JSON list or "".
func (s *service) gateway(vlans string) string {
	s.tb.Helper()
	if vlans != "" {
		vlans = `,"segmentation_id":` + vlans
	}
	return s.create("/v2.0/l2-gateways", "l2_gateway", `{"devices":[{"device_name":"sw1","interfaces":[{"name":"p1"`+vlans+`}]}]}`)
}

// hardware registers a switch database at that address.
func (s *service) hardware(name, ip string) string {
	s.tb.Helper()
	return s.create("/v2.0/gw/gateway_devices", "gateway_device",
		`{"name":"`+name+`","management_ip":"`+ip+`","management_port":6640}`)
}

// switches registers a database with the switches that the recorded exchanges
// were made with, as seen.
func (s *service) switches() string {
	s.tb.Helper()
	ports := func(names ...string) (out []model.PortInventory) {
		for _, n := range names {
			out = append(out, model.PortInventory{Name: n})
		}
		return out
	}
	id := s.hardware("rig", "192.0.2.1")
	s.seen(id,
		model.SwitchInventory{Name: "sw1", Ports: ports("p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8")},
		model.SwitchInventory{Name: "sw2", Ports: ports("p1", "p2", "p3", "p4")})
	return id
}

func (s *service) seen(id string, switches ...model.SwitchInventory) {
	s.tb.Helper()
	require.NoError(s.tb, s.store.SetInventory(s.tb.Context(), id, model.Inventory{Switches: switches}))
}

// refusals are requests and the errors they must give.
type refusal struct {
	name, method, path, body string
	status                   int
	typ, message             string
}

func (s *service) refuses(t *testing.T, table []refusal) {
	for _, r := range table {
		t.Run(r.name, func(t *testing.T) {
			before := s.store.Definitions().Revision
			a := s.do(r.method, r.path, r.body)
			a.tb = t
			a.refused(r.status, r.typ, r.message)
			require.Equal(t, before, s.store.Definitions().Revision, "a refused request must change nothing")
		})
	}
}
