package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/topology"
)

// urgentPhases are those of registered devices that need somebody, the worst first.
var urgentPhases = []string{model.DeviceUnreachable, model.DeviceDegraded, model.DeviceDrivenElsewhere}

// overview sums up how all that is defined stands. It looks at each device, but not at each connection: which
// of them are not active is recorded. It is part of the Loop, and asking costs the Loop nothing.
type overview struct {
	store    Store
	devices  *deviceStatuses
	acceptor *connector.Acceptor
	recorder *statusRecorder
	macs     *macReports
	settled  *atomic.Bool
	// ready, device and connection are what the Loop answers elsewhere.
	ready      func() error
	device     func(id string) model.DeviceStatus
	connection func(id string) model.ConnectionStatus
	// stretches are kept until what they follow from changes.
	stretches atomic.Pointer[topology.Stretches]
}

// Overview tells how all that is defined stands.
func (o *overview) Overview() model.Overview {
	defs := o.store.Definitions()
	stretches, devices := o.stretchesOf(defs), o.phases(defs)
	out := model.Overview{
		Revision: defs.Revision, Settled: o.settled.Load(), FrozenMACs: o.macs.countFrozen(), Networks: defs.Networks.Len(),
		Devices: countPhases(devices), Sites: bySite(devices, stretches),
		Stretches: shownStretches(stretches, devices), StretchesTotal: len(stretches.Pairs),
	}
	if err := o.ready(); err != nil {
		out.Ready = err.Error()
	}
	discovered := unplacedSwitches(o.acceptor)
	out.Devices[model.DeviceDiscovered] = len(discovered)
	counts, unrealised := o.recorder.recorded()
	out.Connections = counts
	list := attention{list: []model.Attention{}}
	o.addDevices(&list, devices)
	list.addDiscovered(discovered)
	o.addConnections(&list, defs, unrealised)
	list.addFrozen(out.FrozenMACs)
	out.Attention, out.AttentionTotal = list.list, list.total
	return out
}

// stretchesOf are those of some definitions.
func (o *overview) stretchesOf(defs *model.Definitions) *topology.Stretches {
	was := o.stretches.Load()
	s := topology.NewStretches(defs, was)
	if s != was {
		o.stretches.Store(s)
	}
	return s
}

// devicePhase is a registered device with the phase that it is in.
type devicePhase struct {
	*model.GatewayDevice
	phase string
}

// phases are those of all registered devices, by name.
func (o *overview) phases(defs *model.Definitions) []devicePhase {
	out := make([]devicePhase, 0, defs.Devices.Len())
	for gd := range defs.Devices.All() {
		out = append(out, devicePhase{gd, o.devices.phase(gd)})
	}
	slices.SortFunc(out, func(a, b devicePhase) int {
		return cmp.Or(strings.Compare(a.DisplayName(), b.DisplayName()), strings.Compare(a.ID, b.ID))
	})
	return out
}

// countPhases counts devices by phase; every phase is there.
func countPhases(devices []devicePhase) map[string]int {
	out := map[string]int{model.DeviceUnsupported: 0}
	for _, phase := range devicePhases {
		out[phase] = 0
	}
	for _, d := range devices {
		out[d.phase]++
	}
	return out
}

// bySite groups devices, which are sorted by name.
func bySite(devices []devicePhase, stretches *topology.Stretches) []model.SiteDevices {
	out, at := []model.SiteDevices{}, map[string]int{}
	for _, d := range devices {
		i, known := at[d.Site]
		if !known {
			i, at[d.Site] = len(out), len(out)
			out = append(out, model.SiteDevices{Name: d.Site})
		}
		shown := model.SiteDevice{ID: d.ID, Name: d.DisplayName(), Status: d.phase, Border: stretches.IsBorder(d.ID)}
		out[i].Devices = append(out[i].Devices, shown)
	}
	slices.SortFunc(out, func(a, b model.SiteDevices) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// shownStretches are the first stretches, with those of their borders that are not in sync.
func shownStretches(s *topology.Stretches, devices []devicePhase) []model.Stretch {
	down := map[string]bool{}
	for _, d := range devices {
		down[d.ID] = d.phase != model.DeviceInSync
	}
	out := []model.Stretch{}
	for _, pair := range s.Pairs[:min(len(s.Pairs), model.ShownStretches)] {
		shown := model.Stretch{Sites: pair.Sites[:], Networks: pair.Networks, Down: []string{}}
		for _, gd := range pair.Borders {
			if down[gd.ID] {
				shown.Down = append(shown.Down, gd.DisplayName())
			}
		}
		out = append(out, shown)
	}
	return out
}

// attention collects what needs somebody, the worst first. What there is no room for is counted.
type attention struct {
	list  []model.Attention
	total int
}

// room reports whether one more is shown.
func (a *attention) room() bool { return len(a.list) < model.ShownAttention }

// addDevices adds the registered devices that need somebody.
func (o *overview) addDevices(a *attention, devices []devicePhase) {
	for _, phase := range urgentPhases {
		for _, d := range devices {
			if d.phase != phase {
				continue
			}
			if a.room() {
				a.list = append(a.list, o.ofDevice(d))
			}
			a.total++
		}
	}
}

func (o *overview) ofDevice(d devicePhase) model.Attention {
	st := o.device(d.ID)
	out := model.Attention{Kind: model.KindDevice, ID: d.ID, Name: d.DisplayName(), Status: d.phase, Message: cmp.Or(st.Detail, st.LastError)}
	if c := firstUntrue(st.Conditions); c != nil {
		out.Since = c.Since
	}
	return out
}

// firstUntrue is the first condition that is not true, nil if all are.
func firstUntrue(cs []model.Condition) *model.Condition {
	for i := range cs {
		if !cs[i].True {
			return &cs[i]
		}
	}
	return nil
}

// addDiscovered adds switches that no device stands for.
func (a *attention) addDiscovered(switches []unplaced) {
	for _, u := range switches {
		if a.room() {
			a.list = append(a.list, model.Attention{
				Kind: model.KindDevice, Name: u.name, Status: model.DeviceDiscovered, Since: u.Arrived(), Message: model.Bounded(u.reason),
			})
		}
		a.total++
	}
}

// addConnections adds connections that are not active. It asks for the status of those that are shown.
func (o *overview) addConnections(a *attention, defs *model.Definitions, unrealised unrealisedSet) {
	a.total += unrealised.Len()
	room := model.ShownAttention - len(a.list)
	for k := range unrealised.All() {
		if room == 0 {
			return
		}
		room--
		shown, is := o.ofConnection(defs, k.id)
		if !is { // since it was recorded
			a.total--
			continue
		}
		a.list = append(a.list, shown)
	}
}

// ofConnection is a connection, by id, that needs somebody; false if it is active or gone.
func (o *overview) ofConnection(defs *model.Definitions, id string) (model.Attention, bool) {
	c, defined := defs.Connections.Get(id)
	if !defined {
		return model.Attention{}, false
	}
	st := o.connection(id)
	out := model.Attention{Kind: model.KindConnection, ID: id, Name: model.RefConnection(defs, c).Name, Status: st.State, Message: st.Detail}
	if c := firstUntrue(st.Conditions); c != nil {
		out.Since = c.Since
	}
	return out, st.State != model.ConnectionActive
}

// addFrozen adds one that stands for all frozen MACs.
func (a *attention) addFrozen(count int) {
	if count == 0 {
		return
	}
	if a.room() {
		a.list = append(a.list, model.Attention{
			Kind: model.KindMAC, Status: model.MACFrozen, Message: fmt.Sprintf("MACs that moved too often and are frozen: %d", count),
		})
	}
	a.total++
}
