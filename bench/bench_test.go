package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFramesEndAtTheirBrace(t *testing.T) {
	want := []string{`{"a":"}\"{","b":{"c":[{}]}}`, `{"id":1}`, `{"x":"` + strings.Repeat("{", 3000) + `"}`}
	ours, theirs := net.Pipe()
	go func() {
		for _, part := range []string{want[0][:9], want[0][9:] + want[1] + "\n", want[2]} {
			_, _ = theirs.Write([]byte(part))
		}
	}()
	c := newRawConn(ours)
	for _, w := range want {
		got, err := c.next()
		require.NoError(t, err)
		require.Equal(t, w, string(got))
	}
	require.NoError(t, ours.Close())
}

func TestEchoIsAnswered(t *testing.T) {
	ours, theirs := net.Pipe()
	answer := make(chan string, 1)
	go func() {
		_, _ = theirs.Write([]byte(`{"id":"echo","method":"echo","params":[]}`))
		buf := make([]byte, 100)
		n, _ := theirs.Read(buf)
		answer <- string(buf[:n])
		_, _ = theirs.Write([]byte(`{"id":7}`))
	}()
	got, err := newRawConn(ours).next()
	require.NoError(t, err)
	require.Equal(t, `{"id":7}`, string(got))
	require.Equal(t, `{"id":"echo","result":[],"error":null}`, <-answer)
	require.NoError(t, ours.Close())
}

func TestADeedThatFailsIsNotWaitedFor(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	_, err := (&watcher{newRawConn(ours)}).timed("never", func() error { return net.ErrClosed })
	require.ErrorIs(t, err, net.ErrClosed)
	require.NoError(t, ours.Close())
}

func TestLastLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	require.Empty(t, lastLine(file))
	require.NoError(t, os.WriteFile(file, []byte("one\ntwo\n"), 0o600))
	require.Equal(t, "two", string(lastLine(file)))
}

func TestMediansAndVerdicts(t *testing.T) {
	b := &bench{results: results{}}
	for _, ms := range []int{30, 10, 20} {
		b.add(workPush, 10_000, floor, sample{wall: time.Duration(ms) * time.Millisecond})
		b.add(workPush, 10_000, ours, sample{wall: time.Duration(2*ms) * time.Millisecond})
	}
	m, ok := b.median(workPush, 10_000, floor)
	require.True(t, ok)
	require.Equal(t, 20*time.Millisecond, m.wall)
	for limit, met := range map[float64]bool{1.9: false, 2: true} {
		var out strings.Builder
		require.Equal(t, met, b.verdicts(&out, []target{{"push", "wall", toFloor(workPush, 10_000), limit, "x", false}}))
		require.Contains(t, out.String(), "| push | wall | 2x |")
	}
	var out strings.Builder
	require.True(t, b.verdicts(&out, []target{{"move", "wall", toFloor(workMove, 100), 1, "x", false}}))
	require.Contains(t, out.String(), "not measured")
	require.Contains(t, b.plot(), "raw client</text>")
}
