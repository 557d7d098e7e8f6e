//go:build neutron

package neutron_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/program"
)

// bordergw is the built program, which may be stopped and started again.
type bordergw struct {
	t    *testing.T
	args []string
	data string
	log  *os.File
	cmd  *exec.Cmd
	url  string
}

// newBordergw runs the program with an empty store until the test ends.
func newBordergw(t *testing.T, address string, args ...string) *bordergw {
	t.Helper()
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	b := &bordergw{t: t, data: filepath.Join(dir, "store"), log: log}
	b.args = append([]string{"serve", "--listen", address, "--data-dir", b.data}, args...)
	b.start()
	t.Cleanup(func() {
		b.kill()
		_ = log.Close()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s", text[max(0, len(text)-6000):])
		}
	})
	return b
}

func (b *bordergw) start() {
	b.t.Helper()
	b.cmd = exec.Command(binary, b.args...)
	b.cmd.Stderr = b.log
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	address, err := program.Listen(b.cmd)
	require.NoError(b.t, err)
	b.url = address
}

// kill ends the program with SIGKILL, paused or not. Killing it again does nothing.
func (b *bordergw) kill() {
	if b.cmd == nil {
		return
	}
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait() // the error only says that it was killed
	b.cmd = nil
}

// pause stops the program: connections to it stand, and nothing is answered.
func (b *bordergw) pause(t *testing.T) {
	t.Helper()
	require.NoError(t, b.cmd.Process.Signal(syscall.SIGSTOP))
}

func (b *bordergw) resume(t *testing.T) {
	t.Helper()
	require.NoError(t, b.cmd.Process.Signal(syscall.SIGCONT))
}

// wipe loses the store of a program that does not run.
func (b *bordergw) wipe() {
	b.t.Helper()
	require.NoError(b.t, os.RemoveAll(b.data))
}

// gate stands between Neutron and bordergw. What it does with a request is up to a
// function that may wait, and that says whether the answer comes through.
type gate struct {
	// before is called before a request is passed on: false drops it.
	before func(*http.Request) bool
	// after is called when bordergw has answered: false drops the answer.
	after func(*http.Request) bool
}

var errDropped = errors.New("dropped")

// open lets requests to an address through to bordergw until the test ends, or until it is closed.
func (g gate) open(t *testing.T, address, target string) (closeGate func()) {
	t.Helper()
	to, err := url.Parse(target)
	require.NoError(t, err)
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			if g.after != nil && !g.after(r.Request) {
				return errDropped
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	l, err := net.Listen("tcp", address)
	require.NoError(t, err)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.before != nil && !g.before(r) {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	closeGate = func() {
		_ = s.Close()
		<-ended
		transport.CloseIdleConnections()
	}
	t.Cleanup(closeGate)
	return closeGate
}
