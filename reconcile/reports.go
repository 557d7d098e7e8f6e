package reconcile

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

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

// unplaced is a switch that dialled in and that no device has, with its last session and why no device has that.
type unplaced struct {
	*connector.Inbound
	name, endpoint, reason string
}

// unplacedSwitches lists the switches that dialled in and that no device has, by name: of several sessions with one, the last.
func unplacedSwitches(a *connector.Acceptor) []unplaced {
	type key struct{ endpoint, name string }
	last := map[key]unplaced{}
	for c, reason := range a.Unplaced() {
		u := unplaced{c, c.Name(), c.Endpoint(), reason}
		k := key{u.endpoint, u.name}
		if was, known := last[k]; !known || was.Order() < c.Order() {
			last[k] = u
		}
	}
	return slices.SortedFunc(maps.Values(last), func(a, b unplaced) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.endpoint, b.endpoint))
	})
}

// report describes the switch as it stands now.
func (u unplaced) report() model.DeviceReport {
	r := model.DeviceReport{Name: u.name, Endpoint: u.endpoint, Transactions: u.Session.Transactions()}
	facts := u.Session.Facts()
	r.Status = model.DeviceStatus{Phase: model.DeviceDiscovered, Detail: withCut(u.reason, facts), Conditions: []model.Condition{
		{Type: model.Reachable, True: true, Reason: "Connected", Since: u.Arrived()},
	}}
	reportFacts(&r, facts)
	return r
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
