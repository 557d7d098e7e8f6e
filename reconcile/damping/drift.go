package damping

import (
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// Synced is what a switch was last brought to hold in a session. Its zero value says
// that this has not happened yet.
type Synced struct {
	Want *vtep.Want
	// Open are the problems that the switch had then: what it did not hold of Want.
	Open []vtep.Problem
}

// Split sets apart the operations that only undo an external writer: drift.
func (s *Synced) Split(ops []vtep.Op, want *vtep.Want) (due, drift []vtep.Op) {
	if s.Want == nil {
		return ops, nil
	}
	wasOpen := opened(s.Open)
	for _, op := range ops {
		if unchanged(&op, s.Want, want) && !wasOpen(&op) {
			drift = append(drift, op)
		} else {
			due = append(due, op)
		}
	}
	return due, drift
}

// Drift returns a function that tells drift from other operations. It returns nil if
// no operation is drift, and also if Want changed and there are more than sampleMACs
// operations: to look at each would cost more than the log line is worth.
func (s *Synced) Drift(ops []vtep.Op, want *vtep.Want) func(*vtep.Op) bool {
	same := vtep.SameWant(s.Want, want)
	if s.Want == nil || !same && len(ops) > sampleMACs {
		return nil
	}
	was, open := s.Want, opened(s.Open)
	return func(op *vtep.Op) bool {
		if same {
			return mayDrift(op, want) && !open(op)
		}
		return unchanged(op, was, want) && !open(op)
	}
}

// mayDrift is unchanged for an equal Want.
func mayDrift(op *vtep.Op, want *vtep.Want) bool {
	switch op.Kind {
	case vtep.EnableBFD:
		return false // the switch makes its rows when it likes
	case vtep.AddTunnel, vtep.DeleteTunnel:
		return true
	}
	return want.Segment(op.LogicalSwitch) != nil
}

// unchanged reports whether users wanted the outcome of an operation before, too. What
// is taken down is in neither Want and is never drift.
func unchanged(op *vtep.Op, was, now *vtep.Want) bool {
	switch op.Kind {
	case vtep.Bind, vtep.Rebind, vtep.Unbind:
		b := op.Detail.Binding
		return was.Bindings.Has(b) == now.Bindings.Has(b) && now.Segment(op.LogicalSwitch) != nil
	case vtep.EnableBFD:
		return false // the switch makes its rows when it likes
	case vtep.AddTunnel, vtep.DeleteTunnel:
		return was.TunnelRows == now.TunnelRows &&
			slices.Contains(was.Tunnels, op.Detail.Tunnel) == slices.Contains(now.Tunnels, op.Detail.Tunnel)
	}
	a, b := was.Segment(op.LogicalSwitch), now.Segment(op.LogicalSwitch)
	if a == nil || b == nil {
		return false
	}
	switch op.Kind {
	case vtep.AddMAC, vtep.MoveMAC:
		return a.Entry(op.MAC) == b.Entry(op.MAC)
	case vtep.DeleteMAC: // one that no switch had reported yet was left
		return a.Entry(op.MAC) == b.Entry(op.MAC) && a.KeepsSame(b)
	case vtep.SetFlood, vtep.DeleteFlood:
		return slices.Equal(a.Flood, b.Flood) && was.GrowOnly == now.GrowOnly
	case vtep.AddLogicalSwitch, vtep.SetLogicalSwitch:
		return a.TunnelKey == b.TunnelKey && a.Description == b.Description && was.SourceNode == now.SourceNode
	}
	return false
}

// opened returns a function that reports whether an operation serves what was a problem
// when the switch was last in sync. It is planned because the switch changed, not
// because an external writer undid it.
func opened(open []vtep.Problem) func(*vtep.Op) bool {
	bindings, segments, full := map[vtep.Binding]bool{}, map[string]bool{}, map[string]bool{}
	for i := range open {
		switch p := &open[i]; {
		case p.Binding != nil:
			bindings[*p.Binding] = true
		case p.Reason == vtep.TableFull:
			full[p.LogicalSwitch] = true
		default:
			segments[p.LogicalSwitch] = true
		}
	}
	return func(op *vtep.Op) bool {
		return op.Detail != nil && bindings[op.Detail.Binding] || segments[op.LogicalSwitch] ||
			op.Kind == vtep.AddMAC && full[op.LogicalSwitch]
	}
}

// maxDevice bounds the name of a device in a text, in bytes.
const maxDevice = 255

// DriftProblems reports drift that a device's policy leaves as it is, and what has it repaired. device is its name, or its id.
func DriftProblems(device string, drift []vtep.Op) (out []vtep.Problem) {
	for i := range drift {
		out = append(out, problemOf(&drift[i], vtep.Conflict, fmt.Sprintf("an external writer changed it, and it is left so by the device's policy; "+
			"`bordergw device update %s --drift-policy repair` writes it: %s", model.Clip(device, maxDevice), shown(&drift[i]))))
	}
	return out
}
