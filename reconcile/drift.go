package reconcile

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// undrifted gives the operations that serve a wish. Under the policy "report",
// those that only undo what another hand did since the switch was last in line
// are set apart in w.drifted.
func (w *worker) undrifted(ops []vtep.Op, want *vtep.Want) []vtep.Op {
	w.drifted = nil
	if w.synced == nil || w.device.Load().DriftPolicy != model.DriftReport {
		return ops
	}
	var due []vtep.Op
	for _, op := range ops {
		if unchanged(&op, w.synced, want) {
			w.drifted = append(w.drifted, op)
		} else {
			due = append(due, op)
		}
	}
	return due
}

// unchanged reports whether what an operation brings about was wanted just so
// before. What is taken down has no place in either wish and is never drift.
func unchanged(op *vtep.Op, was, now *vtep.Want) bool {
	switch op.Kind {
	case vtep.Bind, vtep.Rebind, vtep.Unbind:
		b := op.Detail.Binding
		return slices.Contains(was.Bindings, b) == slices.Contains(now.Bindings, b) && now.Segment(op.LogicalSwitch) != nil
	case vtep.AddTunnel, vtep.EnableBFD, vtep.DeleteTunnel:
		return slices.Contains(was.Tunnels, op.Detail.Tunnel) == slices.Contains(now.Tunnels, op.Detail.Tunnel)
	}
	a, b := was.Segment(op.LogicalSwitch), now.Segment(op.LogicalSwitch)
	if a == nil || b == nil {
		return false
	}
	switch op.Kind {
	case vtep.AddMAC, vtep.MoveMAC, vtep.DeleteMAC:
		return a.Entry(op.MAC) == b.Entry(op.MAC)
	case vtep.SetFlood, vtep.DeleteFlood:
		return slices.Equal(a.Flood, b.Flood)
	case vtep.AddLogicalSwitch, vtep.SetLogicalSwitch:
		return a.TunnelKey == b.TunnelKey && a.Description == b.Description
	}
	return false
}

// driftProblems reports what another hand changed.
func driftProblems(ops []vtep.Op) (out []vtep.Problem) {
	for i := range ops {
		out = append(out, problemOf(&ops[i], vtep.Conflict, "another hand changed it, and it is left so by the device's policy; to repair: "+ops[i].String()))
	}
	return out
}
