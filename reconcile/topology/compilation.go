package topology

import (
	"cmp"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// compilation is one run of Compile.
type compilation struct {
	Input
	prev, next *View
	found      *model.Places
	reports    *reporting
	// everywhere: all networks and all devices are looked at.
	everywhere bool
	// devices, by id, of which something else is known than before.
	devices map[string]bool
	// shares are what devices, by id, lost and got.
	shares map[string]*exchange
	// built counts the groups that were made anew.
	built int
}

func newCompilation(input Input, prev *View) *compilation {
	next := *prev
	next.in, next.defs, next.Revision = input, *input.Definitions, input.Definitions.Revision
	next.registrations = input.Definitions.Registrations()
	if !next.defs.Inventories.Same(prev.defs.Inventories) || !input.GrowOnly && len(input.Young) == 0 {
		next.known = nil
	}
	if !next.defs.Devices.Same(prev.defs.Devices) {
		next.bfd = nil
	}
	in := &compilation{
		Input: input, prev: prev, next: &next, everywhere: prev.registrations == nil,
		devices: map[string]bool{}, shares: map[string]*exchange{},
	}
	if input.GrowOnly {
		in.known() // flood lists of all networks need them
	}
	return in
}

// places finds switches by the names that gateways use.
func (in *compilation) places() *model.Places {
	if in.found == nil {
		in.found = model.NewPlaces(in.Definitions)
	}
	return in.found
}

// registrations are the ways to the databases.
func (in *compilation) registrations() *model.Registrations { return in.next.registrations }

// known are the tunnel addresses of all switches.
func (in *compilation) known() map[model.VTEPAddress]bool {
	if in.next.known == nil {
		in.next.known = knownAddresses(in.Definitions)
	}
	return in.next.known
}

// bfd are the databases whose switches run BFD.
func (in *compilation) bfd() map[vtep.DatabaseID]bool {
	if in.next.bfd == nil {
		in.next.bfd = runsBFD(in.Definitions)
	}
	return in.next.bfd
}

// group makes the groups of networks anew that may differ, with all that joins them.
func (in *compilation) group(dirty map[string]bool) {
	groups, old := in.regroup(dirty)
	var fresh []*groupView
	for _, g := range groups {
		on := in.dependencies(g)
		was := in.prev.groupOf(g.key())
		if was != nil && slices.EqualFunc(was.dependencies, on, dependency.same) && was.unchangedReporting(in) {
			delete(old, was)
			continue
		}
		in.built++
		gv := g.build(in, on)
		gv.follow(in.prev)
		fresh = append(fresh, gv)
	}
	in.replace(old, fresh)
}

// regroup joins dirty networks, and those that were or are joined to one of them, into groups. It
// returns besides the groups that these were in before.
func (in *compilation) regroup(dirty map[string]bool) ([]*group, map[*groupView]bool) {
	old, parts := map[*groupView]bool{}, map[string]*netPart{}
	var pending []string
	for id := range dirty {
		pending = append(pending, id)
	}
	for len(pending) > 0 {
		id := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if _, seen := parts[id]; seen {
			continue
		}
		parts[id] = in.part(id)
		if gv := in.prev.groupOf(id); gv != nil && !old[gv] {
			old[gv] = true
			for _, n := range gv.nets {
				pending = append(pending, n.net.ID)
			}
		}
		if parts[id] == nil {
			continue
		}
		for _, vni := range parts[id].borderVNIs(in.Definitions) {
			pending = slices.AppendSeq(pending, in.prev.using(usable{kind: usesBorder, vni: vni}))
		}
	}
	var order []*netPart
	for _, p := range parts {
		if p != nil {
			order = append(order, p)
		}
	}
	slices.SortFunc(order, func(a, b *netPart) int { return cmp.Compare(a.net.Seq, b.net.Seq) })
	return joinStretches(in.Definitions, order), old
}

// part is a network that has connections, nil for none.
func (in *compilation) part(network string) *netPart {
	net, ok := in.Definitions.Networks.Get(network)
	conns := within(in.next.connections, network)
	if !ok || len(conns) == 0 {
		return nil
	}
	return &netPart{passives: map[string]bool{}, net: net, conns: conns, learned: in.Learned.Get(network), endpoints: within(in.next.endpoints, network)}
}

// replace puts groups in the place of others.
func (in *compilation) replace(old map[*groupView]bool, fresh []*groupView) {
	next := in.next
	groups, outcomes, contested, uses := edits[name, *groupView]{}, edits[name, *Outcome]{}, edits[name, *Contested]{}, edits[use, bool]{}
	for gv := range old {
		for _, n := range gv.nets {
			groups.remove(name(n.net.ID))
			contested.remove(name(n.net.ID))
		}
		for id := range gv.outcomes {
			outcomes.remove(name(id))
		}
		for _, u := range gv.uses {
			uses.remove(u)
		}
		for device, s := range gv.shares {
			in.exchange(device).lost = append(in.exchange(device).lost, s)
		}
	}
	for _, gv := range fresh {
		for _, n := range gv.nets {
			groups.put(name(n.net.ID), gv)
		}
		for id, o := range gv.outcomes {
			outcomes.put(name(id), o)
		}
		for id, c := range gv.contested {
			contested.put(name(id), c)
		}
		for _, u := range gv.uses {
			uses.put(u, true)
		}
		for device, s := range gv.shares {
			in.exchange(device).got = append(in.exchange(device).got, s)
		}
	}
	next.groups, next.outcomes = groups.of(next.groups), outcomes.of(next.outcomes)
	next.contested, next.uses = contested.of(next.contested), uses.of(next.uses)
}

// edits are what becomes of keys of a map: the last edit of a key counts.
type edits[K interface {
	comparable
	model.Key[K]
}, V comparable] map[K]edit[V]

type edit[V any] struct {
	value V
	gone  bool
}

func (e edits[K, V]) remove(k K) { e[k] = edit[V]{gone: true} }

func (e edits[K, V]) put(k K, v V) { e[k] = edit[V]{value: v} }

// of is a map after the edits. It shares with m what they leave as it is.
func (e edits[K, V]) of(m model.Sorted[K, V]) model.Sorted[K, V] {
	var pairs []model.Pair[K, V]
	var gone []K
	for k, edit := range e {
		was, has := m.Get(k)
		switch {
		case edit.gone && has:
			gone = append(gone, k)
		case !edit.gone && (!has || was != edit.value):
			pairs = append(pairs, model.Pair[K, V]{Key: k, Value: edit.value})
		}
	}
	slices.SortFunc(pairs, func(a, b model.Pair[K, V]) int { return a.Key.Compare(b.Key) }) // WithAll sorts stably, which takes longer
	return m.Without(gone...).WithAll(pairs)
}

// exchange is what a device lost and got of shares.
type exchange struct{ lost, got []*share }

func (in *compilation) exchange(device string) *exchange {
	e := in.shares[device]
	if e == nil {
		e = &exchange{}
		in.shares[device] = e
	}
	return e
}
