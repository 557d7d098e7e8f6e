package ovsdb_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"bordergw/vtep/ovsdb"

	notation "github.com/ovn-org/libovsdb/ovsdb"
	"github.com/stretchr/testify/require"
)

// What a server refuses is an error of libovsdb's, also behind others.
func TestRefusalIsAnErrorOfItsKind(t *testing.T) {
	refused := func(kind string) error {
		return fmt.Errorf("sending: %w", &ovsdb.TransactError{Op: 3, Kind: kind, Details: "why"})
	}
	owner, is := errors.AsType[*notation.NotOwner](refused("not owner"))
	require.True(t, is)
	require.EqualError(t, owner, "not owner: why")
	_, is = errors.AsType[*notation.NotOwner](refused("timed out"))
	require.False(t, is)
	for _, kind := range []string{"of the future", ovsdb.NoMatch} {
		_, is = errors.AsType[*notation.Error](refused(kind))
		require.True(t, is, kind)
	}
	require.NoError(t, errors.Unwrap(&ovsdb.TransactError{}))
}

// The decoders of libovsdb are not used, as they panic on what a server may send, and its
// encoder leaves out what RFC 7047 asks for (docs/decisions.md, "libovsdb gives rows, words
// and errors"). Where this fails after an update of libovsdb, that can be looked at again.
func TestLibovsdbIsNotForWhatServersSend(t *testing.T) {
	for text, into := range map[string]any{
		`{"tables":{"T":{"columns":{"c":{}}}}}`:                                           &notation.DatabaseSchema{},
		`{"tables":{"T":{"columns":{"c":{"type":{"max":1}}}}}}`:                           &notation.DatabaseSchema{},
		`{"tables":{"T":{"columns":{"c":{"type":{"key":{"type":"string","enum":[]}}}}}}}`: &notation.DatabaseSchema{},
		`{"rows":[{"c":[]}]}`:              &notation.OperationResult{},
		`{"rows":[{"c":["set",1]}]}`:       &notation.OperationResult{},
		`{"rows":[{"c":["map",[["k"]]]}]}`: &notation.OperationResult{},
		`{"uuid":["uuid"]}`:                &notation.OperationResult{},
	} {
		require.Panics(t, func() { _ = json.Unmarshal([]byte(text), into) }, text)
	}
	all, err := json.Marshal(notation.Operation{Op: notation.OperationDelete, Table: "T"})
	require.NoError(t, err)
	require.NotContains(t, string(all), `"where"`)
}
