package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bordergw/api"
	"bordergw/model"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
)

func TestDiscovery(t *testing.T) {
	s := newService(t)
	require.JSONEq(t, `{"versions":[{"id":"v2.0","status":"CURRENT","links":[{"rel":"self","href":"http://127.0.0.1:9696/v2.0/"}]}]}`,
		s.do("GET", "/", "").text)
	for _, path := range []string{"/v2.0", "/v2.0/", "/v2"} {
		require.Equal(t, []any{"networks", "l2_gateways", "l2_gateway_connections", "gateway_devices", "agents", "quotas"}, s.do("GET", path, "").list("resources", "collection"))
	}
	require.Subset(t, s.do("GET", "/v2.0/extensions", "").list("extensions", "alias"), []any{"l2-gateway", "l2-gateway-connection", "gateway-device"})
	require.Equal(t, "Midonet Gateway Device Extension", s.do("GET", "/v2.0/extensions/gateway-device.json", "").item("extension")["name"])
	s.do("GET", "/v2.0/extensions/nope", "").refused(404, "ExtensionNotFound", "Extension with alias nope does not exist")
	require.JSONEq(t, `{"service_providers":[{"service_type":"L2GW","name":"l2gw","default":true}]}`, s.do("GET", "/v2.0/service-providers", "").text)
}

func TestRequestID(t *testing.T) {
	s := newService(t)
	form := regexp.MustCompile(`^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, path := range []string{"/", "/v2.0/networks", "/v2.0/networks/nope", "/nope", "/metrics"} {
		id := s.do("GET", path, "").header.Get("X-Openstack-Request-Id")
		require.Regexp(t, form, id)
		require.False(t, seen[id])
		seen[id] = true
	}
}

func TestProbes(t *testing.T) {
	s := newService(t)
	require.Equal(t, "ok\n", s.do("GET", "/healthz", "").text)
	require.Equal(t, http.StatusOK, s.do("GET", "/readyz", "").status)
	require.Equal(t, http.StatusOK, s.do("HEAD", "/readyz", "").status)
	s.status.notReady = errors.New("hw1 not read yet")
	a := s.do("GET", "/readyz", "")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Equal(t, "not ready: hw1 not read yet\n", a.text)
}

func TestMetrics(t *testing.T) {
	s := newService(t)
	s.do("GET", "/v2.0/networks/nope", "")
	s.do("GET", "/v2/networks/other.json", "")
	s.do("BREW", "/coffee", "")
	text := s.do("GET", "/metrics", "").text
	require.Contains(t, text, `bordergw_http_requests_total{code="404",method="GET",route="/v2.0/networks/{id}"} 2`)
	require.Contains(t, text, `bordergw_http_requests_total{code="404",method="other",route="other"} 1`)
	require.Contains(t, text, `bordergw_http_request_duration_seconds_count{method="GET",route="/v2.0/networks/{id}"} 2`)
}

func TestOwnEndpoints(t *testing.T) {
	s := newService(t, func(c *api.Config) { c.Version = "1.2.3" })
	require.JSONEq(t, `{"version":"1.2.3"}`, s.do("GET", "/v1/version", "").text)
	require.JSONEq(t, `{"devices":[]}`, s.do("GET", "/v1/devices", "").text)
	require.JSONEq(t, `{"plans":[]}`, s.do("GET", "/v1/plan?format=json", "").text)

	s.status.reports = []model.DeviceReport{{ID: "d", Name: "hw1", Endpoint: "tcp:192.0.2.1:6640", Status: model.DeviceStatus{Phase: model.DeviceInSync}}}
	require.Equal(t, []any{"hw1"}, s.do("GET", "/v1/devices", "").list("devices", "name"))
	s.status.plans = []model.DevicePlan{
		{ID: "d", Name: "hw1", Known: true, Count: 2, Steps: slices.Values([]string{"insert Logical_Switch n1", "bind p1/5 n1"})},
		{ID: "e", Name: "hw2"}, {ID: "f", Name: "hw3", Known: true},
	}
	printed := "device hw1 (d): 2 steps\n  insert Logical_Switch n1\n  bind p1/5 n1\ndevice hw2 (e): not read yet\ndevice hw3 (f): nothing to do\n"
	a := s.do("GET", "/v1/plan", "")
	require.Equal(t, printed, a.text)
	require.Equal(t, "text/plain; charset=utf-8", a.header.Get("Content-Type"))
	s.header.Set("Accept", "application/json")
	require.Equal(t, []any{"hw1", "hw2", "hw3"}, s.do("GET", "/v1/plan", "").list("plans", "name"))
	require.Equal(t, printed, s.do("GET", "/v1/plan?format=text", "").text)
}

// Behind a proxy that ends TLS a client is not sent on without it.
func TestLinksBehindProxy(t *testing.T) {
	s := newService(t)
	s.header.Set("X-Forwarded-Proto", "https")
	for path, href := range map[string]string{
		"/": "https://127.0.0.1:9696/v2.0/", "/v2.0/": "https://127.0.0.1:9696/v2.0/networks",
		"/v2.0/networks?limit=1": "https://127.0.0.1:9696/v2.0/networks?limit=1&page_reverse=True",
	} {
		require.Contains(t, s.do("GET", path, "").text, `"href":"`+href+`"`)
	}
}

// brokenStore fails as a disk does.
type brokenStore struct{ api.Store }

func (brokenStore) CreateNetwork(context.Context, model.Network) (*model.Network, error) {
	return nil, errors.New("write /var/lib/bordergw.db: no space left on device")
}

func (brokenStore) DeleteNetwork(context.Context, string) error {
	return fmt.Errorf("%w: %w", model.ErrUnavailable("try again"), errors.New("the disk is full"))
}

// TestInternalError: the cause goes to the log, under the id that the caller
// gets; a token goes nowhere.
func TestInternalError(t *testing.T) {
	var log bytes.Buffer
	s := newService(t, func(c *api.Config) {
		c.Store = brokenStore{c.Store}
		l := logrus.New()
		l.SetLevel(logrus.DebugLevel)
		l.SetOutput(&log)
		c.Log = l
	})
	id := "taken"
	_, err := s.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: id}})
	require.NoError(t, err)
	s.do("DELETE", "/v2.0/networks/"+id, "").refused(503, "ServiceUnavailable", "try again")
	require.Contains(t, log.String(), "the disk is full")

	s.header.Set("X-Auth-Token", "secret-token")
	a := s.do("POST", "/v2.0/networks?token=secret-token", `{"network":{"name":"body-text"}}`)
	a.refused(500, "HTTPInternalServerError", "Request Failed: internal server error while processing your request.")
	require.Contains(t, log.String(), "no space left on device")
	require.Contains(t, log.String(), a.header.Get("X-Openstack-Request-Id"))
	require.Contains(t, log.String(), "method=POST path=/v2.0/networks")
	require.NotContains(t, log.String(), "secret-token")
	require.NotContains(t, log.String(), "body-text")
}

// A client that goes away while its change waits is no failure of ours.
func TestClientGone(t *testing.T) {
	var log bytes.Buffer
	s := newService(t, func(c *api.Config) {
		l := logrus.New()
		l.SetOutput(&log)
		c.Log = l
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(gone, "POST", "/v2.0/networks", strings.NewReader(`{"network":{}}`))
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, r)
	require.Equal(t, 499, w.Code)
	require.NotContains(t, log.String(), "level=error")
	require.Contains(t, s.do("GET", "/metrics", "").text, `code="499"`)
}

func TestIgnoredKeysAreLogged(t *testing.T) {
	var log bytes.Buffer
	s := newService(t, func(c *api.Config) {
		l := logrus.New()
		l.SetLevel(logrus.DebugLevel)
		l.SetOutput(&log)
		c.Log = l
	})
	s.create(gatewaysPath, "l2_gateway", `{"devices":[{"device_name":"sw1","colour":1,"interfaces":[{"name":"p1","speed":2}]}]}`)
	require.Regexp(t, `keys="?\[colour speed\]`, log.String())
}
