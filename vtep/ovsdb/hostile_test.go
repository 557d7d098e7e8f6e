package ovsdb_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"bordergw/internal/poll"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

const (
	rowID  = "550e8400-e29b-41d4-a716-446655440000"
	noTxn  = "00000000-0000-0000-0000-000000000000"
	rowNew = `{"Logical_Switch":{"` + rowID + `":{"insert":{"name":"a"}}}}`
)

func since(updates string) string { return ok(`[false,"` + noTxn + `",` + updates + `]`) }

// TestF52HostileNotifications: none of these may panic; what is harmless is
// ignored, the rest ends the session with a reason.
func TestF52HostileNotifications(t *testing.T) {
	note := func(method, params string) string {
		return `{"id":null,"method":"` + method + `","params":` + params + `}`
	}
	update := func(updates string) string { return note("update3", `["m1","`+noTxn+`",`+updates+`]`) }
	row := func(change string) string { return update(`{"Logical_Switch":{"` + rowID + `":` + change + `}}`) }
	tests := map[string]struct{ text, reason string }{
		"update without params":  {note("update3", `[]`), "0 elements"},
		"params missing":         {`{"id":null,"method":"update3"}`, "'[' expected"},
		"params null":            {note("update3", `null`), "'[' expected"},
		"update with one param":  {note("update3", `["m1"]`), "1 elements"},
		"too many params":        {note("update3", `["m1",1,{},3]`), "more than 3"},
		"unknown monitor":        {note("update3", `["m9","",{}]`), `no monitor "m9"`},
		"monitor of other type":  {note("update3", `[{"m":1},"",{}]`), "string expected"},
		"other update method":    {note("update2", `["m1",{}]`), "is sent update3"},
		"unknown table":          {update(`{"Nosuch":{"x":5}}`), ""},
		"updates not an object":  {update(`[]`), "'{' expected"},
		"table not an object":    {update(`{"Logical_Switch":7}`), "'{' expected"},
		"row id not a UUID":      {update(`{"Logical_Switch":{"x":{"insert":{}}}}`), "UUID expected"},
		"no change":              {row(`{}`), "one kind"},
		"two changes":            {row(`{"insert":{},"delete":null}`), "one kind"},
		"unknown change":         {row(`{"upsert":{}}`), "kind of row update"},
		"change of RFC 7047":     {row(`{"old":{}}`), "kind of row update"},
		"row not an object":      {row(`{"insert":["a"]}`), "row object"},
		"row null":               {row(`{"modify":null}`), "row object"},
		"deletion of unknown":    {row(`{"delete":null}`), ""},
		"insertion repeated":     {row(`{"insert":{}}`) + row(`{"insert":{}}`), ""},
		"columns of wrong type":  {row(`{"modify":{"name":{"a":[1e999,-0.5,true]},"zzz":null}}`), ""},
		"escaped member names":   {row(`{"\u0069nsert":{"n\u0061me":"\ud800"}}`), ""},
		"bad escape":             {row(`{"insert":{"name":"\x"}}`), "escape expected"},
		"bad number":             {row(`{"insert":{"name":01}}`), "expected"},
		"mismatched brackets":    {`{"id":null,"method":"update3","params":[}]`, "expected"},
		"no method, no id":       {`{}`, ""},
		"reply to nobody":        {`{"id":99,"result":{},"error":null}`, ""},
		"reply with string id":   {`{"id":"1","result":{},"error":null}`, ""},
		"reply with object id":   {`{"id":{"a":1},"result":{}}`, ""},
		"method of other type":   {`{"id":null,"method":5,"params":[]}`, "method: "},
		"unknown notification":   {note("wombat", `[]`), ""},
		"unknown request":        {`{"id":7,"method":"wombat","params":[]}`, ""},
		"echo without params":    {`{"id":7,"method":"echo"}`, "echo request without"},
		"echo without id":        {`{"method":"echo","params":[]}`, "echo request without"},
		"lock nobody asked for":  {note("locked", `["x"]`) + note("stolen", `["x"]`), ""},
		"lock without a name":    {note("stolen", `[]`), "0 elements"},
		"monitor canceled":       {note("monitor_canceled", `["m1"]`), "monitor canceled"},
		"array at top level":     {`[1]`, "does not speak JSON-RPC"},
		"SSH":                    {"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH server"},
		"HTTP":                   {"HTTP/1.1 400 Bad Request\r\n", "HTTP server"},
		"TLS":                    {"\x15\x03\x01\x00\x02\x02\x46", "speaks TLS"},
		"NUL":                    {"\x00", "does not speak JSON-RPC"},
		"nests too deep":         {`{"a":` + strings.Repeat("[", 64), "deeper than 64"},
		"too long":               {`{"a":"` + strings.Repeat("x", 2000), "longer than 1000 bytes"},
		"too long but complete":  {`{"a":"` + strings.Repeat("x", 2000) + `"}`, "longer than 1000 bytes"},
		"control character":      {"{\"a\":\"\x01\"}", "character of a string"},
		"white space everywhere": {" \r\n\t" + strings.ReplaceAll(update(` { } `), ":", " : ") + "\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, peer := scripted(t, ovsdb.Config{MaxFrame: 1000}, script{
				"monitor_cond_since": since(`{}`),
				"list_dbs":           ok(`["hardware_vtep"]`),
			})
			_, err := c.Monitor(t.Context(), db, macTable, &recorder{})
			require.NoError(t, err)
			_, _ = peer.Write([]byte(test.text)) // fails where the session ends early
			if test.reason == "" {
				alive(t, c)
				return
			}
			require.ErrorContains(t, ended(t, c), test.reason)
			require.Equal(t, name != "monitor canceled", errors.Is(c.Err(), ovsdb.ErrProtocol))
		})
	}
}

func TestUpdateBeforeMonitorReply(t *testing.T) {
	c, _ := scripted(t, ovsdb.Config{}, script{
		"monitor_cond_since": `{"id":null,"method":"update3","params":["m1","",{}]}` + since(`{}`),
	})
	_, err := c.Monitor(t.Context(), db, macTable, &recorder{})
	require.ErrorContains(t, err, "no monitor")
	require.ErrorIs(t, ended(t, c), ovsdb.ErrProtocol)
}

func TestIgnoredIsCounted(t *testing.T) {
	c, peer := scripted(t, ovsdb.Config{}, script{"list_dbs": ok(`["hardware_vtep"]`)})
	_, err := peer.Write([]byte(`{"id":99,"result":1}{"id":null,"method":"wombat","params":[]}`))
	require.NoError(t, err)
	alive(t, c)
	stats := c.Stats()
	require.EqualValues(t, 2, stats.Ignored)
	require.EqualValues(t, 3, stats.FramesIn)
	require.EqualValues(t, 1, stats.FramesOut)
	require.Positive(t, stats.BytesIn)
	poll.True(t, patience, "something was sent", func() bool { return c.Stats().BytesOut > 0 })
	require.WithinDuration(t, time.Now(), stats.LastReceived, patience)
}

func TestHandlerErrorEndsTheSession(t *testing.T) {
	c, _ := scripted(t, ovsdb.Config{}, script{"monitor_cond_since": since(rowNew)})
	refusal := errors.New("too many rows")
	_, err := c.Monitor(t.Context(), db, macTable, &recorder{err: refusal})
	require.ErrorIs(t, err, refusal)
	require.ErrorIs(t, ended(t, c), refusal)
	require.NotErrorIs(t, c.Err(), ovsdb.ErrProtocol)
}

func TestPeerThatFloodsEchoWithoutReading(t *testing.T) {
	client, peer := net.Pipe()
	defer peer.Close()
	c := own(t, ovsdb.NewConn(client, ovsdb.Config{}))
	flood := []byte(`{"id":1,"method":"echo","params":["` + strings.Repeat("x", 100<<10) + `"]}`)
	for c.Err() == nil {
		_, _ = peer.Write(flood) // fails at the end
	}
	require.ErrorContains(t, ended(t, c), "does not read the replies")
}

// TestF54OldServers: only RFC 7047's monitor, or monitor_cond.
func TestF54OldServers(t *testing.T) {
	unknown := refuse(`"unknown method"`)
	old := `{"id":null,"method":"update","params":["m3",{"Logical_Switch":{"` + rowID + `":%}}]}`
	change := func(text string) string { return strings.Replace(old, "%", text, 1) }
	c, _ := scripted(t, ovsdb.Config{}, script{
		"monitor_cond_since": unknown,
		"monitor_cond":       refuse(`{"error":"not supported","details":"no"}`),
		"monitor":            ok(`{"Logical_Switch":{"` + rowID + `":{"new":{"name":"a"}}}}`),
		"list_dbs": change(`{"new":{"name":"b"}}`) + change(`{"old":{"name":"b"},"new":{"name":"c"}}`) +
			change(`{"old":{"name":"c"}}`) + ok(`["hardware_vtep"]`),
	})
	var r recorder
	_, err := c.Monitor(t.Context(), db, macTable, &r)
	require.NoError(t, err)
	alive(t, c)
	require.Equal(t, []string{
		`initial Logical_Switch {"name":"a"}`, "commit", `insert Logical_Switch {"name":"b"}`, "commit",
		`modify Logical_Switch {"name":"c"}`, "commit", "delete Logical_Switch", "commit",
	}, r.take())

	c, _ = scripted(t, ovsdb.Config{}, script{
		"monitor_cond_since": unknown, "monitor_cond": ok(`{"Logical_Switch":{"` + rowID + `":{"initial":{}}}}`),
	})
	_, err = c.Monitor(t.Context(), db, macTable, &r)
	require.NoError(t, err)
	require.Equal(t, []string{"initial Logical_Switch {}", "commit"}, r.take())
}

func TestF54HostileOldServer(t *testing.T) {
	unknown := refuse(`"unknown method"`)
	for _, change := range []string{`{}`, `{"old":{}}`, `{"new":[]}`, `{"new":null}`, `{"newer":{}}`, `7`} {
		c, _ := scripted(t, ovsdb.Config{}, script{
			"monitor_cond_since": unknown, "monitor_cond": unknown,
			"monitor": ok(`{"Logical_Switch":{"` + rowID + `":` + change + `}}`),
		})
		_, err := c.Monitor(t.Context(), db, macTable, &recorder{})
		require.ErrorIs(t, err, ovsdb.ErrProtocol, change)
		require.ErrorIs(t, ended(t, c), ovsdb.ErrProtocol)
	}
	c, _ := scripted(t, ovsdb.Config{}, script{"monitor_cond_since": unknown, "monitor_cond": unknown, "monitor": refuse(`5`)})
	_, err := c.Monitor(t.Context(), db, macTable, &recorder{})
	var refused *ovsdb.RPCError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "monitor", refused.Method)
	require.NoError(t, c.Err())
}
