package ovsdb

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// frames reads a stream to its end.
func frames(src io.Reader) (list []string, err error) {
	f := framer{src: src, maxFrame: 200, maxDepth: 8}
	for {
		frame, err := f.next()
		if err != nil {
			return list, err
		}
		list = append(list, string(frame))
	}
}

// FuzzFramer: the frames do not depend on how the stream is cut into reads, and
// a valid frame is what encoding/json finds at the same place.
func FuzzFramer(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` {"a":"}\"{"} {"b":[{}]}`, `{"a":"\\"}{`, "SSH-2.0", `{"a":[[[[[[[[[[`, `{"a":"` + strings.Repeat("x", 300) + `"}`, `{]{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, err := frames(bytes.NewReader(stream))
		bytewise, err2 := frames(iotest.OneByteReader(bytes.NewReader(stream)))
		require.Equal(t, whole, bytewise)
		require.Equal(t, errors.Is(err, ErrProtocol), errors.Is(err2, ErrProtocol))
		d := json.NewDecoder(bytes.NewReader(stream))
		for _, frame := range whole {
			require.LessOrEqual(t, len(frame), 200)
			if !json.Valid([]byte(frame)) {
				return
			}
			var want json.RawMessage
			require.NoError(t, d.Decode(&want))
			require.Equal(t, string(want), frame)
		}
	})
}

// FuzzScanner: the scanner accepts exactly the JSON that encoding/json does.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,"\u00e9\n",true,false,null]}`, `[1,]`, `{"a"}`, `01`, `"\x"`, "\"\x01\"", `-`, `1.`, `nul`, `[] x`, ` [ ] `, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := scanner{data: text}
		raw := s.value()
		err := s.finish()
		require.Equal(t, json.Valid(text), err == nil, "%v", err)
		if err == nil {
			require.Equal(t, string(bytes.Trim(text, " \t\r\n")), string(raw))
		}
	})
}

func FuzzParseResults(f *testing.F) {
	ops := NewTransaction("db", Insert("T", ""), Delete("T", nil).MustMatch(), Select("T", nil)).expected
	for _, seed := range []string{
		`[{"uuid":["uuid","550e8400-e29b-41d4-a716-446655440000"]},{"count":1},{"rows":[]}]`,
		`[{"error":"x","details":"y"},null,null]`, `[{},{},{},{"error":"commit"}]`, `[null]`, `{}`, `[`, `[{"count":0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		results, refused, err := parseResults(raw, ops)
		switch {
		case err != nil:
			require.ErrorIs(t, err, ErrProtocol)
			require.Nil(t, results)
			require.Nil(t, refused)
		case refused != nil && results == nil:
			require.LessOrEqual(t, refused.Op, len(ops))
		default:
			require.Len(t, results, len(ops))
			require.True(t, json.Valid(results[2].Rows))
		}
	})
}

func FuzzParseSchema(f *testing.F) {
	for _, seed := range []string{
		`{"name":"x","version":"1.2.3","tables":{"T":{"isRoot":true,"columns":{"c":{"type":"string","ephemeral":true}}}}}`,
		`{"name":"x","tables":{"T":{"columns":{"c":{"type":{"key":{"type":"uuid","refTable":"T"},"value":"integer","min":0,"max":"unlimited"}}}}}}`,
		`{"name":"x","tables":null}`, `[]`, `{"name":"x","tables":{"T":{"columns":{"c":{"type":{"max":[]}}}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parseSchema(raw)
		if err != nil {
			require.ErrorIs(t, err, ErrProtocol)
			return
		}
		for _, table := range s.Tables {
			for _, c := range table.Columns {
				require.NotEmpty(t, c.Type.Key.Type)
			}
		}
	})
}

func FuzzParseUUID(f *testing.F) {
	for _, seed := range []string{"550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000", "", "550e8400-e29b-41d4-a716-44665544000", "550e8400xe29b-41d4-a716-446655440000", "00000000-0000-0000-0000-0000-0000000", "00000000-0000-0000-0000-00000000000-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseUUID(text)
		if err == nil {
			require.Equal(t, strings.ToLower(text), u.String())
		}
	})
}

// FuzzString: a string reads back as it was, but for what is not UTF-8.
func FuzzString(f *testing.F) {
	f.Add("a\"b\\c\x00\n\x1f\x7fé\u2028\xff\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		require.NoError(t, json.Unmarshal([]byte(String(text).json), &got))
		require.Equal(t, string([]rune(text)), got)
	})
}

type discard struct{}

func (discard) Row(u RowUpdate) error {
	if u.Row != nil && !json.Valid(u.Row) {
		return errors.New("a row that is not JSON was handed over")
	}
	return nil
}

func (discard) Commit() {}

// FuzzSession: whatever a server sends after the monitor's reply, the session
// goes on or ends with a reason.
func FuzzSession(f *testing.F) {
	const row = `{"T":{"550e8400-e29b-41d4-a716-446655440000":`
	for _, seed := range []string{
		`{"id":null,"method":"update3","params":["m1","",` + row + `{"insert":{"a":1}}}}]}`,
		`{"id":null,"method":"update3","params":["m1","",` + row + `{"modify":{"a":["set",[]]}}}}]}`,
		`{"id":null,"method":"update3","params":[]}`, `{"id":null,"method":"update2","params":["m1"]}`,
		`{"id":5,"method":"echo","params":[]}`, `{"id":1,"result":{},"error":null}`, `{"id":null,"method":"stolen","params":[1]}`, `{"a":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		client, server := net.Pipe()
		c := NewConn(client, Config{MaxFrame: 4096})
		go func() { _, _ = io.Copy(io.Discard, server) }()
		go func() {
			_, _ = server.Write([]byte(`{"id":1,"result":[false,"",{}],"error":null}`))
			_, _ = server.Write(stream)
			_ = server.Close()
		}()
		_, _ = c.Monitor(t.Context(), "db", []MonitorTable{{Table: "T"}}, discard{})
		<-c.Done()
		require.Error(t, c.Err())
		require.NotContains(t, c.Err().Error(), "not JSON")
	})
}

// FuzzValue reads sets and maps as encoding/json does.
func FuzzValue(f *testing.F) {
	for _, text := range []string{
		`["set",[1,"a",["uuid","00000000-0000-0000-0000-000000000001"]]]`, `["set",[]]`, `["set"]`, `["set",7]`, `["set",[],1]`,
		`["map",[["k","v"],[7,["uuid","x"]]]]`, `["map",[["k"]]]`, `["map",[["a"],["b","c"]]]`, `["map",[["k","v",1]]]`, `["map",{}]`,
		`7`, `-1e5`, `123456789012345678901234567890`, `"x\u0041"`, ` [ "s\u0065t" , [ 1 ] ] `, `{}`, `null`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return // what is received has been checked
		}
		_, _ = ReadInt(raw)
		tag, list, ok := tagged(raw)
		var members []json.RawMessage
		err := EachMember(raw, func(m []byte) error { members = append(members, m); return nil })
		switch {
		case tag != "set":
			require.NoError(t, err)
			require.Equal(t, []json.RawMessage{raw}, members)
		case ok:
			require.NoError(t, err)
			require.Equal(t, texts(list), texts(members))
		default:
			require.Error(t, err)
		}
		var pairs [][]json.RawMessage
		err = EachPair(raw, func(k, v []byte) error { pairs = append(pairs, []json.RawMessage{k, v}); return nil })
		well := tag == "map" && ok
		for i := range list {
			var pair []json.RawMessage
			well = well && json.Unmarshal(list[i], &pair) == nil && len(pair) == 2
		}
		require.Equal(t, well, err == nil, "%s: %v", raw, err)
		if well {
			require.Len(t, pairs, len(list))
		}
	})
}

// tagged is the oracle: the tag of ["tag", ...], and its list where the value has
// the form ["tag", [...]].
func tagged(raw []byte) (tag string, list []json.RawMessage, ok bool) {
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || len(parts) < 2 || json.Unmarshal(parts[0], &tag) != nil || parts[0][0] != '"' {
		return "", nil, false
	}
	ok = len(parts) == 2 && parts[1][0] == '[' && json.Unmarshal(parts[1], &list) == nil
	return tag, list, ok
}

func texts(list []json.RawMessage) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = string(list[i])
	}
	return out
}

// TestPlain compares eight bytes at a time with one at a time, for every byte at
// every place, beside neighbours that borrow.
func TestPlain(t *testing.T) {
	for c := range 256 {
		for _, around := range []byte{'a', ' ', '!', 0x7f, 0x80, 0xa0, 0xff} {
			for at := range 19 {
				text := bytes.Repeat([]byte{around}, 20)
				text[at] = byte(c)
				want := len(text)
				if c == '"' || c == '\\' || c < ' ' {
					want = at
				}
				require.Equal(t, want, plain(text), "%q", text)
			}
		}
	}
}
