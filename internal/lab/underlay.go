package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
)

// underlayMTU leaves room for the tunnel's headers around a tenant's 1500 bytes.
const underlayMTU = 1700

// fabric is the network namespace that holds one bridge per site and routes between them.
const fabric = "fabric"

func router(site int) netip.Addr { return addr(10, 250, site, 254) }

// underlay is the network between the switches: a namespace with a bridge for each site, which routes between them. A
// switch's cable ends there as to-NAME, on the bridge of its site.
type underlay struct{ sites int }

// up makes the namespace and the bridges.
func (u underlay) up(ctx context.Context) error {
	if err := addNamespace(ctx, fabric, "net.ipv4.ip_forward=1"); err != nil {
		return err
	}
	for site := 1; site <= u.sites; site++ {
		bridge := fmt.Sprint("site", site)
		err := ip(ctx, fabric, "link add "+bridge+" type bridge", fmt.Sprintf("link set %s mtu %d up", bridge, underlayMTU),
			fmt.Sprintf("addr add %s/24 dev %s", router(site), bridge))
		if err != nil {
			return err
		}
	}
	return nil
}

// plug makes a switch's namespace, its cable to the underlay and the cables that end at itself.
func (u underlay) plug(ctx context.Context, s *Switch) error {
	if err := u.connect(ctx, s.namespace, "to-"+s.Name, s.site); err != nil {
		return err
	}
	if err := ip(ctx, s.namespace, "link add p2 type veth peer name acc0", "link set p2 up", "link set acc0 up"); err != nil {
		return err
	}
	if s.cfg.Cable {
		return ip(ctx, s.namespace, "link add xa type veth peer name xb", "link set xa up", "link set xb up")
	}
	return nil
}

// connect makes a namespace with a cable from its ul0 to an interface of the fabric, on the bridge of a site.
func (underlay) connect(ctx context.Context, namespace, end string, site int) error {
	// The kernel sees every frame that ovs-vswitchd reads from a cable. Without arp_ignore it answers for the tunnel IP
	// with the uplink's MAC, and the peers' tunnel packets end there. IPv6 would litter the MAC tables.
	err := addNamespace(ctx, namespace, "net.ipv4.conf.all.arp_ignore=1",
		"net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
	if err != nil {
		return err
	}
	err = ip(ctx, namespace,
		fmt.Sprintf("link add ul0 mtu %d type veth peer name %s mtu %d netns %s", underlayMTU, end, underlayMTU, fabric),
		"link set ul0 up")
	if err != nil {
		return err
	}
	return ip(ctx, fabric, fmt.Sprintf("link set %s master site%d up", end, site))
}

// removeNamespaces removes those of the names that exist, and with them the cables that end there.
func removeNamespaces(names []string) error {
	var errs []error
	for _, ns := range names {
		if _, err := os.Stat("/run/netns/" + ns); err != nil {
			continue // Up did not come so far
		}
		errs = append(errs, ip(context.Background(), "", "netns del "+ns))
	}
	return errors.Join(errs...)
}

// addNamespace makes a network namespace with the given kernel settings.
func addNamespace(ctx context.Context, name string, sysctls ...string) error {
	if err := ip(ctx, "", "netns add "+name); err != nil {
		return err
	}
	if err := ip(ctx, name, "link set lo up"); err != nil {
		return err
	}
	_, err := run(in(ctx, name, "sysctl", append([]string{"-e", "-q", "-w"}, sysctls...)...))
	return err
}

// ip runs lines of ip(8) in one go, in a network namespace ("" is the lab's own).
func ip(ctx context.Context, namespace string, lines ...string) error {
	args := []string{"-batch", "-"}
	if namespace != "" {
		args = append([]string{"-n", namespace}, args...)
	}
	cmd := exec.CommandContext(ctx, "ip", args...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if _, err := run(cmd); err != nil {
		return fmt.Errorf("%w: %s", err, strings.Join(lines, "; "))
	}
	return nil
}

// in is a command that runs in a network namespace.
func in(ctx context.Context, namespace, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", namespace, name}, args...)...)
}
