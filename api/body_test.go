package api_test

import (
	"net/http"
	"strings"
	"testing"

	"bordergw/api"

	"github.com/stretchr/testify/require"
)

const bad = "HTTPBadRequest"

// TestBody covers the checks of a body on one resource; all share the code.
func TestBody(t *testing.T) {
	s := newService(t)
	id := s.gateway("[5]")
	gws, gw := "/v2.0/l2-gateways", "/v2.0/l2-gateways/"+id
	device := `"devices":[{"device_name":"sw1","interfaces":[{"name":"p1"}]}]`
	s.refuses(t, []refusal{
		{"empty", "POST", gws, "", 400, bad, "Resource body required"},
		{"null", "POST", gws, "null", 400, bad, "Resource body required"},
		{"empty object", "POST", gws, "{}", 400, bad, "Resource body required"},
		{"zero", "POST", gws, "0", 400, bad, "Resource body required"},
		{"false", "POST", gws, "false", 400, bad, "Resource body required"},
		{"number", "POST", gws, "5", 400, bad, "Body contains invalid data"},
		{"list", "POST", gws, "[1]", 400, bad, "Body contains invalid data"},
		{"malformed", "POST", gws, "{", 400, "MalformedRequestBody", "Malformed request body: Cannot understand JSON."},
		{"trailing", "POST", gws, `{"l2_gateway":{}} x`, 400, "MalformedRequestBody", "Malformed request body: Cannot understand JSON."},
		{"put empty", "PUT", gw, "", 400, "BadRequest", "Bad body request: Invalid format: b''."},
		{"put list", "PUT", gw, `[1]`, 400, bad, "Body contains invalid data"},
		{"put malformed", "PUT", gw, "{", 400, "MalformedRequestBody", "Malformed request body: Cannot understand JSON."},
		{"no wrapper", "POST", gws, `{"gw":{}}`, 400, bad, "Unable to find 'l2_gateway' in request body"},
		{"null wrapper", "PUT", gw, `{"l2_gateway":null}`, 400, bad, "Unable to find 'l2_gateway' in request body"},
		{"wrapper no object", "PUT", gw, `{"l2_gateway":"x"}`, 400, bad, "Object 'l2_gateway' contains invalid data"},
		{"bulk", "POST", gws, `{"l2_gateways":[{` + device + `}]}`, 400, bad, "Bulk operation not supported"},
		{"owners differ", "POST", gws, `{"l2_gateway":{"tenant_id":"a","project_id":"b"}}`, 400, bad, "'project_id' and 'tenant_id' do not match"},
		{"owner before unknown", "POST", gws, `{"l2_gateway":{"tenant_id":"a","project_id":"b","foo":1}}`, 400, bad, "'project_id' and 'tenant_id' do not match"},
		{"unknown before missing", "POST", gws, `{"l2_gateway":{"foo":1,"bar":2}}`, 400, bad, "Unrecognized attribute(s) 'bar, foo'"},
		{"bad id given", "POST", gws, `{"l2_gateway":{"id":"a/b",` + device + `}}`, 400, bad, "Invalid input for id. Reason: 'a/b' is not a valid id."},
		{"put order on POST", "POST", gws, `{"l2_gateway":{"replace_devices":true,` + device + `}}`, 400, bad, "Attribute 'replace_devices' not allowed in POST"},
		{"missing", "POST", gws, `{"l2_gateway":{"name":5}}`, 400, bad, "Failed to parse request. Required attribute 'devices' not specified"},
		{"read only", "PUT", gw, `{"l2_gateway":{"tenant_id":"default"}}`, 400, bad, "Cannot update read-only attribute tenant_id"},
		{"read only id", "PUT", gw, `{"l2_gateway":{"id":"x"}}`, 400, bad, "Cannot update read-only attribute id"},
		{"value", "POST", gws, `{"l2_gateway":{"name":5,` + device + `}}`, 400, bad, "Invalid input for name. Reason: '5' is not a valid string."},
		{"body before look-up", "PUT", "/v2.0/l2-gateways/none", `{"l2_gateway":{"foo":1}}`, 400, bad, "Unrecognized attribute(s) 'foo'"},
		{"delete with a body", "DELETE", gw, "x", 400, bad, "Request body is not supported in DELETE."},
		{"tenant no string", "POST", gws, `{"l2_gateway":{"tenant_id":[1],` + device + `}}`, 400, bad, "Invalid input for tenant_id. Reason: '[1]' is not a valid string."},
	})
}

func TestNames(t *testing.T) {
	s := newService(t)
	long := strings.Repeat("ü", 255)
	require.Equal(t, long, s.do("POST", "/v2.0/networks", `{"network":{"name":"`+long+`"}}`).item("network")["name"])
	s.refuses(t, []refusal{
		{"too long", "POST", "/v2.0/networks", `{"network":{"name":"` + long + `x"}}`, 400, bad,
			"Invalid input for name. Reason: '" + long + "…' exceeds maximum length of 255."},
		{"NUL", "POST", "/v2.0/networks", `{"network":{"name":"a\u0000b"}}`, 400, bad,
			"Invalid input for name. Reason: control characters are not allowed."},
		{"newline", "POST", "/v2.0/networks", `{"network":{"name":"a\nb"}}`, 400, bad,
			"Invalid input for name. Reason: control characters are not allowed."},
		{"switch", "POST", "/v2.0/l2-gateways", `{"l2_gateway":{"devices":[{"device_name":"a\u0007","interfaces":[{"name":"p"}]}]}}`, 400, bad,
			"Invalid input for devices. Reason: control characters are not allowed."},
		{"port", "POST", "/v2.0/l2-gateways", `{"l2_gateway":{"devices":[{"device_name":"a","interfaces":[{"name":"p\u0000"}]}]}}`, 400, bad,
			"Invalid input for devices. Reason: control characters are not allowed."},
	})
}

func TestBodyTooLarge(t *testing.T) {
	s := newService(t, func(c *api.Config) { c.MaxBody = 64 })
	for _, method := range []string{"POST", "PUT"} {
		path := map[string]string{"POST": "/v2.0/networks", "PUT": "/v2.0/networks/x"}[method]
		s.do(method, path, `{"network":{"name":"`+strings.Repeat("x", 64)+`"}}`).
			refused(http.StatusRequestEntityTooLarge, "HTTPRequestEntityTooLarge", "The request body is too large: it may have 64 bytes.")
	}
	require.Equal(t, http.StatusCreated, s.do("POST", "/v2.0/networks", `{"network":{"name":"x"}}`).status)
}
