package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// programs are the databases and daemons that run now, and the directory that all of
// them work in. What was started is known here until it was stopped, so that nothing is
// left when a scenario fails. Only main's goroutine starts and stops them, see command.
type programs struct {
	dir     string
	binary  string // the program under test
	servers []*server
	daemons []*daemon
}

func newPrograms() (*programs, error) {
	dir, err := os.MkdirTemp("", "bench")
	return &programs{dir: dir}, err
}

// startServers starts n of them at once and waits for all.
func (p *programs) startServers(n int, db, schema string) ([]*server, error) {
	template := filepath.Join(p.dir, db+".template")
	if _, err := os.Stat(template); err != nil {
		if out, err := exec.Command("ovsdb-tool", "create", template, schema).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ovsdb-tool: %w: %s", err, out)
		}
	}
	servers := make([]*server, n)
	for i := range servers {
		s, err := p.spawnServer(db, template)
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
func (p *programs) startVtep() (*server, error) {
	s, err := p.startServers(1, vtepDB, vtepSchema)
	if err != nil {
		return nil, err
	}
	return s[0], nil
}

func (p *programs) spawnServer(db, template string) (*server, error) {
	dir, err := os.MkdirTemp(p.dir, "s")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, database: database{"unix:" + filepath.Join(dir, "sock"), db}}
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
	p.servers = append(p.servers, s)
	return s, nil
}

// target starts a database with one empty switch.
func (p *programs) target(name, ip string) (*server, error) {
	server, err := p.startVtep()
	if err != nil {
		return nil, err
	}
	return server, server.transact(switches([]string{name}, []string{ip}, port)...)
}

// stop ends it and removes what it left.
func (p *programs) stop(servers ...*server) {
	for _, s := range servers {
		s.kill()
		_ = os.RemoveAll(s.dir)
		s.dir = ""
	}
	var left []*server
	for _, s := range p.servers {
		if s.dir != "" {
			left = append(left, s)
		}
	}
	p.servers = left
}

// startDaemon runs it on an empty store.
func (p *programs) startDaemon(args ...string) (*daemon, error) {
	dir, err := os.MkdirTemp(p.dir, "d")
	if err != nil {
		return nil, err
	}
	d := &daemon{dir: dir, args: args}
	p.daemons = append(p.daemons, d)
	return d, d.start(p.binary)
}

// stopDaemon stops it as an operator does.
func (p *programs) stopDaemon(d *daemon) error {
	err := d.end()
	for i, other := range p.daemons {
		if other == d {
			p.daemons = append(p.daemons[:i], p.daemons[i+1:]...)
			break
		}
	}
	return err
}

// endAll ends what is running.
func (p *programs) endAll() {
	for _, d := range p.daemons {
		d.kill()
	}
	p.daemons = nil
	p.stop(slices.Clone(p.servers)...)
}

func (p *programs) clean() {
	p.endAll()
	_ = os.RemoveAll(p.dir)
}

// cleanWhenInterrupted leaves the processes to the kernel, see command.
func (p *programs) cleanWhenInterrupted() {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	<-interrupted
	_ = os.RemoveAll(p.dir)
	os.Exit(1)
}
