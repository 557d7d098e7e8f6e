package reconcile

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// macPicture is where all MACs are as of one View: a model.MACPicture. To make it costs
// nothing, whoever looks at it pays.
type macPicture struct {
	defs    *model.Definitions
	winners mactable.Winners
	// reported is that of a macSnapshot.
	reported map[string]uint64
	// devices are the ids of devices and sets by the numbers of candidates.
	devices func() map[vtep.DatabaseID]string
}

func newMACPicture(defs *model.Definitions, s macSnapshot) *macPicture {
	return &macPicture{defs, s.winners, s.reported, sync.OnceValue(func() map[vtep.DatabaseID]string { return numbered(defs) })}
}

func numbered(defs *model.Definitions) map[vtep.DatabaseID]string {
	out := make(map[vtep.DatabaseID]string, defs.Devices.Len()+defs.Endpoints.Len())
	for gd := range defs.Devices.All() {
		out[topology.DatabaseID(gd)] = gd.ID
	}
	for set := range defs.Endpoints.All() {
		out[topology.SourceID(set)] = set.ID
	}
	return out
}

// Definitions implements model.MACPicture.
func (p *macPicture) Definitions() *model.Definitions { return p.defs }

// Reported implements model.MACPicture. What a source answers for is all there is.
func (p *macPicture) Reported(device string) bool {
	_, source := p.defs.Endpoints.Get(device)
	return source || p.reported[device] != 0
}

// Reporters implements model.MACPicture.
func (p *macPicture) Reporters() (n int) {
	for _, revision := range p.reported {
		if revision != 0 {
			n++
		}
	}
	return n
}

// Place implements model.MACPicture.
func (p *macPicture) Place(network string, mac model.MAC) model.MACPlace {
	l := p.winners.Get(network)
	if l == nil {
		return model.MACPlace{}
	}
	return p.place(l, mactable.Of(l.Winners, mac), mac)
}

// place is where the winner of a MAC is, if there is one.
func (p *macPicture) place(l *mactable.Learned, winner []mactable.Candidate, mac model.MAC) model.MACPlace {
	if len(winner) == 0 {
		return model.MACPlace{}
	}
	_, frozen := slices.BinarySearchFunc(l.Frozen, mac, model.MAC.Compare)
	return model.MACPlace{Device: p.devices()[winner[0].Database], Endpoint: winner[0].Endpoint, Frozen: frozen}
}

// Changes implements model.MACPicture. It compares the MACs of the networks in which anything was
// learned since.
func (p *macPicture) Changes(was model.MACPicture) iter.Seq[model.MACChange] {
	old, _ := was.(*macPicture)
	if old == nil {
		old = newMACPicture(p.defs, macSnapshot{})
	}
	return func(yield func(model.MACChange) bool) {
		for network, c := range p.winners.Changes(old.winners) {
			if !p.compare(old, network, c, yield) {
				return
			}
		}
	}
}

// compare yields what differs in one network. Of both lists those come first that differ.
func (p *macPicture) compare(old *macPicture, network string, c model.Change[*mactable.Learned], yield func(model.MACChange) bool) bool {
	was, is := cmp.Or(c.Was, &mactable.Learned{}), cmp.Or(c.Now, &mactable.Learned{})
	a, b := was.Winners, is.Winners
	for len(a)+len(b) > 0 {
		mac, before, now := nextMAC(a, b)
		change := model.MACChange{Network: network, MAC: mac, Was: old.place(was, before, mac), Is: p.place(is, now, mac)}
		if change.Was != change.Is && !yield(change) {
			return false
		}
		a, b = a[len(before):], b[len(now):]
	}
	return true
}

// nextMAC is the first MAC of two lists, with what each has of it.
func nextMAC(a, b []mactable.Candidate) (mac model.MAC, before, now []mactable.Candidate) {
	switch {
	case len(b) == 0 || len(a) > 0 && a[0].MAC.Compare(b[0].MAC) < 0:
		return a[0].MAC, a[:1], nil
	case len(a) == 0 || a[0].MAC != b[0].MAC:
		return b[0].MAC, nil, b[:1]
	}
	return a[0].MAC, a[:1], b[:1]
}
