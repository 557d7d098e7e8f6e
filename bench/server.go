package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

const (
	vtepDB     = "hardware_vtep"
	vtepSchema = "/usr/share/openvswitch/vtep.ovsschema"
)

// server is one ovsdb-server of ours, with a file, a unix socket and a TCP port.
type server struct {
	process
	database
	dir   string
	port  int
	empty int64 // size of the file before anything was written
}

var listening = regexp.MustCompile(`listening on port (\d+)`)

func (s *server) file() string   { return filepath.Join(s.dir, "db") }
func (s *server) log() string    { return filepath.Join(s.dir, "log") }
func (s *server) socket() string { return filepath.Join(s.dir, "sock") }

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

func (s *server) tcp() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
