package lab

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
)

//go:embed sitecustomize.py
var sitecustomize []byte

// Config says what a lab consists of.
type Config struct {
	Switches []SwitchConfig // 1 to 99
	// Dir receives databases, sockets and logs. It must exist, be empty and have a short path (sockets: 108 bytes in all).
	Dir string
	// FirstPort is the TCP port, on 127.0.0.1, of the first switch's database; the others follow. 0 means any free ports.
	FirstPort int
	// Hypervisors are the names of machines with Open vSwitch in the first site's underlay, as of switches. 0 to 99.
	Hypervisors []string
	// DatabaseOnly leaves out everything that needs privilege: what remains are databases with switches in them.
	DatabaseOnly bool
}

// SwitchConfig describes one switch.
type SwitchConfig struct {
	// Name of the Physical_Switch, 1 to 5 characters of [a-z0-9] starting with a letter: the emulator makes names of
	// network interfaces (15 bytes) from it.
	Name string
	// Site whose underlay the uplink is in. Default: the site named "".
	Site string
	// Border gives the switch routes to the other sites' tunnel IPs.
	Border bool
	// Cable gives the switch two more ports, xa and xb, joined to each other.
	Cable bool
	// Emulator is the script to run in the place of the distribution's ovs-vtep, which is the default.
	Emulator string
}

// Lab is a set of switches with their hosts and underlay. Its methods are not safe for concurrent use, except Ping and
// those of Host.
type Lab struct {
	cfg         Config
	switches    []*Switch
	hypervisors []*Hypervisor
	hosts       map[string]Host
	sites       []string
}

var switchName = regexp.MustCompile(`^[a-z][a-z0-9]{0,4}$`)

// New checks cfg and numbers switches and sites. Nothing runs before Up.
func New(cfg Config) (*Lab, error) {
	if len(cfg.Switches) == 0 || len(cfg.Switches) > 99 {
		return nil, fmt.Errorf("lab: %d switches, want 1 to 99", len(cfg.Switches))
	}
	l := &Lab{cfg: cfg, hosts: map[string]Host{}}
	for i, sc := range cfg.Switches {
		if !switchName.MatchString(sc.Name) {
			return nil, fmt.Errorf("lab: switch name %q does not match %s", sc.Name, switchName)
		}
		if l.Switch(sc.Name) != nil {
			return nil, fmt.Errorf("lab: two switches named %q", sc.Name)
		}
		if !slices.Contains(l.sites, sc.Site) {
			l.sites = append(l.sites, sc.Site)
		}
		l.switches = append(l.switches, newSwitch(cfg, i+1, slices.Index(l.sites, sc.Site)+1))
		for _, h := range newHosts(i + 1) {
			l.hosts[h.Name] = h
		}
	}
	for i, name := range cfg.Hypervisors {
		if !switchName.MatchString(name) || l.Switch(name) != nil || l.Hypervisor(name) != nil {
			return nil, fmt.Errorf("lab: hypervisor name %q is taken or does not match %s", name, switchName)
		}
		l.hypervisors = append(l.hypervisors, newHypervisor(cfg, i+1))
	}
	return l, nil
}

// Up starts everything and returns when every switch has published its ports. ctx bounds the start only. After an
// error Close still has to be called.
func (l *Lab) Up(ctx context.Context) error {
	if err := l.prepare(); err != nil {
		return err
	}
	if !l.cfg.DatabaseOnly {
		if err := (underlay{len(l.sites)}).up(ctx); err != nil {
			return fmt.Errorf("lab: underlay: %w", err)
		}
	}
	for _, s := range l.switches {
		if err := l.upSwitch(ctx, s); err != nil {
			return fmt.Errorf("lab: switch %s: %w", s.Name, err)
		}
	}
	for _, h := range l.hypervisors {
		if err := h.up(ctx); err != nil {
			return fmt.Errorf("lab: hypervisor %s: %w", h.Name, err)
		}
	}
	for _, s := range l.switches {
		if err := s.awaitPorts(ctx); err != nil {
			return fmt.Errorf("lab: switch %s: %w", s.Name, err)
		}
	}
	return nil
}

func (l *Lab) upSwitch(ctx context.Context, s *Switch) error {
	if err := s.startDB(ctx); err != nil {
		return err
	}
	if l.cfg.DatabaseOnly {
		return s.publish(ctx)
	}
	if err := l.plug(ctx, s); err != nil {
		return err
	}
	if err := s.startDatapath(ctx); err != nil {
		return err
	}
	if err := s.publish(ctx); err != nil {
		return err
	}
	return s.startEmulator()
}

// plug gives a switch its cables and its hosts.
func (l *Lab) plug(ctx context.Context, s *Switch) error {
	if err := (underlay{len(l.sites)}).plug(ctx, s); err != nil {
		return err
	}
	for _, h := range l.hosts {
		if h.number != s.number {
			continue
		}
		if err := h.plug(ctx, s.namespace); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	return nil
}

// Close stops the daemons and removes the network namespaces.
func (l *Lab) Close() error {
	for _, s := range l.switches {
		s.stop()
	}
	for _, h := range l.hypervisors {
		h.stop()
	}
	if l.cfg.DatabaseOnly {
		return nil
	}
	return removeNamespaces(l.namespaces())
}

// Switch returns the switch of that name, or nil.
func (l *Lab) Switch(name string) *Switch {
	for _, s := range l.switches {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Hypervisor returns the hypervisor of that name, or nil.
func (l *Lab) Hypervisor(name string) *Hypervisor {
	for _, h := range l.hypervisors {
		if h.Name == name {
			return h
		}
	}
	return nil
}

// namespaces are those that Up makes.
func (l *Lab) namespaces() []string {
	names := append(slices.Collect(maps.Keys(l.hosts)), fabric)
	for _, s := range l.switches {
		names = append(names, s.namespace)
	}
	for _, h := range l.hypervisors {
		names = append(names, h.namespace)
	}
	return names
}

// Host returns the host of that name; see the package comment. For a name that the lab does not have, every command fails.
func (l *Lab) Host(name string) Host {
	if h, ok := l.hosts[name]; ok {
		return h
	}
	return Host{Name: name}
}

// NewMachine makes a machine that is nowhere yet. Its address has the prefix of all hosts. The name is of at most 11
// characters of [a-z0-9].
func (l *Lab) NewMachine(ctx context.Context, name, mac string, at netip.Addr) (*Machine, error) {
	m := &Machine{Host: Host{Name: name, IP: at, MAC: mac, port: "tap-" + name}}
	l.hosts[name] = m.Host
	if err := m.plug(ctx, fabric); err != nil {
		return nil, fmt.Errorf("machine %s: %w", name, err)
	}
	return m, nil
}

// Ping sends echo requests from one host to another, both by name, until one is answered or ctx ends.
func (l *Lab) Ping(ctx context.Context, from, to string) error {
	return waitFor(ctx, fmt.Sprintf("%s to reach %s", from, to), func() error {
		_, err := l.Host(from).Run(ctx, "ping", "-q", "-c", "1", "-W", "1", l.Host(to).IP.String())
		return err
	})
}

// prepare fails early, and clearly, when a program is missing.
func (l *Lab) prepare() error {
	programs := []string{"ovsdb-server", "ovsdb-tool", "vtep-ctl"}
	if !l.cfg.DatabaseOnly {
		programs = append(programs, "ovs-vswitchd", "ovs-vsctl", python, "ip", "ethtool", "sysctl", "ping")
	}
	var missing []error
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, err)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("lab: `make deps` installs what is missing: %w", errors.Join(missing...))
	}
	return os.WriteFile(filepath.Join(l.cfg.Dir, "sitecustomize.py"), sitecustomize, 0o644)
}

func addr(a, b, c, d int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a), byte(b), byte(c), byte(d)})
}
