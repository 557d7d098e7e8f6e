package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

const (
	vtepDB     = "hardware_vtep"
	vtepSchema = "/usr/share/openvswitch/vtep.ovsschema"
)

// server is one ovsdb-server of ours, with a file, a unix socket and a TCP port.
type server struct {
	process
	dir, db string
	port    int
	empty   int64 // size of the file before anything was written
}

var listening = regexp.MustCompile(`listening on port (\d+)`)

// startServers starts n of them at once and waits for all.
func (b *bench) startServers(n int, db, schema string) ([]*server, error) {
	template := filepath.Join(b.dir, db+".template")
	if _, err := os.Stat(template); err != nil {
		if out, err := exec.Command("ovsdb-tool", "create", template, schema).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ovsdb-tool: %w: %s", err, out)
		}
	}
	servers := make([]*server, n)
	for i := range servers {
		s, err := b.spawnServer(db, template)
		if err != nil {
			return nil, err
		}
		servers[i] = s
	}
	for _, s := range servers {
		if err := poll(2*time.Millisecond, s.ready); err != nil {
			return nil, err
		}
	}
	return servers, nil
}

// startVtep starts one hardware_vtep database.
func (b *bench) startVtep() (*server, error) {
	s, err := b.startServers(1, vtepDB, vtepSchema)
	if err != nil {
		return nil, err
	}
	return s[0], nil
}

func (b *bench) spawnServer(db, template string) (*server, error) {
	dir, err := os.MkdirTemp(b.dir, "s")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, db: db}
	empty, err := os.ReadFile(template)
	if err != nil {
		return nil, err
	}
	s.empty = int64(len(empty))
	if err := os.WriteFile(s.file(), empty, 0o600); err != nil {
		return nil, err
	}
	s.process = process{command("ovsdb-server", "-vconsole:off", "-vsyslog:off", "-vfile:info", "--no-chdir",
		"--log-file="+s.log(), "--unixctl="+filepath.Join(dir, "ctl"),
		"--remote=punix:"+s.socket(), "--remote=ptcp:0:127.0.0.1", s.file())}
	if err := s.Start(); err != nil {
		return nil, err
	}
	b.servers = append(b.servers, s)
	return s, nil
}

func (s *server) file() string   { return filepath.Join(s.dir, "db") }
func (s *server) log() string    { return filepath.Join(s.dir, "log") }
func (s *server) socket() string { return filepath.Join(s.dir, "sock") }
func (s *server) unix() string   { return "unix:" + s.socket() }

// ready learns the port from the log, once there is one.
func (s *server) ready() (bool, error) {
	text, err := os.ReadFile(s.log())
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	m := listening.FindSubmatch(text)
	if m == nil || !bytes.Contains(text, []byte("ovsdb-server (Open vSwitch)")) {
		return false, err
	}
	if _, err := fmt.Sscan(string(m[1]), &s.port); err != nil {
		return false, err
	}
	c, err := net.Dial("unix", s.socket())
	if err != nil {
		return false, nil
	}
	return true, c.Close()
}

// pause and resume stop the process and let it go on; connections stay.
func (s *server) pause() error  { return s.Process.Signal(syscall.SIGSTOP) }
func (s *server) resume() error { return s.Process.Signal(syscall.SIGCONT) }

// stop ends it and removes what it left.
func (b *bench) stop(servers ...*server) {
	for _, s := range servers {
		s.kill()
		_ = os.RemoveAll(s.dir)
		s.dir = ""
	}
	var left []*server
	for _, s := range b.servers {
		if s.dir != "" {
			left = append(left, s)
		}
	}
	b.servers = left
}

// transact makes a transaction over the unix socket.
func (s *server) transact(ops ...string) error {
	_, err := transact(s.unix(), s.db, ops...)
	return err
}

// load makes transactions of many operations, in order.
func (s *server) load(ops []string) error {
	c, err := dialRaw(s.unix())
	if err != nil {
		return err
	}
	defer c.Close()
	for len(ops) > 0 {
		n := min(perTransaction, len(ops))
		if _, err := c.transact(s.db, ops[:n]...); err != nil {
			return err
		}
		ops = ops[n:]
	}
	return nil
}

func (s *server) remoteMACs() (int, error) { return count(s.unix(), s.db, "Ucast_Macs_Remote", "[]") }

func (s *server) tcp() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
