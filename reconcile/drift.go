package reconcile

import (
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// undrifted gives the operations that serve a wish. Under the policy "report",
// those that only undo what another hand did since the switch was last in line
// are set apart in w.drifted.
func (w *worker) undrifted(ops []vtep.Op, want *vtep.Want) []vtep.Op {
	w.drifted = nil
	wasOpen := opened(w.open)
	if w.synced == nil || w.device.Load().DriftPolicy != model.DriftReport {
		return ops
	}
	var due []vtep.Op
	for _, op := range ops {
		if unchanged(&op, w.synced, want) && !wasOpen(&op) {
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
		return was.Binds(b) == now.Binds(b) && now.Segment(op.LogicalSwitch) != nil
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
	case vtep.DeleteMAC: // one that nobody has spoken for was left
		return a.Entry(op.MAC) == b.Entry(op.MAC) && maps.Equal(a.Unheard, b.Unheard)
	case vtep.SetFlood, vtep.DeleteFlood:
		return slices.Equal(a.Flood, b.Flood) && was.GrowOnly == now.GrowOnly
	case vtep.AddLogicalSwitch, vtep.SetLogicalSwitch:
		return a.TunnelKey == b.TunnelKey && a.Description == b.Description && was.SourceNode == now.SourceNode
	}
	return false
}

// opened gives a function that reports whether an operation serves what could not be
// realised when the switch was last in line: it comes because the switch has changed,
// not because a hand undid it.
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

// driftProblems reports what another hand changed.
func driftProblems(ops []vtep.Op) (out []vtep.Problem) {
	for i := range ops {
		out = append(out, problemOf(&ops[i], vtep.Conflict, "another hand changed it, and it is left so by the device's policy; to repair: "+ops[i].String()))
	}
	return out
}
