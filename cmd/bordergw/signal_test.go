package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

// lockedBuffer may be read while the daemon writes its log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestSignals(t *testing.T) {
	lines, out := io.Pipe()
	var log lockedBuffer
	code := make(chan int, 1)
	go func() {
		code <- run([]string{"serve", "--listen", "127.0.0.1:0", "--data-dir", t.TempDir()}, strings.NewReader(""), out, &log)
		_ = out.Close()
	}()
	url := listenURL(t, lines)
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
	poll.True(t, patience, "the signal is logged", func() bool { return strings.Contains(log.String(), "SIGHUP") })
	require.Equal(t, http.StatusOK, get(t, url+"/readyz"))
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGTERM))
	require.Equal(t, exitOK, <-code)
	require.Contains(t, log.String(), "stopped")
}
