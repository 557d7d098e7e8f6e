package ovsdb

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// count is a Handler that only counts.
type count struct{ rows int }

func (c *count) Row(RowUpdate) error { c.rows++; return nil }
func (c *count) Commit()             {}

// macUpdate is a notification with n unicast MAC rows.
func macUpdate(n int) []byte {
	ref := Ref(UUID{1}).json
	var b bytes.Buffer
	b.WriteString(`{"id":null,"method":"update3","params":["m","",{"Ucast_Macs_Remote":{`)
	for i := range n {
		var u UUID
		binary.BigEndian.PutUint64(u[:], uint64(i))
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + u.String() + `":{"initial":{"MAC":"02:00:00:00:00:01","ipaddr":"","locator":` + ref + `,"logical_switch":` + ref + `}}`)
	}
	b.WriteString(`}}]}`)
	return b.Bytes()
}

// BenchmarkMonitor100k is one update with 100,000 rows, from the byte stream to
// the Handler.
func BenchmarkMonitor100k(b *testing.B) {
	frame := macUpdate(100_000)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		h := &count{}
		c := &Conn{monitors: map[string]*monitor{"m": {update: "update3", tables: map[string]string{"Ucast_Macs_Remote": "Ucast_Macs_Remote"}, h: h}}}
		f := framer{src: bytes.NewReader(frame), maxFrame: 64 << 20, maxDepth: 64}
		got, err := f.next()
		require.NoError(b, err)
		require.NoError(b, c.dispatch(got))
		require.Equal(b, 100_000, h.rows)
	}
}

// BenchmarkEncode500Inserts is one transaction of the recommended kind.
func BenchmarkEncode500Inserts(b *testing.B) {
	b.ReportAllocs()
	ref := Ref(UUID{1})
	for b.Loop() {
		t := NewTransaction("hardware_vtep")
		for range 500 {
			t.Insert("Ucast_Macs_Remote", "", Column{"MAC", String("02:00:00:00:00:01")},
				Column{"logical_switch", ref}, Column{"locator", ref})
		}
		require.Equal(b, 500, t.Len())
	}
}

// TestBigFrameIsReleased: after a huge message the session is small again.
func TestBigFrameIsReleased(t *testing.T) {
	big := `{"a":"` + strings.Repeat("x", 8<<20) + `"}`
	f := framer{src: strings.NewReader(big + `{}` + strings.Repeat(" ", minBuffer) + `{}`), maxFrame: 64 << 20, maxDepth: 64}
	frame, err := f.next()
	require.NoError(t, err)
	require.Len(t, frame, len(big))
	require.Greater(t, len(f.buf), len(big))
	for range 2 {
		frame, err = f.next()
		require.NoError(t, err)
		require.Equal(t, "{}", string(frame))
	}
	_, err = f.next() // goes to read again, as a session does at once
	require.ErrorIs(t, err, io.EOF)
	require.LessOrEqual(t, len(f.buf), idleBuffer)
}
