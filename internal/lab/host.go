package lab

import (
	"context"
	"fmt"
	"net/netip"
)

// Host is a tenant's machine behind a switch.
type Host struct {
	Name string
	IP   netip.Addr
	MAC  string

	number int    // of the switch
	port   string // interface of the switch's namespace at the other end of eth0
}

// Switch is the number, counted from 1, of the switch that the host was plugged into at the start.
func (h Host) Switch() int { return h.number }

// Run runs a command on the host and returns its output.
func (h Host) Run(ctx context.Context, name string, args ...string) (string, error) {
	return run(in(ctx, h.Name, name, args...))
}

// newHosts describes the hosts of a switch.
func newHosts(number int) []Host {
	host := func(kind string, code, subnet, last int, port string) Host {
		return Host{
			Name: fmt.Sprint(kind, number), IP: addr(192, 168, subnet, last),
			MAC: fmt.Sprintf("02:00:00:%02x:00:%02x", code, number), number: number, port: port,
		}
	}
	return []Host{
		host("h", 1, 50, number, "p1"),
		host("t", 2, 60, number, fmt.Sprint("to-t", number)),
		host("u", 3, 60, 100+number, fmt.Sprint("to-u", number)),
	}
}

// plug makes the host's namespace and a cable from its eth0 to a new interface of the switch's namespace.
func (h Host) plug(ctx context.Context, switchNamespace string) error {
	err := addNamespace(ctx, h.Name, "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
	if err != nil {
		return err
	}
	err = ip(ctx, h.Name,
		fmt.Sprintf("link add eth0 address %s type veth peer name %s netns %s", h.MAC, h.port, switchNamespace),
		"link set eth0 up", fmt.Sprintf("addr add %s/16 dev eth0", h.IP))
	if err != nil {
		return err
	}
	if err := ip(ctx, switchNamespace, "link set "+h.port+" up"); err != nil {
		return err
	}
	// The userspace datapath would pass on the checksums that the kernel leaves to a network card: TCP breaks.
	_, err = h.Run(ctx, "ethtool", "-K", "eth0", "tx", "off")
	return err
}
