package ovsdbtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTimeout is for a machine that reads the program from its disk for the first
// time, beside other work.
const startTimeout = 2 * time.Minute

// Server is one ovsdb-server process.
type Server struct {
	// Dir holds the database (vtep.db), the socket and the server's log.
	Dir string

	t       testing.TB
	version string
	extra   []string
	schema  schema
	empty   []byte
	port    int
	cmd     *exec.Cmd
	stderr  bytes.Buffer
}

// Option changes how Start sets a server up.
type Option func(*Server)

// WithSchema selects the version of the hardware_vtep schema: one of Versions.
// The default is the installed one.
func WithSchema(version string) Option {
	return func(s *Server) { s.version = version }
}

// WithArgs adds arguments to the ovsdb-server command line.
func WithArgs(extra ...string) Option {
	return func(s *Server) { s.extra = append(s.extra, extra...) }
}

// Start runs a server with an empty database until the test ends.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s := &Server{t: t, version: Installed}
	for _, opt := range opts {
		opt(s)
	}
	tmpl, err := templateFor(s.version)
	if err != nil {
		t.Fatal(err)
	}
	s.schema, s.empty = tmpl.schema, tmpl.db
	// Not t.TempDir: the path of a unix socket is limited to 108 bytes.
	if s.Dir, err = os.MkdirTemp("", "ov"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		os.RemoveAll(s.Dir)
	})
	s.writeEmpty()
	s.port = ReservePort(t)
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Attach is a Server that somebody else runs, to look into its database. Its socket is db.sock in dir.
func Attach(t testing.TB, dir string, port int) *Server {
	t.Helper()
	tmpl, err := templateFor(Installed)
	if err != nil {
		t.Fatal(err)
	}
	return &Server{t: t, version: Installed, schema: tmpl.schema, Dir: dir, port: port}
}

// Unix is the endpoint of the unix socket, "unix:PATH".
func (s *Server) Unix() string { return "unix:" + s.socket() }

// TCP is the TCP endpoint, "tcp:127.0.0.1:PORT".
func (s *Server) TCP() string { return "tcp:" + s.tcpAddress() }

// Port is the TCP port, the same for the life of the Server.
func (s *Server) Port() int { return s.port }

// Stop kills the process, paused or not, and leaves the database as it is on
// disk. Stopping a stopped server does nothing.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // the error only says that it was killed
	s.cmd = nil
	_ = os.Remove(s.socket())
}

// Run starts a stopped server on the same database and endpoints.
func (s *Server) Run() {
	s.t.Helper()
	if s.cmd != nil {
		s.t.Fatal("ovsdbtest: Run of a running server")
	}
	if err := s.run(); err != nil {
		s.t.Fatal(err)
	}
}

// Pause stops the process with SIGSTOP: connections stay, nothing is answered.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// Wipe replaces the database by an empty one, as a switch that lost its
// configuration. A running server is restarted, a stopped one stays stopped.
func (s *Server) Wipe() {
	s.t.Helper()
	running := s.cmd != nil
	s.Stop()
	s.writeEmpty()
	if running {
		s.Run()
	}
}

// Edit changes the database file of a server that does not run, by operations of RFC 7047.
func (s *Server) Edit(ops string) {
	s.t.Helper()
	out, err := exec.Command("ovsdb-tool", "transact", s.dbFile(), `["hardware_vtep",`+ops+`]`).CombinedOutput()
	if err != nil || strings.Contains(string(out), `"error"`) {
		s.t.Fatalf("ovsdb-tool transact: %v: %s", err, out)
	}
}

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if s.cmd == nil {
		s.t.Fatalf("ovsdbtest: %v to a stopped server", sig)
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatalf("ovsdbtest: %v: %v", sig, err)
	}
}

func (s *Server) run() error {
	log := filepath.Join(s.Dir, "log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		return err
	}
	args := append([]string{
		"-vconsole:off", "-vsyslog:off", "-vfile:info", "--no-chdir",
		"--log-file=" + log, "--unixctl=" + filepath.Join(s.Dir, "ctl"),
		"--remote=punix:" + s.socket(),
		fmt.Sprintf("--remote=ptcp:%d:127.0.0.1", s.port),
		"--remote=db:" + s.schema.Name + ",Global,managers",
	}, s.extra...)
	s.stderr.Reset()
	cmd := exec.Command("ovsdb-server", append(args, s.dbFile())...)
	cmd.Stderr = &s.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting ovsdb-server: %w", err)
	}
	s.cmd = cmd
	if err := s.waitReady(log); err != nil {
		s.Stop()
		return err
	}
	return nil
}

// waitReady returns when both sockets accept. A port that somebody else listens
// on accepts too, so the log is asked as well.
func (s *Server) waitReady(log string) error {
	for deadline := time.Now().Add(startTimeout); ; time.Sleep(2 * time.Millisecond) {
		err := errors.Join(probe("unix", s.socket()), probe("tcp", s.tcpAddress()))
		text, readErr := os.ReadFile(log)
		if readErr != nil {
			return readErr
		}
		if bytes.Contains(text, []byte("Address already in use")) {
			return fmt.Errorf("ovsdb-server: TCP port %d is taken", s.port)
		}
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("ovsdb-server does not come up: %w; stderr: %s; log: %s", err, s.stderr.String(), text)
		}
	}
}

func (s *Server) writeEmpty() {
	s.t.Helper()
	if err := os.WriteFile(s.dbFile(), s.empty, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) socket() string     { return filepath.Join(s.Dir, "db.sock") }
func (s *Server) dbFile() string     { return filepath.Join(s.Dir, "vtep.db") }
func (s *Server) tcpAddress() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

func probe(network, address string) error {
	c, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}
