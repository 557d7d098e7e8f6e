package reconcile

import (
	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// ProgrammedOn tells of each switch that is to hold a row for a MAC of a network whether it does, by
// the names of the devices. The switch that has the MAC itself is none of them.
func (q *lookup) ProgrammedOn(network string, mac model.MAC) []model.ProgrammedOn {
	out := []model.ProgrammedOn{}
	for _, w := range q.workers.byName() {
		gd, want := w.device.Load(), w.board.wanted()
		if want == nil || want.Self != topology.DatabaseID(gd) {
			continue // another device stands for its database
		}
		asked, has, reason := false, true, ""
		for _, name := range []string{network, network + vtep.BorderSuffix} {
			e := want.Segments.Get(name)
			if e == nil || e.Entry(mac) == (vtep.MACEntry{}) || e.Entry(mac).Location == want.Self {
				continue
			}
			asked = true
			if why := q.macMissing(w, want, name, e.Entry(mac)); why != "" && has {
				has, reason = false, why
			}
		}
		if asked {
			out = append(out, model.ProgrammedOn{Device: model.Named{ID: gd.ID, Name: gd.DisplayName()}, Has: has, Reason: reason})
		}
	}
	return out
}

// macMissing says why a switch does not hold a row that it is to hold, "" if it does.
func (q *lookup) macMissing(w *worker, want *vtep.Want, ls string, e vtep.MACEntry) string {
	driver := q.workers.driver(w.device.id)
	if driver == nil {
		return model.DeviceUnreachable // it was deleted a moment ago
	}
	st := driver.state()
	s := driver.current()
	if s == nil {
		return st.phase
	}
	rows, _ := s.Rows(want, ls, e.MAC)
	if at, stands := rows.Remote[e.MAC]; stands && at != e.Locator {
		return "its row leads to " + at.String() + ", not to " + e.Locator.String()
	} else if stands {
		return ""
	}
	for i := range st.problems {
		if p := &st.problems[i]; p.LogicalSwitch == ls && p.Binding == nil && (p.MAC == model.MAC{} || p.MAC == e.MAC) {
			return p.Message
		}
	}
	switch {
	case st.blocked != "":
		return st.blocked
	case st.phase != model.DeviceInSync && st.phase != model.DeviceSyncing:
		return st.phase
	}
	return "is being written"
}
