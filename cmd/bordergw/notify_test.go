package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
	"bordergw/reconcile"
	"bordergw/store"
)

// manager is the socket of a service manager.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
	name string
}

// newManager listens on a socket in the file system, or on an abstract one.
func newManager(t *testing.T, abstract bool) *manager {
	t.Helper()
	name := filepath.Join(t.TempDir(), "notify")
	if abstract {
		name = "@bordergw-test-" + strconv.Itoa(os.Getpid()) + name
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &manager{t: t, conn: conn, name: name}
}

// next is the next message.
func (m *manager) next() string {
	m.t.Helper()
	require.NoError(m.t, m.conn.SetReadDeadline(time.Now().Add(patience)))
	message := make([]byte, 4096)
	n, err := m.conn.Read(message)
	require.NoError(m.t, err)
	return string(message[:n])
}

// until reads messages to the wanted one: the queue of a socket is short, and nothing is sent to a full one.
func (m *manager) until(wanted string) {
	m.t.Helper()
	for m.next() != wanted {
	}
}

// waiting are the messages that have come and were not read.
func (m *manager) waiting() (out []string) {
	m.t.Helper()
	message := make([]byte, 4096)
	raw, err := m.conn.SyscallConn()
	require.NoError(m.t, err)
	require.NoError(m.t, raw.Control(func(fd uintptr) {
		for {
			n, _, err := syscall.Recvfrom(int(fd), message, syscall.MSG_DONTWAIT)
			if err != nil {
				return
			}
			out = append(out, string(message[:n]))
		}
	}))
	return out
}

func TestManagerIsToldOfTheDaemonsLife(t *testing.T) {
	for _, abstract := range []bool{false, true} {
		m := newManager(t, abstract)
		hangup := make(chan os.Signal, 1)
		outcome := make(chan error, 1)
		r := start(t, &daemon{notify: notifier{socket: m.name}, hangup: hangup, reload: func() error { return <-outcome }}, untilDone)
		require.Equal(t, "READY=1\nSTATUS=listening on "+r.url, m.next())

		outcome <- nil
		hangup <- syscall.SIGHUP
		require.Regexp(t, `^RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]+$`, m.next())
		require.Equal(t, "READY=1\nSTATUS=listening on "+r.url, m.next())
		outcome <- errors.New("broken")
		hangup <- syscall.SIGHUP
		require.Contains(t, m.next(), "RELOADING=1")
		require.Equal(t, "READY=1\nSTATUS=listening on "+r.url+"; the TLS files can not be used, those read before stay in use", m.next())

		r.stop()
		require.Equal(t, "STOPPING=1\nSTATUS=stopping", m.next())
		require.NoError(t, r.wait(t))
		require.Empty(t, m.waiting(), "the end is the last that it says, and nobody asked for signs of life")
	}
}

// Before READY the store is open and the port listens: a unit that is ordered after the daemon may use it.
func TestReadyIsNotSaidTooEarly(t *testing.T) {
	m := newManager(t, false)
	first := start(t, &daemon{}, untilDone)
	cfg := daemonConfig(t)
	cfg.Listen = strings.TrimPrefix(first.url, "http://")
	log, _ := logtest.NewNullLogger()
	second := &daemon{cfg: cfg, log: log, out: io.Discard, notify: notifier{socket: m.name, log: log}, newLoop: func(*store.Store, prometheus.Registerer, reconcile.Events) loop {
		return fakeLoop{run: func(context.Context) error { return errors.New("not reached") }}
	}}
	require.ErrorContains(t, second.Run(t.Context()), "opening the API's socket")
	require.Empty(t, m.waiting())
	first.stop()
	require.NoError(t, first.wait(t))
}

// withAlive makes a loop that runs until the end, and is asked for signs of life.
func withAlive(alive func(context.Context) error) func(*store.Store, prometheus.Registerer, reconcile.Events) loop {
	return func(db *store.Store, _ prometheus.Registerer, _ reconcile.Events) loop {
		return fakeLoop{run: func(ctx context.Context) error { return untilDone(ctx, db) }, alive: alive}
	}
}

func TestLoopThatLivesIsReported(t *testing.T) {
	m := newManager(t, false)
	r := start(t, &daemon{notify: notifier{socket: m.name, watchdog: time.Millisecond}, newLoop: withAlive(context.Context.Err)}, nil)
	require.Contains(t, m.next(), "READY=1")
	for range 3 {
		require.Equal(t, "WATCHDOG=1", m.next())
	}
	r.stop()
	m.until("STOPPING=1\nSTATUS=stopping")
	require.NoError(t, r.wait(t))
}

// A loop that is stuck gets no WATCHDOG, however long it takes, and one again when it goes on.
func TestStuckLoopFallsSilent(t *testing.T) {
	m := newManager(t, false)
	asked, goOn := make(chan struct{}), make(chan struct{})
	alive := func(ctx context.Context) error {
		select {
		case asked <- struct{}{}:
			<-goOn
		case <-ctx.Done():
		}
		return ctx.Err()
	}
	r := start(t, &daemon{notify: notifier{socket: m.name, watchdog: time.Microsecond}, newLoop: withAlive(alive)}, nil)
	require.Contains(t, m.next(), "READY=1")
	<-asked
	// Any number of its times may pass. A change that is answered meanwhile shows that only the loop is stuck.
	require.Equal(t, 200, get(t, r.url+"/healthz"))
	require.Empty(t, m.waiting(), "WATCHDOG=1 without a sign of life")
	goOn <- struct{}{}
	require.Equal(t, "WATCHDOG=1", m.next())
	<-asked
	require.Empty(t, m.waiting(), "one sign of life is reported once")
	r.stop()
	close(goOn)
	require.NoError(t, r.wait(t))
}

// The command as systemd starts it, with the loop that drives switches.
func TestServeTellsItsManager(t *testing.T) {
	m := newManager(t, true)
	t.Setenv("NOTIFY_SOCKET", m.name)
	t.Setenv("WATCHDOG_USEC", "1000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	code, dir := make(chan int, 1), t.TempDir()
	go func() { code <- runArgs(ctx, "serve", "--listen", "127.0.0.1:0", "--data-dir", dir).code }()
	require.Contains(t, m.next(), "READY=1\nSTATUS=listening on http://127.0.0.1:")
	require.Equal(t, "WATCHDOG=1", m.next())
	require.Equal(t, "WATCHDOG=1", m.next())
	stop()
	m.until("STOPPING=1\nSTATUS=stopping")
	require.Equal(t, exitOK, <-code)
}

// A manager that has gone, or takes nothing, costs the daemon nothing but a line in its log.
func TestManagerThatIsGone(t *testing.T) {
	m := newManager(t, false)
	require.NoError(t, m.conn.Close())
	r := start(t, &daemon{notify: notifier{socket: m.name, watchdog: time.Hour}}, untilDone)
	poll.True(t, patience, "the log has it", func() bool {
		e := r.logs.LastEntry()
		return e != nil && e.Message == "the service manager can not be told what becomes of the daemon"
	})
	require.Equal(t, 200, get(t, r.url+"/healthz"))
	r.stop()
	require.NoError(t, r.wait(t))
}

func TestWhatTheManagerAsksFor(t *testing.T) {
	own := strconv.Itoa(os.Getpid())
	for _, c := range []struct {
		socket, usec, pid string
		watchdog          time.Duration
		warns             bool
	}{
		{"", "", "", 0, false},
		{"/run/notify", "", "", 0, false},
		{"/run/notify", "30000000", own, 30 * time.Second, false},
		{"/run/notify", "30000000", "", 30 * time.Second, false},
		{"/run/notify", "30000000", "1", 0, false}, // meant for a process that started us
		{"/run/notify", "soon", own, 0, true},
		{"/run/notify", "-1", own, 0, true},
		{"/run/notify", "99999999999999999999", own, 0, true},
	} {
		log, logs := logtest.NewNullLogger()
		env := map[string]string{"NOTIFY_SOCKET": c.socket, "WATCHDOG_USEC": c.usec, "WATCHDOG_PID": c.pid}
		n := newNotifier(func(key string) string { return env[key] }, log)
		require.Equal(t, c.socket, n.socket)
		require.Equal(t, c.watchdog, n.watchdog, c)
		require.Equal(t, c.warns, logs.LastEntry() != nil, c)
	}
}
