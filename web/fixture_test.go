package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/model"
	"bordergw/store"
	"bordergw/web"
)

const origin = "http://bordergw.test"

// loop is what the API asks of the reconcile loop, with what a test sets. What pages do not ask for is missing.
type loop struct {
	api.Status
	device     model.DeviceStatus
	connection model.ConnectionStatus
	report     model.DeviceReport
	overview   model.Overview
	rows       []model.LogicalSwitchRows
	reach      model.EndpointReach
	macs       []model.MACEntry
	programmed []model.ProgrammedOn
	trace      model.Trace
	steps      []string
}

func (l *loop) DeviceStatus(string) model.DeviceStatus         { return l.device }
func (l *loop) ConnectionStatus(string) model.ConnectionStatus { return l.connection }
func (l *loop) DeviceReports() []model.DeviceReport            { return []model.DeviceReport{l.report} }
func (l *loop) DeviceReport(id string) (model.DeviceReport, bool) {
	r := l.report
	r.ID = id
	return r, true
}
func (l *loop) Overview() model.Overview { return l.overview }
func (l *loop) Ready() error             { return nil }
func (l *loop) Plan(id string, _ int) (model.DevicePlan, bool) {
	return model.DevicePlan{ID: id, Known: true, Count: len(l.steps), Steps: slices.Values(l.steps)}, true
}
func (l *loop) Occupant(model.Place, string, []model.VLAN) string { return "" }
func (l *loop) EndpointReach(string, string) (model.EndpointReach, bool) {
	return l.reach, true
}
func (l *loop) DeviceRows(string, string, int) (model.RowsPage, error) {
	return model.RowsPage{LogicalSwitches: l.rows}, nil
}
func (l *loop) NetworkRows(string, string) ([]model.LogicalSwitchRows, error) { return l.rows, nil }
func (l *loop) MACs(model.MACQuery) (model.MACPage, error) {
	return model.MACPage{Entries: l.macs, Total: len(l.macs)}, nil
}
func (l *loop) HostsOf(model.IPv4) ([]model.MACKey, bool)              { return nil, true }
func (l *loop) ProgrammedOn(string, model.MAC) []model.ProgrammedOn    { return l.programmed }
func (l *loop) Preview(_, _ *model.Definitions) (model.Preview, error) { return model.Preview{}, nil }
func (l *loop) Standing(string) (model.Standing, error)                { return model.Standing{}, nil }
func (l *loop) Trace(context.Context, string, model.TraceEnd, model.TraceEnd) (model.Trace, error) {
	return l.trace, nil
}

// service is the pages on a real API with a store of its own.
type service struct {
	t    testing.TB
	http http.Handler
	loop *loop
	// header is sent with every request, cookies are what the service has set.
	header  http.Header
	cookies []*http.Cookie
}

func newService(t testing.TB, change ...func(*api.Config, *web.Config)) *service {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "bordergw.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	log := logrus.New()
	log.SetOutput(io.Discard)
	s := &service{t: t, header: http.Header{}, loop: &loop{
		device:     model.DeviceStatus{Phase: model.DeviceInSync, Conditions: []model.Condition{{Type: model.Reachable, True: true, Since: time.Now()}}},
		connection: model.ConnectionStatus{State: model.ConnectionActive},
	}}
	of := api.Config{Store: st, Status: s.loop, Log: log, Registry: prometheus.NewRegistry()}
	pages := web.Config{Log: log, Version: "v1"}
	for _, f := range change {
		f(&of, &pages)
	}
	pages.API = api.New(of)
	s.http = web.New(pages)
	return s
}

// withTokens has people log in: alice is an administrator, bob is not.
func withTokens(c *api.Config, w *web.Config) {
	c.Auth = api.NewTokens([]api.Token{{Secret: "secret-of-alice", User: "alice", Project: "p", Roles: []string{"admin"}},
		{Secret: "secret-of-bob", User: "bob", Project: "q", Roles: []string{"member"}}})
	w.Login = true
}

// served is the answer to a request.
func (s *service) served(r *http.Request) *httptest.ResponseRecorder {
	for name, values := range s.header {
		r.Header[name] = values
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, r)
	return w
}

func (s *service) get(path string) *httptest.ResponseRecorder {
	return s.served(httptest.NewRequest(http.MethodGet, origin+path, nil))
}

// sees is a page that there is.
func (s *service) sees(path string) string {
	s.t.Helper()
	w := s.get(path)
	require.Equal(s.t, http.StatusOK, w.Code, "%s: %s", path, w.Body)
	return w.Body.String()
}

// post sends a form, as a browser does on one of our pages.
func (s *service) post(path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", origin)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.served(r)
}

// plan sends a site file.
func (s *service) plan(file string, header ...string) *httptest.ResponseRecorder {
	const boundary = "boundary"
	body := fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n%s\r\n--%s--\r\n", boundary, file, boundary)
	r := httptest.NewRequest(http.MethodPost, origin+"/ui/plan", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	r.Header.Set("Origin", origin)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.served(r)
}

var idOf = regexp.MustCompile(`"id":"([^"]+)"`)

// create makes an object of the API, and returns its id.
func (s *service) create(path, body string) string {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := s.served(r)
	require.Equal(s.t, http.StatusCreated, w.Code, "%s: %s", path, w.Body)
	return idOf.FindStringSubmatch(w.Body.String())[1]
}

// world is one of each kind of object, named as a test wants.
type world struct{ device, network, gateway, connection string }

func (s *service) world(name string) world {
	s.t.Helper()
	quoted := fmt.Sprintf("%q", name)
	w := world{
		device: s.create("/v2.0/gw/gateway_devices", `{"gateway_device":{"name":`+quoted+`,"type":"hw_vtep","site":`+quoted+
			`,"management_ip":"192.0.2.1","management_port":6640,"management_protocol":"ovsdb"}}`),
		network: s.create("/v2.0/networks", `{"network":{"name":`+quoted+`,"description":`+quoted+`}}`),
	}
	w.gateway = s.create("/v2.0/l2-gateways", `{"l2_gateway":{"name":`+quoted+`,"devices":[{"device_name":`+quoted+
		`,"interfaces":[{"name":"p1","segmentation_id":[100]}]}]}}`)
	w.connection = s.create("/v2.0/l2-gateway-connections", `{"l2_gateway_connection":{"l2_gateway_id":"`+w.gateway+`","network_id":"`+w.network+`"}}`)
	return w
}

// pages are the addresses of all pages.
func (w world) pages() []string {
	return []string{
		"/ui/", "/ui/search?q=x", "/ui/switches", "/ui/switches/" + w.device, "/ui/networks", "/ui/networks/" + w.network, "/ui/connections",
		"/ui/connections/" + w.connection, "/ui/macs", "/ui/macs/02:00:00:00:00:01", "/ui/trace", "/ui/trace?from=02:00:00:00:00:01&to=02:00:00:00:00:02",
		"/ui/plan", "/ui/revisions", "/ui/revisions/2", "/ui/revisions?from=0&to=9", "/ui/help",
	}
}
