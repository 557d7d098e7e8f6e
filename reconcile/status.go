package reconcile

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/reconcile/connector"
)

// What the Loop answers to the api, as its Status.

// DeviceStatus tells how a registered device's session stands.
func (l *Loop) DeviceStatus(id string) model.DeviceStatus {
	out := l.devices.of(id)
	out.Conditions = l.transitions.date("device/"+id, out.Conditions)
	return out
}

// ConnectionStatus tells how far a connection has been realised.
func (l *Loop) ConnectionStatus(id string) model.ConnectionStatus {
	out := l.connections.of(id)
	out.Conditions = l.transitions.date("connection/"+id, out.Conditions)
	return out
}

// DeviceReports describes every driven device and every switch that dialled in
// and is not driven, sorted by name.
func (l *Loop) DeviceReports() []model.DeviceReport {
	out := []model.DeviceReport{}
	claimed := l.view.Load().ContestedOf()
	for id, w := range l.workers.all() {
		out = append(out, l.reportOf(w, claimed[id]))
	}
	for _, u := range unplacedSwitches(l.acceptor) {
		out = append(out, u.report())
	}
	slices.SortStableFunc(out, func(a, b model.DeviceReport) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out
}

// DeviceReport describes a registered device, false if there is none of that id. Of one that is not
// driven it has only the status.
func (l *Loop) DeviceReport(id string) (model.DeviceReport, bool) {
	if w := l.workers.get(id); w != nil {
		return l.reportOf(w, l.view.Load().ContestedAt(id)), true
	}
	gd, registered := l.store.Definitions().Devices.Get(id)
	if !registered {
		return model.DeviceReport{}, false
	}
	return model.DeviceReport{ID: id, Name: gd.Name, Endpoint: connector.Describe(gd), Status: l.DeviceStatus(id)}, true
}

// reportOf describes the device of a worker, which has learned that many MACs that are configured elsewhere.
func (l *Loop) reportOf(w *worker, claimed int) model.DeviceReport {
	r := model.DeviceReport{ID: w.device.id, Name: w.device.Load().Name, Endpoint: w.endpoint(), Status: l.DeviceStatus(w.device.id), ClaimedMACs: claimed}
	reportFacts(&r, w.state().facts)
	if s := w.current(); s != nil {
		r.Transactions = s.Transactions()
	}
	return r
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

// Plan is that of one registered device, false if there is none of that id. Nothing is written.
func (l *Loop) Plan(id string, limit int) (model.DevicePlan, bool) {
	if w := l.workers.get(id); w != nil {
		return w.planned(limit), true
	}
	gd, registered := l.store.Definitions().Devices.Get(id)
	if !registered {
		return model.DevicePlan{}, false
	}
	return model.DevicePlan{ID: id, Name: gd.Name, Detail: l.devices.of(id).Detail}, true
}

// UnfreezeMAC lets a MAC move again that moved too often, and reports whether
// it was held.
func (l *Loop) UnfreezeMAC(network string, mac model.MAC) bool { return l.macs.unfreeze(network, mac) }

// DeletedDevices lists the deleted devices that are still to be cleaned, by name.
func (l *Loop) DeletedDevices() []model.DeletedDevice {
	return l.workers.turns.list(l.store.Definitions())
}

// Occupant names the logical switch of an external writer that has one of the VLANs of a port
// now, "" if none has or the switch can not be asked.
func (l *Loop) Occupant(at model.Place, port string, vlans []model.VLAN) string {
	w := l.workers.driver(at.Device.ID)
	if w == nil {
		return ""
	}
	want, s := w.board.wanted(), w.current()
	if s == nil || want == nil {
		return ""
	}
	return s.Occupant(want, at.Switch, port, vlans)
}

// Ready reports why the daemon does not know the state of its switches yet:
// each must have been read once, or be known to be away.
func (l *Loop) Ready() error {
	if l.view.Load() == nil {
		return fmt.Errorf("no plan has been made yet")
	}
	for _, w := range l.workers.all() {
		st := w.state()
		tried := st.lastError != "" || connector.Listens(w.device.Load())
		if st.phase == model.DeviceReading || st.phase == model.DeviceUnreachable && !tried {
			return fmt.Errorf("device %s has not been read yet", w.device.Load().DisplayName())
		}
	}
	return nil
}
