package reconcile

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// maxStep bounds a step as text, in bytes: the flood list of a network may have
// thousands of members.
const maxStep = 64 << 10

// DeviceReports describes every driven device and every switch that dialled in
// and is not driven, sorted by name.
func (l *Loop) DeviceReports() []model.DeviceReport {
	out := []model.DeviceReport{}
	claimed := l.view.Load().ContestedOf()
	for id, w := range l.workers.all() {
		gd, st := w.device.Load(), w.state()
		r := model.DeviceReport{ID: id, Name: gd.Name, Endpoint: w.endpoint(), Status: l.DeviceStatus(id)}
		reportFacts(&r, st.facts)
		r.ClaimedMACs = claimed[id]
		if s := w.current(); s != nil {
			r.Transactions = s.Transactions()
		}
		out = append(out, r)
	}
	out = append(out, unplacedReports(l.acceptor)...)
	slices.SortFunc(out, func(a, b model.DeviceReport) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out
}

func reportFacts(r *model.DeviceReport, f *vtep.Facts) {
	if f == nil {
		return
	}
	r.SchemaVersion, r.Switches = f.Version, f.Switches
	r.LogicalSwitches, r.RemoteMACs, r.LocalMACs = f.Counts.LogicalSwitches, f.Counts.RemoteMACs, f.Counts.LocalMACs
}

// Plans tells what would be sent to each device now, by name, with that many steps at
// most, 0 for all. A device is planned when its turn comes. Nothing is written.
func (l *Loop) Plans(limit int) iter.Seq[model.DevicePlan] {
	return func(yield func(model.DevicePlan) bool) {
		for _, w := range l.workers.byName() {
			if !yield(w.planned(limit)) {
				return
			}
		}
	}
}

func (w *worker) planned(limit int) model.DevicePlan {
	gd := w.device.Load()
	p := model.DevicePlan{ID: w.id, Name: gd.Name}
	w.board.mu.Lock()
	want, detail := w.board.want, w.board.status.detail
	w.board.mu.Unlock()
	s := w.current()
	switch {
	case s == nil:
		p.Detail = detail
	case want != nil:
		p.Known, p.Detail = true, noted(sharingNote(w.loop.store.Definitions(), w.id), topology.RelayNote(gd))
		ops := s.Plan(want, vtep.Whole).Ops
		p.Count = len(ops)
		p.Steps = stepsOf(ops, limit)
	}
	return p
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

// noted joins the notes that there are.
func noted(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}

// UnfreezeMAC lets a MAC move again that moved too often, and reports whether
// it was held.
func (l *Loop) UnfreezeMAC(network string, mac model.MAC) bool { return l.macs.unfreeze(network, mac) }

// DeletedDevices lists the deleted devices that are still to be cleaned, by name.
func (l *Loop) DeletedDevices() []model.DeletedDevice {
	return l.workers.turns.list(l.store.Definitions())
}
