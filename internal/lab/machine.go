package lab

import (
	"context"
	"fmt"
	"time"
)

// Machine is a virtual machine: a host whose cable is plugged into a hypervisor or a switch, or ends nowhere.
type Machine struct {
	Host

	at     *vswitch // nil: nowhere
	bridge string
}

// PlugInto takes the machine to a hypervisor. The port on br-int, which must be there, says what Nova says of a port of
// Neutron.
func (m *Machine) PlugInto(ctx context.Context, h *Hypervisor, portID string) error {
	return m.move(ctx, &h.vswitch, "br-int", "--", "set", "interface", m.port, "external_ids:iface-id="+portID,
		"external_ids:iface-status=active", `external_ids:attached-mac="`+m.MAC+`"`, "external_ids:vm-id="+m.Name)
}

// PlugIntoSwitch takes the machine to a VLAN of a switch's trunk.
func (m *Machine) PlugIntoSwitch(ctx context.Context, s *Switch, vlan int) error {
	return m.move(ctx, &s.vswitch, "acc", "--", "set", "port", m.port, fmt.Sprint("tag=", vlan))
}

func (m *Machine) move(ctx context.Context, to *vswitch, bridge string, settings ...string) error {
	if err := m.Unplug(ctx); err != nil {
		return err
	}
	if err := ip(ctx, fabric, fmt.Sprintf("link set %s netns %s", m.port, to.namespace)); err != nil {
		return err
	}
	m.at, m.bridge = to, bridge
	if err := ip(ctx, to.namespace, fmt.Sprintf("link set %s up", m.port)); err != nil {
		return err
	}
	_, err := run(to.command(ctx, "ovs-vsctl", append([]string{"add-port", bridge, m.port}, settings...)...))
	return err
}

// Unplug takes the machine's cable out of where it is.
func (m *Machine) Unplug(ctx context.Context) error {
	if m.at == nil {
		return nil
	}
	if _, err := run(m.at.command(ctx, "ovs-vsctl", "--if-exists", "del-port", m.bridge, m.port)); err != nil {
		return err
	}
	if err := ip(ctx, m.at.namespace, fmt.Sprintf("link set %s netns %s", m.port, fabric)); err != nil {
		return err
	}
	m.at = nil
	return nil
}

// Announce makes a host's MAC and address known as QEMU does for a machine that has migrated: several times within
// 1.2 s, since a single announcement may be lost.
func (h Host) Announce() error {
	for _, gap := range announcements {
		time.Sleep(gap)
		if err := h.announce(); err != nil {
			return err
		}
	}
	return nil
}
