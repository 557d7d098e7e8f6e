package reconcile

import (
	"fmt"

	"bordergw/model"
	"bordergw/vtep"
)

// subject is what an operation is about: a station of a logical switch, or what is
// named otherwise. Of stations, of which there are many, no text is made.
type subject struct {
	ls   string // empty for what does not go with a logical switch
	mac  model.MAC
	what string
}

// outcome is how an operation leaves its subject.
type outcome struct {
	locator vtep.Locator // of a station; the zero one for one that is deleted
	text    string
}

func subjectOf(op *vtep.Op) subject {
	switch op.Kind {
	case vtep.AddMAC, vtep.MoveMAC, vtep.DeleteMAC:
		return subject{ls: op.LogicalSwitch, mac: op.MAC}
	case vtep.SetFlood, vtep.DeleteFlood:
		return subject{ls: op.LogicalSwitch, what: "flood"}
	case vtep.Bind, vtep.Rebind, vtep.Unbind:
		b := op.Detail.Binding
		return subject{what: fmt.Sprintf("%s %s vlan %s", b.Switch, b.Port, b.VLAN)}
	case vtep.AddTunnel, vtep.EnableBFD, vtep.DeleteTunnel:
		return subject{what: op.Detail.Tunnel.String()}
	case vtep.AddLogicalSwitch, vtep.SetLogicalSwitch:
		return subject{ls: op.LogicalSwitch, what: columnsOf(op.Detail.Switch)}
	}
	return subject{ls: op.LogicalSwitch, what: "row"}
}

// columnsOf tells changes of different columns apart, so that a fight over one is not
// hidden by changes of another.
func columnsOf(row *vtep.LogicalSwitchRow) string {
	return fmt.Sprint(row.TunnelKey != nil, row.ReplicationMode != nil, row.Description != nil, row.Mark != nil)
}

func outcomeOf(op *vtep.Op) outcome {
	switch op.Kind {
	case vtep.AddMAC, vtep.MoveMAC:
		return outcome{locator: op.Locator}
	case vtep.DeleteMAC, vtep.Unbind:
		return outcome{}
	case vtep.Bind, vtep.Rebind:
		return outcome{text: op.Detail.Binding.LogicalSwitch}
	}
	return outcome{text: op.String()}
}

// takesDown reports whether an operation is part of the end of a logical switch, or of
// all that it holds.
func takesDown(op *vtep.Op) bool {
	return op.Kind == vtep.ClearMACs || op.Kind == vtep.DeleteLogicalSwitch
}

// isStation reports whether an operation is about one station.
func isStation(op *vtep.Op) bool {
	return op.Kind == vtep.AddMAC || op.Kind == vtep.MoveMAC || op.Kind == vtep.DeleteMAC
}
