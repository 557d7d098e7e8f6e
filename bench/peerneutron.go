package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

var (
	//go:embed neutron_api.py
	neutronProgram []byte
	//go:embed neutron_agent.py
	neutronAgent []byte
)

// startNeutron runs Neutron's API with networking-l2gw's plugin. Arguments are
// the program's own, behind the directory.
func (p *programs) startNeutron(args ...string) (*daemon, error) {
	dir, err := os.MkdirTemp(p.dir, "n")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "neutron_api.py")
	if err := errors.Join(os.WriteFile(file, neutronProgram, 0o600),
		os.WriteFile(filepath.Join(dir, "neutron_agent.py"), neutronAgent, 0o600)); err != nil {
		return nil, err
	}
	n := &daemon{process: process{command(systemPython, append([]string{file, dir}, args...)...)}, dir: dir}
	if n.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	defer n.log.Close() // the process has its own
	n.Stderr = n.log
	out, err := n.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.Start(); err != nil {
		return nil, err
	}
	p.daemons = append(p.daemons, n)
	limit := time.AfterFunc(callLimit, func() { _ = n.Process.Kill() })
	defer limit.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			n.url = url
			return n, nil
		}
	}
	return nil, fmt.Errorf("%s does not come up; is python3-networking-l2gw installed? %s", neutron, lastLine(n.log.Name()))
}

// lastLine of a log is what a program died of.
func lastLine(file string) []byte {
	text, _ := os.ReadFile(file)
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}

const (
	// warmUp is how often something is done before it is measured: the first
	// times, SQLAlchemy composes its statements.
	warmUp = 2
	// neutronTenant is asked for where there is no Keystone.
	neutronTenant = "default"
)

// neutronSite is Neutron with networking-l2gw's plugin and agent, and one empty
// switch that the plugin knows.
type neutronSite struct {
	*daemon
	target   *server
	bindings *watcher
	gateway  string
}

func newNeutronSite(p *programs) (*neutronSite, error) {
	const name = "dst"
	s := &neutronSite{}
	var err error
	if s.target, err = p.target(name, tunnelIP(1000)); err != nil {
		return nil, err
	}
	if s.daemon, err = p.startNeutron(strconv.Itoa(s.target.port)); err != nil {
		return nil, err
	}
	if s.bindings, err = s.target.watch("Physical_Port", "vlan_bindings"); err != nil {
		return nil, err
	}
	s.gateway, err = s.createGateway(name, port)
	return s, err
}

// neutronConnections measures new connections of the peer by itself: its agent
// works in between, which should not disturb us.
func neutronConnections(b *bench, n int) error {
	s, err := newNeutronSite(b.programs)
	if err != nil {
		return err
	}
	for i := range warmUp + n {
		got, err := s.newConnection(i)
		if err != nil {
			return fmt.Errorf("%s: %w", neutron, err)
		}
		if i >= warmUp {
			b.add(workConnection, neutronRows, neutron, got)
		}
	}
	b.endAll()
	return nil
}

func (s *neutronSite) newConnection(i int) (sample, error) {
	vlan := 1000 + i
	network, err := s.newNetwork(i)
	if err != nil { // SQLite refuses one at times, which is not what is measured
		network, err = s.newNetwork(i)
	}
	if err != nil {
		return sample{}, err
	}
	return s.bindings.timed(binding(vlan), func() error {
		_, err := s.create(connectionsPath, "l2_gateway_connection", object{
			"l2_gateway_id": s.gateway, "network_id": network, "tenant_id": neutronTenant, "segmentation_id": strconv.Itoa(vlan),
		})
		return err
	})
}

func (s *neutronSite) newNetwork(i int) (string, error) {
	return s.create(networksPath, "network", object{
		"name": networkName(i), "tenant_id": neutronTenant,
		"provider:network_type": "vxlan", "provider:segmentation_id": vniOf(i),
	})
}
