//go:build neutron

package neutron_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type object = map[string]any

// The kinds of objects, and where they are.
const (
	network    = "network"
	subnet     = "subnet"
	port       = "port"
	gateway    = "l2_gateway"
	connection = "l2_gateway_connection"
	device     = "gateway_device"
)

var paths = map[string]string{
	network:    "/v2.0/networks",
	subnet:     "/v2.0/subnets",
	port:       "/v2.0/ports",
	gateway:    "/v2.0/l2-gateways",
	connection: "/v2.0/l2-gateway-connections",
	device:     "/v2.0/gw/gateway_devices",
}

// httpClient keeps no connection: each request may go to another process of Neutron.
var httpClient = &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}

// rest is a REST API and who we are there.
type rest struct {
	url    string
	header http.Header
}

// identity are the headers that Keystone's middleware sets.
func identity(user, project, roles string) http.Header {
	return http.Header{"X-User-Id": {user}, "X-Project-Id": {project}, "X-Roles": {roles}}
}

type answer struct {
	status int
	text   string
}

// kind is the type of an error, or "".
func (a answer) kind() string {
	var v struct{ NeutronError struct{ Type string } }
	_ = json.Unmarshal([]byte(a.text), &v)
	return v.NeutronError.Type
}

func (r rest) try(t *testing.T, method, path string, body any) (answer, error) {
	t.Helper()
	var text []byte
	if body != nil {
		var err error
		text, err = json.Marshal(body)
		require.NoError(t, err)
	}
	return r.send(t, method, path, text, http.Header{"Content-Type": {"application/json"}})
}

func (r rest) send(t *testing.T, method, path string, body []byte, header http.Header) (answer, error) {
	t.Helper()
	// Not the test's own context: what a test leaves is deleted when it has ended.
	q, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, r.url+path, bytes.NewReader(body))
	require.NoError(t, err)
	for _, h := range []http.Header{r.header, header} {
		for name, values := range h {
			q.Header[name] = values
		}
	}
	response, err := httpClient.Do(q)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(all)}, err
}

// do is a request that must have this status; it returns the body.
func (r rest) do(t *testing.T, want int, method, path string, body any) object {
	t.Helper()
	a, err := r.try(t, method, path, body)
	require.NoError(t, err)
	require.Equal(t, want, a.status, "%s %s: %s", method, path, a.text)
	if a.text == "" {
		return nil
	}
	return parse(t, a.text)
}

// parse is the object in a text.
func parse(t *testing.T, text string) (v object) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

func (r rest) create(t *testing.T, kind string, o object) object {
	t.Helper()
	return r.do(t, http.StatusCreated, http.MethodPost, paths[kind], object{kind: o})[kind].(object)
}

func (r rest) update(t *testing.T, kind, id string, change object) object {
	t.Helper()
	return r.do(t, http.StatusOK, http.MethodPut, paths[kind]+"/"+id, object{kind: change})[kind].(object)
}

func (r rest) remove(t *testing.T, kind, id string) {
	t.Helper()
	r.do(t, http.StatusNoContent, http.MethodDelete, paths[kind]+"/"+id, nil)
}

func (r rest) get(t *testing.T, kind, id string) object {
	t.Helper()
	return r.do(t, http.StatusOK, http.MethodGet, paths[kind]+"/"+id, nil)[kind].(object)
}

// list is all objects of a kind that match the query, in any order.
func (r rest) list(t *testing.T, kind, query string) []object {
	t.Helper()
	found := r.do(t, http.StatusOK, http.MethodGet, paths[kind]+query, nil)[kind+"s"].([]any)
	out := make([]object, len(found))
	for i, o := range found {
		out[i] = o.(object)
	}
	return out
}

// ids are the sorted ids of a list.
func ids(objects []object) []string { return column(objects, "id") }
