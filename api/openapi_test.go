package api_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"bordergw/api"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// description is the served document with compiled schemas.
type description struct {
	paths    map[string]any
	compiler *jsonschema.Compiler
	mu       sync.Mutex // guards compiler
}

const documentURL = "mem:///openapi.json"

var describedService = sync.OnceValues(func() (*description, error) {
	text, err := api.OpenAPI()
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &description{paths: doc.(map[string]any)["paths"].(map[string]any), compiler: jsonschema.NewCompiler()}
	return d, d.compiler.AddResource(documentURL, doc)
})

// route is the template that a path of a request matches, in any of the
// spellings that are accepted; "" if there is none.
func (d *description) route(path string) string {
	path, _, _ = strings.Cut(path, "?")
	want := folded(path)
	for template := range d.paths {
		if have := folded(template); len(have) == len(want) && fits(have, want) {
			return template
		}
	}
	return ""
}

// folded cuts a path as the server does.
func folded(path string) (out []string) {
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/"), ".json")
	for i, s := range strings.Split(path, "/") {
		switch {
		case i == 1 && s == "v2":
			s = "v2.0"
		case i == 2 && s == "gw":
			continue
		}
		out = append(out, strings.ReplaceAll(s, "-", "_"))
	}
	return out
}

func fits(template, path []string) bool {
	for i, s := range template {
		if !strings.HasPrefix(s, "{") && s != path[i] {
			return false
		}
	}
	return true
}

// valid checks a body against the schema at a place of the document.
func (d *description) valid(tb testing.TB, body string, place ...string) error {
	tb.Helper()
	pointer := "#"
	for _, p := range place {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(p)
	}
	d.mu.Lock()
	s, err := d.compiler.Compile(documentURL + pointer)
	d.mu.Unlock()
	require.NoError(tb, err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	require.NoError(tb, err, body)
	return s.Validate(v)
}

// described checks an exchange against the OpenAPI document: every answer, and
// the body of every request that was not refused.
func described(tb testing.TB, method, path, body string, w *httptest.ResponseRecorder) {
	tb.Helper()
	d, err := describedService()
	require.NoError(tb, err)
	route := d.route(path)
	op, known := d.at(route, method)
	if !known && method != http.MethodHead {
		require.GreaterOrEqual(tb, w.Code, 400, "not described: %s %s", method, path)
	}
	if !known {
		return
	}
	status := strconv.Itoa(w.Code)
	answer, listed := op["responses"].(map[string]any)[status].(map[string]any)
	if !listed {
		require.GreaterOrEqual(tb, w.Code, 400, "%s %s answers %s, which is not described", method, route, status)
		status, answer = "default", op["responses"].(map[string]any)["default"].(map[string]any)
	}
	content, _ := answer["content"].(map[string]any)
	if _, isJSON := content["application/json"]; isJSON && w.Header().Get("Content-Type") == "application/json" {
		err := d.valid(tb, w.Body.String(), "paths", route, strings.ToLower(method), "responses", status, "content", "application/json", "schema")
		require.NoError(tb, err, "answer of %s %s: %s", method, path, w.Body)
	}
	if _, takes := op["requestBody"]; takes && w.Code < 300 {
		err := d.valid(tb, body, "paths", route, strings.ToLower(method), "requestBody", "content", "application/json", "schema")
		require.NoError(tb, err, "accepted request %s %s: %s", method, path, body)
	}
}

func (d *description) at(route, method string) (map[string]any, bool) {
	p, ok := d.paths[route].(map[string]any)
	if !ok {
		return nil, false
	}
	op, ok := p[strings.ToLower(method)].(map[string]any)
	return op, ok
}

// Every path that is described is served, and by methods that are described.
func TestDescribedPathsAreServed(t *testing.T) {
	s := newService(t)
	d, err := describedService()
	require.NoError(t, err)
	for route := range d.paths {
		path := strings.NewReplacer("{alias}", "l2-gateway", "{mac_address}", "02:00:00:00:00:01").Replace(route)
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			_, known := d.at(route, method)
			a := s.do(method, path, "")
			if known {
				require.NotEqual(t, http.StatusMethodNotAllowed, a.status, "%s %s", method, path)
				require.NotContains(t, a.text, `"HTTPNotFound"`, "%s %s", method, path)
			} else {
				require.GreaterOrEqual(t, a.status, 400, "%s %s is not described", method, path)
			}
		}
	}
}

func TestOpenAPIDocument(t *testing.T) {
	a := newService(t, withHeaders).do("GET", "/openapi.json", "")
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, "3.1.0", a.json()["openapi"])
	want, err := api.OpenAPI()
	require.NoError(t, err)
	require.JSONEq(t, string(want), a.text)
	file, err := os.ReadFile("../docs/openapi.json")
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(file), "run go generate")
}

// The schemas refuse what the server refuses for its form.
func TestRequestSchemasAreStrict(t *testing.T) {
	s := newService(t)
	d, err := describedService()
	require.NoError(t, err)
	for _, c := range []struct{ route, name, body string }{
		{"/v2.0/networks", "network", `{"nope":1}`},
		{"/v2.0/networks", "network", `{"name":7}`},
		{"/v2.0/networks", "network", `{"provider:segmentation_id":16777216}`},
		{"/v2.0/networks", "network", `{"shared":"maybe"}`},
		{"/v2.0/l2-gateways", "l2_gateway", `{"name":"x"}`},
		{"/v2.0/l2-gateways", "l2_gateway", `{"devices":[{}]}`},
		{"/v2.0/l2-gateways", "l2_gateway", `{"devices":[{"device_name":"s","interfaces":[{"name":"p","segmentation_id":7}]}]}`},
		{"/v2.0/l2-gateway-connections", "l2_gateway_connection", `{"l2_gateway_id":"x"}`},
		{"/v2.0/gw/gateway_devices", "gateway_device", `{"type":"bogus"}`},
		{"/v2.0/gw/gateway_devices", "gateway_device", `{"management_port":65536}`},
	} {
		body := `{"` + c.name + `":` + c.body + `}`
		require.Equal(t, http.StatusBadRequest, s.do("POST", c.route, body).status, body)
		require.Error(t, d.valid(t, body, "paths", c.route, "post", "requestBody", "content", "application/json", "schema"), body)
	}
}
