package ovsdb_test

import (
	"strings"
	"testing"

	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// TestF20UnclearTransactReplies: whatever does not say what happened ends the
// session with an unknown outcome.
func TestF20UnclearTransactReplies(t *testing.T) {
	one := `{"uuid":["uuid","` + rowID + `"]}`
	for name, answer := range map[string]string{
		"null":            ok(`null`),
		"absent":          `{"id":$ID}`,
		"both":            `{"id":$ID,"result":[],"error":"x"}`,
		"object":          ok(`{}`),
		"short":           ok(`[` + one + `]`),
		"empty":           ok(`[]`),
		"long":            ok(`[` + one + `,{"count":1},{}]`),
		"too long error":  ok(`[` + one + `,{"count":1},null,{"error":"x"}]`),
		"null element":    ok(`[` + one + `,null]`),
		"number element":  ok(`[` + one + `,1]`),
		"no uuid":         ok(`[{},{"count":1}]`),
		"bad uuid":        ok(`[{"uuid":["uuid","x"]},{"count":1}]`),
		"named uuid":      ok(`[{"uuid":["named-uuid","` + rowID + `"]},{"count":1}]`),
		"no count":        ok(`[` + one + `,{}]`),
		"negative count":  ok(`[` + one + `,{"count":-1}]`),
		"huge count":      ok(`[` + one + `,{"count":1e99}]`),
		"error no string": ok(`[` + one + `,{"error":5}]`),
		"mismatched":      `{"id":$ID,"result":[` + one + `}]`,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := scripted(t, ovsdb.Config{}, script{"transact": answer})
			_, err := c.Transact(t.Context(), db, insertLS("a"), ovsdb.Delete("Logical_Switch", nil))
			require.ErrorIs(t, err, ovsdb.ErrUnknownOutcome)
			require.ErrorIs(t, c.Err(), ovsdb.ErrProtocol)
			require.ErrorIs(t, ended(t, c), ovsdb.ErrProtocol)
		})
	}
}

func TestClearTransactReplies(t *testing.T) {
	one := `{"uuid":["uuid","` + rowID + `"]}`
	tests := map[string]struct {
		answer string
		want   ovsdb.TransactError
	}{
		"operation":          {ok(`[{"error":"e","details":"d"},null]`), ovsdb.TransactError{Op: 0, Kind: "e", Details: "d"}},
		"second":             {ok(`[` + one + `,{"error":"e","details":{}}]`), ovsdb.TransactError{Op: 1, Kind: "e"}},
		"not padded":         {ok(`[{"error":"e"}]`), ovsdb.TransactError{Op: 0, Kind: "e"}},
		"commit":             {ok(`[` + one + `,{"count":0},{"error":"e","x":[1]}]`), ovsdb.TransactError{Op: 2, Kind: "e"}},
		"error hides misses": {ok(`[{"error":"e"},{"count":0}]`), ovsdb.TransactError{Op: 0, Kind: "e"}},
		"endless":            {ok(`[{"error":"e","details":"` + strings.Repeat("ü", 9999) + `"},null]`), ovsdb.TransactError{Op: 0, Kind: "e", Details: strings.Repeat("ü", 500) + "..."}},
		"empty kind":         {ok(`[{"error":""},null]`), ovsdb.TransactError{Op: 0}},
		"no match":           {ok(`[` + one + `,{"count":0}]`), ovsdb.TransactError{Op: 1, Kind: ovsdb.NoMatch}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := scripted(t, ovsdb.Config{}, script{"transact": test.answer, "list_dbs": ok(`["hardware_vtep"]`)})
			_, err := c.Transact(t.Context(), db, insertLS("a"), ovsdb.Delete("Logical_Switch", nil).MustMatch())
			require.Equal(t, &test.want, err)
			alive(t, c)
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	for answer, want := range map[string]string{
		refuse(`"canceled"`): "transact: canceled",
		refuse(`{"error":"not leader","details":"try another"}`): "transact: not leader: try another",
		refuse(`[1]`):                    `transact: error "[1]"`,
		`{"id":$ID,"error":"no result"}`: "transact: no result",
	} {
		c, _ := scripted(t, ovsdb.Config{}, script{"transact": answer, "list_dbs": ok(`["hardware_vtep"]`)})
		_, err := c.Transact(t.Context(), db)
		require.EqualError(t, err, want)
		alive(t, c)
	}
}

func TestHostileSchema(t *testing.T) {
	for _, schema := range []string{
		`[]`, `{}`, `{"name":"x"}`, `{"name":5,"tables":{}}`, `{"name":"x","tables":[]}`,
		`{"name":"x","tables":{"T":{"columns":{"c":{}}}}}`,
		`{"name":"x","tables":{"T":{"columns":{"c":null}}}}`,
		`{"name":"x","tables":{"T":{"columns":{"c":{"type":7}}}}}`,
		`{"name":"x","tables":{"T":{"columns":{"c":{"type":{}}}}}}`,
		`{"name":"x","tables":{"T":{"columns":{"c":{"type":{"key":"string","max":"many"}}}}}}`,
		`{"name":"x","tables":{"T":{"columns":{"c":{"type":{"key":"string","min":1e99}}}}}}`,
	} {
		c, _ := scripted(t, ovsdb.Config{}, script{"list_dbs": ok(`[]`), "get_schema": ok(schema)})
		_, err := c.Ask(t.Context(), db, "")
		require.ErrorIs(t, err, ovsdb.ErrProtocol, schema)
		require.ErrorIs(t, ended(t, c), ovsdb.ErrProtocol)
	}
	c, _ := scripted(t, ovsdb.Config{}, script{"list_dbs": ok(`[]`), "get_schema": ok(
		`{"name":"x","tables":{"T":{"new":1,"columns":{"c":{"type":{"key":{"type":"future","enum":5},"max":2,"new":{}},"new":[]}}}}}`)})
	o, err := c.Ask(t.Context(), db, "")
	require.NoError(t, err)
	require.Equal(t, ovsdb.ColumnType{Key: ovsdb.BaseType{Type: "future"}, Min: 1, Max: 2}, o.Schema.Tables["T"].Columns["c"].Type)
}

func TestHugeSmallReply(t *testing.T) {
	c, _ := scripted(t, ovsdb.Config{}, script{"list_dbs": ok(`["` + strings.Repeat("x", 5<<20) + `"]`)})
	_, err := c.ListDBs(t.Context())
	require.ErrorIs(t, err, ovsdb.ErrProtocol)
}

func TestMalformedLockReply(t *testing.T) {
	for _, result := range []string{`{}`, `[]`, `{"locked":"yes"}`} {
		c, _ := scripted(t, ovsdb.Config{}, script{"lock": ok(result)})
		_, err := c.Lock(t.Context(), "L")
		require.ErrorIs(t, err, ovsdb.ErrProtocol)
		require.False(t, c.Locked("L"))
	}
}
