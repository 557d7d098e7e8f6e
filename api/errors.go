package api

import (
	"errors"
	"fmt"
	"net/http"

	"bordergw/model"
)

// statusOf maps a kind of refusal to HTTP as Neutron's FAULT_MAP does.
var statusOf = map[model.Kind]int{
	model.Invalid:            http.StatusBadRequest,
	model.NotFound:           http.StatusNotFound,
	model.Conflict:           http.StatusConflict,
	model.Forbidden:          http.StatusForbidden,
	model.Unavailable:        http.StatusServiceUnavailable,
	model.PreconditionFailed: http.StatusPreconditionFailed,
	model.Gone:               http.StatusGone,
}

// statusClientGone counts requests that nobody waits for any more, as nginx does.
const statusClientGone = 499

// httpError is a refusal that exists only in HTTP.
type httpError struct {
	status  int
	typ     string
	message string
	header  [2]string
}

func (e *httpError) Error() string { return e.message }

// errHistoryOff refuses what rests on the history.
var errHistoryOff = &model.Error{Kind: model.NotFound, Type: "HistoryOff", Message: "No events are kept: the daemon runs without a history."}

func errPathNotFound() error {
	return &httpError{status: http.StatusNotFound, typ: "HTTPNotFound", message: "The resource could not be found."}
}

func errMethod(allow string) error {
	return &httpError{status: http.StatusMethodNotAllowed, typ: "HTTPMethodNotAllowed", header: [2]string{"Allow", allow}, // RFC 9110 section 15.5.6
		message: "The server could not comply with the request since it is either malformed or otherwise incorrect."}
}

func errTooLarge(limit int64) error {
	return &httpError{status: http.StatusRequestEntityTooLarge, typ: "HTTPRequestEntityTooLarge",
		message: fmt.Sprintf("The request body is too large: it may have %d bytes.", limit)}
}

// errBusy asks the client to come back.
func errBusy(message string) error {
	return &httpError{status: http.StatusServiceUnavailable, typ: "ServiceUnavailable", message: message, header: [2]string{"Retry-After", "1"}}
}

func errMalformedBody() error {
	return &model.Error{Kind: model.Invalid, Type: "MalformedRequestBody",
		Message: "Malformed request body: Cannot understand JSON."}
}

// errPolicy is Neutron's refusal by policy.
func errPolicy(rule string) error {
	return &model.Error{Kind: model.Forbidden, Type: "PolicyNotAuthorized",
		Message: "rule:" + rule + " is disallowed by policy"}
}

// neutronError is the body of every 4xx and 5xx but 401. Clients pick their
// exception by Type and need Detail to be there.
type neutronError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Detail  string `json:"detail"`
}

// failure turns an error into an answer. Of an internal error the caller learns
// nothing, and of other projects' objects only an administrator does.
func failure(err error, who Identity) reply {
	var he *httpError
	if errors.As(err, &he) {
		return refusal(he.status, he.typ, he.message).with(he.header[0], he.header[1])
	}
	// In plain text, as keystonemiddleware does.
	if errors.Is(err, ErrUnauthenticated) {
		return reply{status: http.StatusUnauthorized, body: plainBody("Authentication required\n")}.
			with("WWW-Authenticate", `Bearer realm="bordergw"`)
	}
	var me *model.Error
	if errors.As(err, &me) {
		if status, ok := statusOf[me.Kind]; ok {
			return refusal(status, me.Type, me.For(who.sees))
		}
	}
	return refusal(http.StatusInternalServerError, "HTTPInternalServerError",
		"Request Failed: internal server error while processing your request.")
}

func refusal(status int, typ, message string) reply {
	return reply{status: status, body: map[string]neutronError{"NeutronError": {Type: typ, Message: message}}}
}
