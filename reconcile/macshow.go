package reconcile

import (
	"slices"
	"time"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// macShow makes what is shown of MACs. It remembers what several of them have in common.
type macShow struct {
	*lookup
	view    *topology.View
	devices map[vtep.DatabaseID]string
	ports   map[portsKey][]model.BoundPort
}

// portsKey is where a network may have ports: on the switch of a device that has a tunnel address.
type portsKey struct {
	device, network string
	endpoint        model.VTEPAddress
}

func (m *macShow) entries(hits []*hit, now time.Time) []model.MACEntry {
	keys := make([]mactable.Key, len(hits))
	for i, h := range hits {
		keys[i] = h.key()
	}
	out := make([]model.MACEntry, 0, len(hits))
	for i, k := range m.macs.known(keys, now) {
		e := model.MACEntry{
			MAC: hits[i].mac, Network: model.RefNetwork(m.view.Definitions(), hits[i].network).Named(),
			Ports: []model.BoundPort{}, Others: []model.OtherPlace{},
		}
		if from := hits[i].from; from != nil {
			e.Device, e.Endpoint, e.Source, e.State = &model.Named{ID: from.ID, Name: from.DisplayName()}, hits[i].endpoint, model.MACStaticSrc, model.MACStatic
			e.Since = from.CreatedAt
			m.others(&e, k.Places)
		} else if !m.learned(&e, &k) {
			continue // it went a moment ago
		}
		out = append(out, e)
	}
	return out
}

// learned fills in where a learned MAC is, false if it is nowhere.
func (m *macShow) learned(e *model.MACEntry, k *mactable.Known) bool {
	m.inPlaceFirst(e.Network.ID, k)
	state, until := stateOf(k)
	if state == model.MACGone {
		return false
	}
	w := &k.Places[0]
	device := m.device(w.Database)
	e.Device, e.Endpoint, e.Since, e.Moves, e.State = &device, w.Endpoint, w.Since, w.Seq, state
	if !until.IsZero() {
		e.Until = &until
	}
	if e.Source = model.MACLocal; w.Source == mactable.Remote {
		e.Source = model.MACEndpoints
	} else {
		e.Ports = m.portsOf(portsKey{device.ID, e.Network.ID, w.Endpoint})
	}
	m.others(e, k.Places[1:])
	return true
}

// inPlaceFirst puts the place that counts in the network before all others, and leaves none if none does.
func (m *macShow) inPlaceFirst(network string, k *mactable.Known) {
	placing := m.view.Placing(network)
	i := slices.IndexFunc(k.Places, func(p mactable.KnownPlace) bool { return placing.Has(p.Database) })
	if i < 0 {
		k.Places = nil
		return
	}
	first := k.Places[i]
	k.Places = slices.Insert(slices.Delete(k.Places, i, i+1), 0, first)
}

func (m *macShow) others(e *model.MACEntry, places []mactable.KnownPlace) {
	for i := range places {
		p := model.OtherPlace{Device: m.device(places[i].Database), Endpoint: places[i].Endpoint, Since: places[i].Since}
		if gone := places[i].Gone; !gone.IsZero() {
			p.HeldUntil = &gone
		}
		e.Others = append(e.Others, p)
	}
}

// device names what has a number in the MAC table.
func (m *macShow) device(db vtep.DatabaseID) model.Named {
	return model.NamedPlace(m.view.Definitions(), m.devices[db])
}

// portsOf are the bindings of a network on a switch: as they stand there, or as they are defined
// if it is not read now. Of a database with several switches those count that have the address.
func (m *macShow) portsOf(k portsKey) []model.BoundPort {
	if known, ok := m.ports[k]; ok {
		return known
	}
	out := []model.BoundPort{}
	here := m.switchesAt(k)
	for _, slot := range m.slots(k.device, k.network) {
		if (len(here) == 0 || slices.Contains(here, slot.Switch)) && len(out) < model.ShownRows {
			out = append(out, boundPort(slot))
		}
	}
	m.ports[k] = out
	return out
}

func (m *macShow) slots(device, network string) []vtep.Slot {
	w := m.workers.driver(device)
	if w != nil {
		if s := w.current(); s != nil {
			rows, _ := s.Rows(m.wantOf(w), network)
			return rows.Bindings
		}
	}
	if want := m.view.Want(device); want != nil {
		return slices.Collect(want.Bindings.Of(network))
	}
	return nil
}

// switchesAt are the switches of a device that have a tunnel address.
func (m *macShow) switchesAt(k portsKey) (names []string) {
	defs := m.view.Definitions()
	gd, ok := defs.Devices.Get(k.device)
	if !ok {
		return nil
	}
	for _, sw := range defs.Registrations().Switches(gd) {
		if slices.Contains(sw.TunnelIPs, k.endpoint) {
			names = append(names, sw.Name)
		}
	}
	return names
}
