package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds what one call of the API may answer for a page, in bytes.
const maxAnswer = 16 << 20

// caller calls the API for whoever asks for a page.
type caller struct {
	api http.Handler
	r   *http.Request
	// token is that of the session, "" for none.
	token string
}

// apiError is a refusal of the API.
type apiError struct {
	Status        int
	Type, Message string
	Details       []string
}

func (e *apiError) Error() string { return e.Message }

// statusOf is the HTTP status of an error, 500 for one that is not the API's.
func statusOf(err error) int {
	var e *apiError
	if errors.As(err, &e) {
		return e.Status
	}
	return http.StatusInternalServerError
}

// isStatus reports whether the API answered an error with a status.
func isStatus(err error, status int) bool { return err != nil && statusOf(err) == status }

// get reads a path of the API into a value, which may be nil.
func (c *caller) get(path string, q url.Values, into any) error {
	return c.call(http.MethodGet, path, q, nil, into)
}

// post sends a value.
func (c *caller) post(path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.call(http.MethodPost, path, nil, data, into)
}

func (c *caller) call(method, path string, q url.Values, body []byte, into any) error {
	a, err := c.answer(method, path, q, body)
	if err != nil {
		return err
	}
	if a.status/100 != 2 {
		return a.refusal().naming(path)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(a.body.Bytes(), into); err != nil {
		return fmt.Errorf("the answer to %s %s can not be read: %w", method, path, err)
	}
	return nil
}

// answer has the API serve a request that says of whoever asks what the page's own says.
func (c *caller) answer(method, path string, q url.Values, body []byte) (a *answer, err error) {
	address := path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	r, err := http.NewRequestWithContext(c.r.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range c.r.Header {
		switch name {
		case "Cookie", "Content-Type", "Content-Length", "Accept", "Accept-Encoding", "Last-Event-Id", "If-Match", "If-None-Match":
		default:
			r.Header[name] = values
		}
	}
	if c.token != "" {
		r.Header.Set("X-Auth-Token", c.token)
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.RemoteAddr, r.Host, r.TLS, r.RequestURI = c.r.RemoteAddr, c.r.Host, c.r.TLS, address
	a = &answer{header: http.Header{}, status: http.StatusOK}
	defer func() {
		// A handler that can not go on ends its answer so.
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so too
				panic(p)
			}
			err = fmt.Errorf("the answer to %s %s was cut off", method, path)
		}
	}()
	c.api.ServeHTTP(a, r)
	return a, nil
}

// answer is an http.ResponseWriter that keeps what is written.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.body.Len()+len(p) > maxAnswer {
		return 0, errors.New("the answer is too large for a page")
	}
	return a.body.Write(p)
}

// SetWriteDeadline is for http.ResponseController: nobody waits here.
func (a *answer) SetWriteDeadline(time.Time) error { return nil }

// actions are those of the policy that let a path of the API be read, which its refusals do not name.
var actions = map[string]string{
	"/v1/overview": "get_overview", "/v1/macs": "get_mac", "/v1/trace": "trace", "/v1/events": "get_events", "/v1/revisions": "get_history",
	"/v1/devices": "get_device_report", "/v1/plan": "get_plan", "/v1/networks": "get_network_members", "/v1/site": "plan_site",
	"/v2.0/l2-gateways": "get_l2_gateway", "/v2.0/l2-gateway-connections": "get_l2_gateway_connection",
}

// naming adds the action that the policy does not allow.
func (e *apiError) naming(path string) *apiError {
	if parts := strings.SplitN(path, "/", 4); e.Status == http.StatusForbidden && len(parts) > 2 {
		if action, ok := actions[strings.Join(parts[:3], "/")]; ok {
			e.Message += " The policy does not allow " + action + "."
		}
	}
	return e
}

// refusal reads the error that the API answered, in the form of either half.
func (a *answer) refusal() *apiError {
	var body struct {
		NeutronError struct{ Type, Message string }
		Error        struct {
			Code, Message string
			Details       []string
		} `json:"error"`
	}
	e := &apiError{Status: a.status}
	switch err := json.Unmarshal(a.body.Bytes(), &body); {
	case err != nil:
		text, _ := io.ReadAll(io.LimitReader(&a.body, 1000))
		e.Message = strings.TrimSpace(string(text))
	case body.Error.Message != "":
		e.Type, e.Message, e.Details = body.Error.Code, body.Error.Message, body.Error.Details
	default:
		e.Type, e.Message = body.NeutronError.Type, body.NeutronError.Message
	}
	if e.Message == "" {
		e.Message = http.StatusText(a.status)
	}
	return e
}
