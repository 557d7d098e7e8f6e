package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	share      = "/usr/share/openvswitch/"
	stock      = share + "scripts/ovs-vtep"
	python     = "/usr/bin/python3" // the one that the distribution's ovs module is installed for
	vtepSchema = share + "vtep.ovsschema"
	ovsSchema  = share + "vswitch.ovsschema"
)

// Switch is one emulated hardware VTEP.
type Switch struct {
	vswitch
	Name string

	cfg          SwitchConfig
	number, site int
	databaseOnly bool
	lab          string // directory of the lab
	port         int    // of the database, once it runs

	emulator *process
}

func newSwitch(cfg Config, number, site int) *Switch {
	sc := cfg.Switches[number-1]
	if sc.Emulator == "" {
		sc.Emulator = stock
	}
	s := &Switch{Name: sc.Name, cfg: sc, number: number, site: site, databaseOnly: cfg.DatabaseOnly, lab: cfg.Dir}
	s.vswitch = vswitch{dir: filepath.Join(cfg.Dir, sc.Name), namespace: "switch-" + sc.Name}
	if cfg.FirstPort != 0 {
		s.port = cfg.FirstPort + number - 1
	}
	return s
}

// Endpoint is where the switch's database listens: TCP, no TLS. Valid after Up, and the same after a restart.
func (s *Switch) Endpoint() netip.AddrPort {
	return netip.AddrPortFrom(addr(127, 0, 0, 1), uint16(s.port))
}

// TunnelIP is the switch's address in the underlay.
func (s *Switch) TunnelIP() netip.Addr { return addr(10, 250, s.site, s.number) }

// Dir has the files of the switch: its ovsdb-server's socket is db.sock in it.
func (s *Switch) Dir() string { return s.dir }

// VtepCtl runs vtep-ctl on the switch's database and returns its output.
func (s *Switch) VtepCtl(ctx context.Context, args ...string) (string, error) {
	return run(s.command(ctx, "vtep-ctl", args...))
}

// stop ends the daemons, the ones that use the others first.
func (s *Switch) stop() {
	s.emulator.stop(syscall.SIGTERM)
	s.vswitchd.stop(syscall.SIGTERM)
	s.db.stop(syscall.SIGTERM)
}

func (s *Switch) startDB(ctx context.Context) error {
	if err := s.createDBs(ctx, map[string]string{"conf.db": ovsSchema, "vtep.db": vtepSchema}); err != nil {
		return err
	}
	var err error
	if s.port, err = claim(s.port); err != nil {
		return err
	}
	return s.serveDBs(ctx, []string{"vtep-ctl", "list-ps"}, "--remote=ptcp:"+fmt.Sprint(s.port)+":127.0.0.1", "--remote=db:hardware_vtep,Global,managers",
		s.path("conf.db"), s.path("vtep.db"))
}

// publish writes what the maker of a switch would ship it with.
func (s *Switch) publish(ctx context.Context) error {
	args := []string{"add-ps", s.Name, "--", "set", "Physical_Switch", s.Name, "tunnel_ips=" + s.TunnelIP().String()}
	if s.databaseOnly {
		for _, port := range s.portNames() {
			args = append(args, "--", "add-port", s.Name, port)
		}
	}
	_, err := s.VtepCtl(ctx, args...)
	return err
}

// startDatapath starts ovs-vswitchd and gives it its bridges: the uplink's, the physical switch itself, and one that
// tags for the hosts behind p2 (not every kernel has 802.1Q).
func (s *Switch) startDatapath(ctx context.Context) error {
	if _, err := run(s.command(ctx, "ovs-vsctl", "--no-wait", "init")); err != nil {
		return err
	}
	if err := s.startVswitchd(); err != nil {
		return err
	}
	if err := s.addUplink(ctx, fmt.Sprintf("02:fe:00:00:00:%02x", s.number)); err != nil {
		return err
	}
	_, err := run(s.command(ctx, "ovs-vsctl",
		"add-br", s.Name, "--", "set", "bridge", s.Name, "datapath_type=netdev", "fail_mode=secure",
		"--", "add-port", s.Name, "p1", "--", "add-port", s.Name, "p2",
		"--", "add-br", "acc", "--", "set", "bridge", "acc", "datapath_type=netdev",
		"--", "add-port", "acc", "acc0",
		"--", "add-port", "acc", fmt.Sprint("to-t", s.number), "tag=100", "--", "add-port", "acc", fmt.Sprint("to-u", s.number), "tag=200"))
	if err != nil {
		return err
	}
	if s.cfg.Cable {
		_, err = run(s.command(ctx, "ovs-vsctl", "add-port", s.Name, "xa", "--", "add-port", s.Name, "xb"))
	}
	return errors.Join(err, s.address(ctx))
}

// address puts the tunnel IP where the userspace datapath looks for it: on the internal port of the uplink's bridge.
func (s *Switch) address(ctx context.Context) error {
	lines := []string{fmt.Sprintf("addr replace %s/24 dev br-ul", s.TunnelIP()), "link set br-ul up"}
	if s.cfg.Border {
		lines = append(lines, fmt.Sprintf("route replace 10.250.0.0/16 via %s dev br-ul", router(s.site)))
	}
	return ip(ctx, s.namespace, lines...)
}

func (s *Switch) startEmulator() error {
	cmd := s.inside(python, s.cfg.Emulator, "--log-file="+s.path(roundLog), s.Name)
	cmd.Env = append(cmd.Env, "PYTHONPATH="+s.lab)
	var err error
	s.emulator, err = start(cmd, s.path("ovs-vtep.log"))
	return err
}

// awaitPorts waits until the emulator has found the switch's ports.
func (s *Switch) awaitPorts(ctx context.Context) error {
	daemon := s.emulator
	if s.databaseOnly {
		daemon = s.db
	}
	return daemon.await(ctx, "ports", func() error {
		ports, err := s.ports(ctx)
		if err == nil && !slices.Equal(ports, s.portNames()) {
			err = fmt.Errorf("ports are %v", ports)
		}
		return err
	})
}

// portNames are the ports that the switch comes with, sorted.
func (s *Switch) portNames() []string {
	names := []string{"p1", "p2"}
	if s.cfg.Cable {
		names = append(names, "xa", "xb")
	}
	return names
}

func (s *Switch) ports(ctx context.Context) ([]string, error) {
	out, err := s.VtepCtl(ctx, "list-ports", s.Name)
	ports := strings.Fields(out)
	slices.Sort(ports)
	return ports, err
}

// claim finds out whether a TCP port is free, or finds a free one for 0: ovsdb-server would go on without it. What it
// finds is below the range that the kernel takes ports of outgoing connections from: a server that restarts has it still.
func claim(port int) (int, error) {
	wanted := port
	for tries := 0; ; tries++ {
		if wanted == 0 {
			port = 12000 + rand.IntN(20000)
		}
		listener, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err == nil {
			return port, listener.Close()
		}
		if wanted != 0 || tries == 100 {
			return 0, fmt.Errorf("port for the database: %w", err)
		}
	}
}

// FreePort returns a TCP port of 127.0.0.1 that nobody uses at the moment.
func FreePort() (int, error) { return claim(0) }
