package lab

import (
	"context"
	"fmt"
	"time"
)

// Move takes a tagged host's cable out of one switch's trunk and plugs it into another's, in a VLAN there. The host
// keeps its MAC and its address, and announces them as often and as far apart as QEMU does for a machine that has
// migrated: a single announcement may be lost. It returns when the host was plugged in, right before the first.
func (l *Lab) Move(ctx context.Context, host string, from, to *Switch, vlan int) (plugged time.Time, err error) {
	h := l.Host(host)
	if _, err := run(from.command(ctx, "ovs-vsctl", "del-port", "acc", h.port)); err != nil {
		return time.Time{}, err
	}
	if err := ip(ctx, from.namespace, fmt.Sprintf("link set %s netns %s", h.port, to.namespace)); err != nil {
		return time.Time{}, err
	}
	if err := ip(ctx, to.namespace, "link set "+h.port+" up"); err != nil {
		return time.Time{}, err
	}
	if _, err := run(to.command(ctx, "ovs-vsctl", "add-port", "acc", h.port, fmt.Sprint("tag=", vlan))); err != nil {
		return time.Time{}, err
	}
	plugged = time.Now()
	return plugged, h.Announce()
}

// announcements are how long after the one before it each follows.
var announcements = []time.Duration{0, 150 * time.Millisecond, 250 * time.Millisecond, 350 * time.Millisecond, 450 * time.Millisecond}

// JoinAccess puts a cable between what two switches have behind their trunks: the hosts there are then in one segment,
// which both switches reach.
func (l *Lab) JoinAccess(ctx context.Context, a, b *Switch) error {
	err := ip(ctx, a.namespace, fmt.Sprintf("link add to-%s type veth peer name to-%s netns %s", b.Name, a.Name, b.namespace),
		"link set to-"+b.Name+" up")
	if err != nil {
		return err
	}
	if err := ip(ctx, b.namespace, "link set to-"+a.Name+" up"); err != nil {
		return err
	}
	if _, err := run(a.command(ctx, "ovs-vsctl", "add-port", "acc", "to-"+b.Name)); err != nil {
		return err
	}
	_, err = run(b.command(ctx, "ovs-vsctl", "add-port", "acc", "to-"+a.Name))
	return err
}

// SetUnderlay connects a switch's uplink, or cuts it.
func (l *Lab) SetUnderlay(ctx context.Context, s *Switch, up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	return ip(ctx, fabric, "link set to-"+s.Name+" "+state)
}

// PingUnderlay sends one echo request from a switch to another's tunnel IP and fails when it is not answered.
func (l *Lab) PingUnderlay(ctx context.Context, from, to *Switch) error {
	_, err := run(in(ctx, from.namespace, "ping", "-q", "-c", "1", "-W", "2", to.TunnelIP().String()))
	return err
}
