package topology

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// What one change costs follows from what it concerns: the index finds the networks that a
// changed record is about, and only these are looked at again.

// index finds what belongs to a network, and the networks that follow from a record.
type index struct {
	connections model.Sorted[ofNetwork, *model.L2GatewayConnection]
	endpoints   model.Sorted[ofNetwork, *model.EndpointSet]
	uses        model.Sorted[use, bool]
}

// ofNetwork orders the records of each network by creation.
type ofNetwork struct {
	network string
	model.Order
}

func (a ofNetwork) Compare(b ofNetwork) int {
	return cmp.Or(strings.Compare(a.network, b.network), a.Order.Compare(b.Order))
}

// within lists the records of one network in the order of their creation.
func within[P any](m model.Sorted[ofNetwork, P], network string) (out []P) {
	for at, p := range m.From(ofNetwork{network: network}) {
		if at.network != network {
			break
		}
		out = append(out, p)
	}
	return out
}

// use is something that the group of a network is made from.
type use struct {
	usable
	network string
}

// usable is a gateway or a device by id, a VNI, or the state of waiting for reports.
type usable struct {
	kind useKind
	id   string
	vni  model.VNI
}

type useKind uint8

const (
	usesGateway useKind = iota
	usesDevice
	// usesVNI is the network's, or one between sites; usesBorder only one of these.
	usesVNI
	usesBorder
	// usesReports: a switch has not reported its MACs in the network.
	usesReports
)

func (a use) Compare(b use) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(a.id, b.id), cmp.Compare(a.vni, b.vni), strings.Compare(a.network, b.network))
}

// using yields the networks whose groups are made from something: one of each group.
func (x *index) using(what usable) iter.Seq[string] {
	return func(yield func(string) bool) {
		for u := range x.uses.From(use{usable: what}) {
			if u.usable != what || !yield(u.network) {
				return
			}
		}
	}
}

// follow takes over which records networks have, and returns the networks of those that changed.
func follow[T any, P model.Recorder[T]](m *model.Sorted[ofNetwork, P], was, now model.Table[T, P], network func(P) string) (changed []string) {
	at := func(p P) ofNetwork { return ofNetwork{network(p), p.Meta().Order()} }
	var pairs []model.Pair[ofNetwork, P]
	var gone []ofNetwork
	for _, c := range now.Changes(was) {
		if c.Was != nil {
			changed = append(changed, network(c.Was))
			if c.Now == nil || at(c.Now) != at(c.Was) {
				gone = append(gone, at(c.Was))
			}
		}
		if c.Now != nil {
			changed = append(changed, network(c.Now))
			pairs = append(pairs, model.Pair[ofNetwork, P]{Key: at(c.Now), Value: c.Now})
		}
	}
	*m = m.Without(gone...).WithAll(pairs)
	return changed
}

// search finds what a compilation has to look at.
type search struct{ *compilation }

// dirty are the networks, by id, whose groups may differ from those of the View before. It brings
// the index up to date, but for the uses of groups.
func (in search) dirty() map[string]bool {
	out := map[string]bool{}
	add := func(networks iter.Seq[string]) {
		for id := range networks {
			out[id] = true
		}
	}
	was, now, next := &in.prev.defs, in.Definitions, in.next
	add(slices.Values(follow(&next.connections, was.Connections, now.Connections, func(c *model.L2GatewayConnection) string { return c.NetworkID })))
	add(slices.Values(follow(&next.endpoints, was.Endpoints, now.Endpoints, func(s *model.EndpointSet) string { return s.NetworkID })))
	for id := range now.Networks.Changes(was.Networks) {
		out[id] = true
	}
	for id := range now.Gateways.Changes(was.Gateways) {
		add(in.prev.using(usable{kind: usesGateway, id: id}))
	}
	for _, vni := range now.RemoteMACs.Changes(was.RemoteMACs) {
		add(in.prev.using(usable{kind: usesVNI, vni: vni}))
	}
	for id := range in.Learned.Changes(in.prev.in.Learned) {
		out[id] = true
	}
	for id := range in.changedDevices() {
		add(in.prev.using(usable{kind: usesDevice, id: id}))
	}
	add(in.unreported())
	if in.everywhere {
		for at := range next.connections.All() {
			out[at.network] = true
		}
	}
	return out
}

// unreported yields the networks in which it may be others that have not reported their MACs. One
// in which all have goes on so, unless some device has reported less than before.
func (in search) unreported() iter.Seq[string] {
	was := &in.prev.in
	in.everywhere = in.everywhere || in.GrowOnly != was.GrowOnly || in.GrowOnly && less(in.Reported, was.Reported)
	found := !in.next.defs.Inventories.Same(in.prev.defs.Inventories) // an address of a switch, perhaps
	return func(yield func(string) bool) {
		for _, pair := range [][2]map[string]bool{{in.Young, was.Young}, {was.Young, in.Young}} {
			for id := range pair[0] {
				if !pair[1][id] && !yield(id) {
					return
				}
			}
		}
		if maps.Equal(in.Reported, was.Reported) && !found {
			return
		}
		networks := in.prev.using(usable{kind: usesReports})
		if less(in.Reported, was.Reported) {
			networks = maps.Keys(in.Young)
		}
		networks(yield)
	}
}

// less reports whether some device has reported less than before, or may have: whoever was not known had nothing to report.
func less(now, before map[string]uint64) bool {
	for id, upTo := range before {
		if n, known := now[id]; !known || n < upTo {
			return true
		}
	}
	for id := range now {
		if _, known := before[id]; !known {
			return true
		}
	}
	return false
}

// changedDevices yields the devices, by id, of which something else is known than before. It finds
// whether the names by which gateways find switches may mean others: then all networks are looked at.
func (in search) changedDevices() iter.Seq[string] {
	was, now := &in.prev.defs, in.Definitions
	for id, c := range now.Devices.Changes(was.Devices) {
		in.devices[id] = true
		in.everywhere = in.everywhere || c.Was == nil || c.Now == nil || c.Was.Name != c.Now.Name || c.Was.Type != c.Now.Type
	}
	for id, c := range now.Inventories.Changes(was.Inventories) {
		in.devices[id] = true
		in.everywhere = in.everywhere || in.renamed(id, c)
	}
	for id := range now.Retired.Changes(was.Retired) {
		in.devices[id] = true
	}
	changed := maps.Clone(in.devices)
	for _, pair := range [][2]map[string]bool{{in.Down, in.prev.in.Down}, {in.prev.in.Down, in.Down}} {
		for id := range pair[0] {
			if !pair[1][id] {
				changed[id] = true
			}
		}
	}
	return maps.Keys(changed)
}

// renamed reports whether a database has other switches than before, or is, or was, reached by
// several devices: which of them count depends on all.
func (in search) renamed(id string, c model.Change[*model.Inventory]) bool {
	if c.Was == nil || c.Now == nil {
		return true
	}
	if !slices.EqualFunc(c.Was.Switches, c.Now.Switches, func(a, b model.SwitchInventory) bool {
		return a.Name == b.Name && a.Fingerprint == b.Fingerprint && a.Missing == b.Missing
	}) {
		return true
	}
	gd, ok := in.Definitions.Devices.Get(id)
	return !ok || len(in.prev.registrations.Sharing(gd)) > 1 || len(in.next.registrations.Sharing(gd)) > 1
}
