package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
)

// fakeLoop is a loop whose Run is the test's. The Status it embeds is nil: no
// request of these tests asks for it.
type fakeLoop struct {
	api.Status
	run func(context.Context) error
	// alive is asked for signs of life; nil is a loop that lives.
	alive func(context.Context) error
}

func (l fakeLoop) Alive(ctx context.Context) error {
	if l.alive == nil {
		return ctx.Err()
	}
	return l.alive(ctx)
}

func (l fakeLoop) Run(ctx context.Context) error { return l.run(ctx) }

// running is a daemon in this process.
type running struct {
	url  string
	stop context.CancelFunc
	done <-chan error
	logs *logtest.Hook
	db   *store.Store
}

// start runs a daemon with that loop on a free port.
func start(t *testing.T, d *daemon, run func(context.Context, *store.Store) error) *running {
	t.Helper()
	log, logs := logtest.NewNullLogger()
	r := &running{logs: logs}
	lines, out := io.Pipe()
	d.log, d.out, d.notify.log = log, out, log
	if d.cfg.DataDir == "" {
		d.cfg = daemonConfig(t)
	}
	if d.stopTimeout == 0 {
		d.stopTimeout = patience
	}
	given := d.newLoop
	d.newLoop = func(db *store.Store, registry prometheus.Registerer, events reconcile.Events) loop {
		r.db = db
		if given != nil {
			return given(db, registry, events)
		}
		return fakeLoop{run: func(ctx context.Context) error { return run(ctx, db) }}
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		err := d.Run(ctx)
		_ = out.Close()
		done <- err
	}()
	r.stop, r.done = stop, done
	t.Cleanup(stop)
	r.url = listenURL(t, lines)
	return r
}

// listenURL reads the line in which the daemon shows its address.
func listenURL(t *testing.T, out io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	require.True(t, ok, line)
	return url
}

func daemonConfig(t *testing.T) config {
	c := defaultConfig()
	c.Listen = "127.0.0.1:0"
	c.DataDir = filepath.Join(t.TempDir(), "below", "data")
	return c
}

func untilDone(ctx context.Context, _ *store.Store) error {
	<-ctx.Done()
	return nil
}

func (r *running) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		t.Fatal("the daemon did not stop")
		return nil
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := c.Get(url)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestDaemonServesAndStops(t *testing.T) {
	d := &daemon{}
	r := start(t, d, untilDone)
	require.Equal(t, http.StatusOK, get(t, r.url+"/healthz"))
	require.Equal(t, http.StatusOK, get(t, r.url+"/metrics"))
	info, err := os.Stat(d.cfg.DataDir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	r.stop()
	require.NoError(t, r.wait(t))
	_, err = net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	require.Error(t, err)
}

// While the loop ends, the API is gone and the store still open.
func TestStopOrder(t *testing.T) {
	var apiErr, storeErr error
	var addr string
	ready := make(chan struct{})
	r := start(t, &daemon{}, func(ctx context.Context, db *store.Store) error {
		<-ctx.Done()
		<-ready
		_, apiErr = net.Dial("tcp", addr)
		_, storeErr = db.CreateNetwork(context.Background(), model.Network{Name: "late"})
		return nil
	})
	addr = strings.TrimPrefix(r.url, "http://")
	close(ready)
	r.stop()
	require.NoError(t, r.wait(t))
	require.ErrorContains(t, apiErr, "refused")
	require.NoError(t, storeErr)
	_, err := r.db.CreateNetwork(t.Context(), model.Network{Name: "too late"})
	require.Error(t, err)
}

func TestDaemonEndsWithItsLoop(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		result error
		want   string
	}{{broken, "reconcile: broken"}, {nil, "reconcile: ended unexpectedly"}} {
		r := start(t, &daemon{}, func(context.Context, *store.Store) error { return c.result })
		require.EqualError(t, r.wait(t), c.want)
	}
}

func TestStoppingIsBounded(t *testing.T) {
	release := make(chan struct{})
	ended := make(chan struct{})
	r := start(t, &daemon{stopTimeout: 50 * time.Millisecond}, func(context.Context, *store.Store) error {
		defer close(ended)
		<-release
		return nil
	})
	r.stop()
	require.ErrorIs(t, r.wait(t), errNotStopped)
	close(release)
	<-ended
	require.NoError(t, r.db.Close())
}

// A client that holds its connection open does not hold up the end.
func TestSlowClientIsCutOff(t *testing.T) {
	r := start(t, &daemon{stopTimeout: 200 * time.Millisecond}, untilDone)
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n{")
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", line, "the API reads the body")
	r.stop()
	require.NoError(t, r.wait(t))
}

// net/http's complaints are about clients, and for those who look for them.
func TestServerMessagesAreForDebugging(t *testing.T) {
	log, logs := logtest.NewNullLogger()
	log.SetLevel(logrus.DebugLevel)
	newHTTPServer(http.NotFoundHandler(), log).ErrorLog.Println("http: superfluous")
	require.Equal(t, "http: superfluous", logs.LastEntry().Message)
	require.Equal(t, logrus.DebugLevel, logs.LastEntry().Level)
}

func TestHangupReloads(t *testing.T) {
	hangup := make(chan os.Signal, 1)
	outcomes := make(chan error, 1)
	r := start(t, &daemon{hangup: hangup, reload: func() error { return <-outcomes }}, untilDone)
	for err, level := range map[error]logrus.Level{nil: logrus.InfoLevel, errors.New("broken"): logrus.ErrorLevel} {
		outcomes <- err
		hangup <- syscall.SIGHUP
		poll.True(t, patience, "the outcome is logged", func() bool {
			e := r.logs.LastEntry()
			return e != nil && e.Level == level && strings.HasPrefix(e.Message, "SIGHUP")
		})
	}
	require.Equal(t, http.StatusOK, get(t, r.url+"/healthz"))
	r.stop()
	require.NoError(t, r.wait(t))
}

func TestPortInUse(t *testing.T) {
	first := start(t, &daemon{}, untilDone)
	cfg := daemonConfig(t)
	cfg.Listen = strings.TrimPrefix(first.url, "http://")
	got := runArgs(t.Context(), "serve", "--listen", cfg.Listen, "--data-dir", cfg.DataDir)
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "bordergw: opening the API's socket "+cfg.Listen)
	require.Empty(t, got.out)

	db, err := store.Open(filepath.Join(cfg.DataDir, "bordergw.db"), store.Options{})
	require.NoError(t, err, "the store was closed")
	require.NoError(t, db.Close())
	first.stop()
	require.NoError(t, first.wait(t))
}

func TestSecondDaemonOnTheSameData(t *testing.T) {
	d := &daemon{}
	first := start(t, d, untilDone)
	got := runArgs(t.Context(), "serve", "--listen", "127.0.0.1:0", "--data-dir", d.cfg.DataDir)
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, d.cfg.DataDir)
	require.Contains(t, got.errOut, "another process has it open")
	require.Equal(t, http.StatusOK, get(t, first.url+"/healthz"))
	first.stop()
	require.NoError(t, first.wait(t))
}

func TestDataDirCanNotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	got := runArgs(t.Context(), "serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(file, "data"))
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "making the data directory")
}
