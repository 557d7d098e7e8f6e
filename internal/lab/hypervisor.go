package lab

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"syscall"
)

// Hypervisor is a machine with Open vSwitch: a bridge of the uplink with the tunnel IP, and no other until somebody
// makes it. Number I (counted from 1) has the tunnel IP 10.250.1.(100+I). A cable joins it with the lab's own namespace,
// which has the address 10.251.I.1 there: that is where the services are that it uses.
type Hypervisor struct {
	vswitch
	Name string

	number int
}

func newHypervisor(cfg Config, number int) *Hypervisor {
	h := &Hypervisor{Name: cfg.Hypervisors[number-1], number: number}
	h.vswitch = vswitch{dir: cfg.Dir + "/" + h.Name, namespace: "hypervisor-" + h.Name}
	return h
}

// TunnelIP is the hypervisor's address in the underlay.
func (h *Hypervisor) TunnelIP() netip.Addr { return addr(10, 250, 1, 100+h.number) }

// Controller is the address of the lab's own namespace as the hypervisor sees it.
func (h *Hypervisor) Controller() netip.Addr { return addr(10, 251, h.number, 1) }

// Socket is the path of the socket of the hypervisor's ovsdb-server.
func (h *Hypervisor) Socket() string { return h.path("db.sock") }

// Command is a command that runs on the hypervisor, with the variables by which programs find its Open vSwitch.
func (h *Hypervisor) Command(name string, args ...string) *exec.Cmd { return h.inside(name, args...) }

// Run runs a command on the hypervisor and returns its output.
func (h *Hypervisor) Run(ctx context.Context, name string, args ...string) (string, error) {
	return run(h.command(ctx, "ip", append([]string{"netns", "exec", h.namespace, name}, args...)...))
}

func (h *Hypervisor) up(ctx context.Context) error {
	if err := h.createDBs(ctx, map[string]string{"conf.db": ovsSchema}); err != nil {
		return err
	}
	if err := h.serveDBs(ctx, []string{"ovs-vsctl", "--no-wait", "init"}, h.path("conf.db")); err != nil {
		return err
	}
	if err := (underlay{}).connect(ctx, h.namespace, "to-"+h.Name, 1); err != nil {
		return err
	}
	if err := h.startVswitchd(); err != nil {
		return err
	}
	if err := h.addUplink(ctx, fmt.Sprintf("02:fe:00:00:01:%02x", h.number)); err != nil {
		return err
	}
	err := ip(ctx, h.namespace, fmt.Sprintf("addr add %s/24 dev br-ul", h.TunnelIP()), "link set br-ul up")
	if err != nil {
		return err
	}
	end := "mg-" + h.Name
	err = ip(ctx, "", fmt.Sprintf("link add %s type veth peer name mg0 netns %s", end, h.namespace),
		fmt.Sprintf("addr add %s/24 dev %s", h.Controller(), end), fmt.Sprintf("link set %s up", end))
	if err != nil {
		return err
	}
	return ip(ctx, h.namespace, fmt.Sprintf("addr add %s/24 dev mg0", addr(10, 251, h.number, 2)), "link set mg0 up")
}

// stop ends the daemons, the one that uses the other first.
func (h *Hypervisor) stop() {
	h.vswitchd.stop(syscall.SIGTERM)
	h.db.stop(syscall.SIGTERM)
}
