package ovsdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	notation "github.com/ovn-org/libovsdb/ovsdb"
)

var (
	// ErrClosed is the reason of a session ended by Close.
	ErrClosed = errors.New("session closed")
	// ErrNotSent says that nothing of a call reached the peer; it is safe to
	// make it again, on another session if this one has ended.
	ErrNotSent = errors.New("not sent")
	// ErrUnknownOutcome says that a transaction was sent, wholly or in part,
	// and that nobody knows whether it was committed.
	ErrUnknownOutcome = errors.New("outcome of the transaction is unknown")
	// ErrProtocol is in the reason of every session ended because the peer sent
	// what a server must not send.
	ErrProtocol = errors.New("protocol violation")
	// ErrSilent is in the reason of a session ended because the peer sent
	// nothing, or nothing useful, for too long.
	ErrSilent = errors.New("peer is silent")
	// ErrNoAnswer is in the reason of a connection that was accepted and ended
	// before the peer had answered anything.
	ErrNoAnswer = errors.New("no OVSDB answer")
	// ErrCanceled is in the reason of a session ended because the server
	// cancelled a monitor, as it does when the schema is converted.
	ErrCanceled = errors.New("monitor canceled by the server")
)

// TransactError is a transaction that the server refused, or, with the Kind
// NoMatch, one that it committed although an operation matched no row.
type TransactError struct {
	// Op is the index of the operation at fault. It equals the number of
	// operations if the commit failed (RFC 7047, section 4.1.3).
	Op int
	// Kind is the "error" string of RFC 7047, section 3.1, or NoMatch.
	Kind string
	// Details is meant for people, may be empty, and is cut at 1000 bytes.
	Details string
}

// NoMatch is the Kind of a TransactError caused by Op.MustMatch.
const NoMatch = "no match"

func (e *TransactError) Error() string {
	return joinDetails(fmt.Sprintf("operation %d: %s", e.Op, e.Kind), e.Details)
}

// Unwrap is the error of libovsdb of that Kind, a *notation.Error if it has none. So a
// caller finds out with errors.AsType what was refused.
func (e *TransactError) Unwrap() error {
	refused, err := notation.CheckOperationResults([]notation.OperationResult{{Error: e.Kind, Details: e.Details}}, make([]notation.Operation, 1))
	if len(refused) == 0 {
		return err
	}
	return refused[0]
}

// RPCError is a request that the server refused as a whole.
type RPCError struct {
	Method  string
	Kind    string
	Details string
}

func (e *RPCError) Error() string {
	return joinDetails(e.Method+": "+e.Kind, e.Details)
}

func joinDetails(text, details string) string {
	if details == "" {
		return text
	}
	return text + ": " + details
}

// newRPCError reads the "error" member of a reply: an error object
// (RFC 7047, section 3.1), or a bare string, or whatever else came.
func newRPCError(method string, raw []byte) *RPCError {
	e := &RPCError{Method: method}
	var object struct{ Error, Details string }
	switch {
	case json.Unmarshal(raw, &e.Kind) == nil:
	case json.Unmarshal(raw, &object) == nil && object.Error != "":
		e.Kind, e.Details = object.Error, object.Details
	default:
		e.Kind = "error " + excerpt(raw)
	}
	e.Kind, e.Details = clip(e.Kind), clip(e.Details)
	return e
}

// clip keeps what a peer says short enough for a log or a status.
func clip(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

func protocolf(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrProtocol, fmt.Errorf(format, args...))
}

// excerpt quotes the beginning of what a peer sent.
func excerpt(b []byte) string {
	const most = 64
	if len(b) > most {
		return fmt.Sprintf("%q...", b[:most])
	}
	return fmt.Sprintf("%q", b)
}
