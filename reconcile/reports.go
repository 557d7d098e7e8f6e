package reconcile

import (
	"iter"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/vtep"
)

// maxStep bounds a step as text, in bytes: the flood list of a network may have
// thousands of members.
const maxStep = 64 << 10

// reportFacts adds what a database says of itself and of its switches.
func reportFacts(r *model.DeviceReport, f *vtep.Facts) {
	if f == nil {
		return
	}
	r.SchemaVersion, r.Switches = f.Version, f.Switches
	r.LogicalSwitches, r.RemoteMACs, r.LocalMACs = f.Counts.LogicalSwitches, f.Counts.RemoteMACs, f.Counts.LocalMACs
}

// unplacedReports lists the switches that dialled in and that no device has: of several
// sessions with one, the last.
func unplacedReports(a *connector.Acceptor) []model.DeviceReport {
	type key struct{ endpoint, name string }
	last := map[key]*connector.Inbound{}
	reasons := a.Unplaced()
	for c := range reasons {
		k := key{c.Endpoint(), c.Name()}
		if last[k] == nil || last[k].Order() < c.Order() {
			last[k] = c
		}
	}
	out := make([]model.DeviceReport, 0, len(last))
	for k, c := range last {
		report := model.DeviceReport{Name: k.name, Endpoint: k.endpoint, Transactions: c.Session.Transactions()}
		facts := c.Session.Facts()
		report.Status = model.DeviceStatus{Phase: model.DeviceDiscovered, Detail: withCut(reasons[c], facts), Conditions: []model.Condition{
			{Type: model.Reachable, True: true, Reason: "Connected", Since: c.Arrived()},
		}}
		reportFacts(&report, facts)
		out = append(out, report)
	}
	return out
}

// stepsOf prints operations one by one. It does not keep those beyond the limit.
func stepsOf(ops []vtep.Op, limit int) iter.Seq[string] {
	if limit > 0 && len(ops) > limit {
		ops = slices.Clone(ops[:limit])
	}
	return func(yield func(string) bool) {
		for i := range ops {
			if !yield(model.Clip(ops[i].String(), maxStep)) {
				return
			}
		}
	}
}
