package damping

import (
	"fmt"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// Key is what an operation is about: one MAC of a logical switch, or a thing that
// text names (a port's VLAN, a tunnel, a flood list, columns of a row). MACs, of which
// there are many, need no text.
type Key struct {
	logicalSwitch string // empty if the operation does not belong to one
	mac           model.MAC
	what          string
}

// KeyOf returns the Key of an operation.
func KeyOf(op *vtep.Op) Key {
	switch op.Kind {
	case vtep.AddMAC, vtep.MoveMAC, vtep.DeleteMAC:
		return Key{logicalSwitch: op.LogicalSwitch, mac: op.MAC}
	case vtep.SetFlood, vtep.DeleteFlood:
		return Key{logicalSwitch: op.LogicalSwitch, what: "flood"}
	case vtep.Bind, vtep.Rebind, vtep.Unbind:
		b := op.Detail.Binding
		return Key{what: fmt.Sprintf("%s %s vlan %s", b.Switch, b.Port, b.VLAN)}
	case vtep.AddTunnel, vtep.EnableBFD, vtep.DeleteTunnel:
		return Key{what: op.Detail.Tunnel.String()}
	case vtep.AddLogicalSwitch, vtep.SetLogicalSwitch:
		return Key{logicalSwitch: op.LogicalSwitch, what: columnsOf(op.Detail.Switch)}
	}
	return Key{logicalSwitch: op.LogicalSwitch, what: "row"}
}

// columnsOf names the columns that an operation writes, so that a conflict over one
// column is not hidden by changes of another.
func columnsOf(row *vtep.LogicalSwitchRow) string {
	return fmt.Sprint(row.TunnelKey != nil, row.ReplicationMode != nil, row.Description != nil, row.Mark != nil)
}

// outcome is the state in which an operation leaves what its Key names.
type outcome struct {
	locator vtep.Locator // of a MAC; zero if the MAC is deleted
	ip      model.IPv4   // of a MAC
	text    string
}

func outcomeOf(op *vtep.Op) outcome {
	switch op.Kind {
	case vtep.AddMAC, vtep.MoveMAC:
		return outcome{locator: op.Locator, ip: op.IP}
	case vtep.DeleteMAC, vtep.Unbind:
		return outcome{}
	case vtep.Bind, vtep.Rebind:
		return outcome{text: op.Detail.Binding.LogicalSwitch}
	}
	return outcome{text: op.String()}
}

// takesDown reports whether an operation removes a logical switch or all MACs in it.
func takesDown(op *vtep.Op) bool {
	return op.Kind == vtep.ClearMACs || op.Kind == vtep.DeleteLogicalSwitch
}

// aboutMAC reports whether an operation is about one MAC.
func aboutMAC(op *vtep.Op) bool {
	return op.Kind == vtep.AddMAC || op.Kind == vtep.MoveMAC || op.Kind == vtep.DeleteMAC
}

// Sooner returns the shorter of two waits, of which 0 means none.
func Sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
