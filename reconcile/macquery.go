package reconcile

import (
	"bytes"
	"cmp"
	"container/heap"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// hit is a MAC of a network that a query may choose.
type hit struct {
	network string
	mac     model.MAC
	// at is when it came there; 0 for a MAC that an operator has placed.
	at mactable.Instant
	// from is the device that places it, nil if it is learned.
	from     *model.GatewayDevice
	endpoint model.VTEPAddress
}

func (h *hit) key() mactable.Key { return mactable.Key{Network: h.network, MAC: h.mac} }

// compare orders by MAC, or by time, the latest first; then by network. Of the two places of a MAC that is
// placed and learned only one is a hit.
func (h *hit) compare(o *hit, newest bool) int {
	var c int
	if newest {
		c = cmp.Compare(o.at, h.at)
	}
	return cmp.Or(c, h.mac.Compare(o.mac), cmp.Compare(h.network, o.network))
}

// marker is a hit as a client hands it back.
func (h *hit) marker() string {
	return base64.RawURLEncoding.EncodeToString(append(append(binary.BigEndian.AppendUint64(nil, uint64(h.at)), h.mac[:]...), h.network...))
}

// parseHit reads a marker.
func parseHit(marker string) (*hit, error) {
	raw, err := base64.RawURLEncoding.DecodeString(marker)
	if err != nil || len(raw) < 14 {
		return nil, model.ErrBadMarker()
	}
	return &hit{at: mactable.Instant(binary.BigEndian.Uint64(raw)), mac: model.MAC(raw[8:14]), network: string(raw[14:])}, nil
}

// macSearch goes through the MACs of a View and keeps the first ones after a marker, as many as
// a page has and one more. It reads nothing behind a lock but the states that it is asked for.
type macSearch struct {
	q     *lookup
	query *model.MACQuery
	now   time.Time
	// database is that of query.Device, which may be 0.
	database vtep.DatabaseID
	after    *hit
	// kept is a heap with the last one on top.
	kept    []*hit
	total   int
	anyFar  bool  // operators have placed MACs somewhere
	pending []hit // of which the state is to be looked up
}

func (s *macSearch) Len() int           { return len(s.kept) }
func (s *macSearch) Less(i, j int) bool { return s.kept[i].compare(s.kept[j], s.query.NewestFirst) > 0 }
func (s *macSearch) Swap(i, j int)      { s.kept[i], s.kept[j] = s.kept[j], s.kept[i] }
func (s *macSearch) Push(x any)         { s.kept = append(s.kept, x.(*hit)) }
func (s *macSearch) Pop() any {
	last := s.kept[len(s.kept)-1]
	s.kept = s.kept[:len(s.kept)-1]
	return last
}

// take counts a hit that is chosen, and keeps it if it is one of the first.
func (s *macSearch) take(h *hit) {
	s.total++
	newest := s.query.NewestFirst
	switch {
	case s.after != nil && h.compare(s.after, newest) <= 0:
	case len(s.kept) <= s.query.Limit:
		kept := *h
		heap.Push(s, &kept)
	case h.compare(s.kept[0], newest) < 0:
		*s.kept[0] = *h
		heap.Fix(s, 0)
	}
}

// search goes through all networks that may have what is wanted.
func (s *macSearch) search(view *topology.View) {
	for range view.Definitions().RemoteMACs.All() {
		s.anyFar = true
		break
	}
	if only := s.query.Network; only != "" {
		s.network(view, only, view.Learned().Get(only))
	} else {
		for id, l := range view.Learned().All() {
			s.network(view, id, l)
		}
		for id := range view.Networks() {
			if view.Learned().Get(id) == nil {
				s.network(view, id, nil)
			}
		}
	}
	s.flush()
}

// network goes through the MACs of one network. What an operator has placed counts before what is learned.
func (s *macSearch) network(view *topology.View, id string, l *mactable.Learned) {
	placed := s.far(view, id, l)
	if l == nil {
		return
	}
	placing := view.Placing(id)
	i, _ := slices.BinarySearchFunc(l.Winners, s.query.First, func(c mactable.Candidate, m model.MAC) int { return c.MAC.Compare(m) })
	h := hit{network: id}
	for ; i < len(l.Winners) && l.Winners[i].MAC.Compare(s.query.Last) <= 0; i++ {
		w := inPlace(l, &l.Winners[i], placing)
		if w != nil && (len(placed) == 0 || !placed[w.MAC]) {
			h.mac, h.at, h.endpoint = w.MAC, w.LearnedAt, w.Endpoint
			s.consider(&h, w.Database, l)
		}
	}
}

// far goes through the MACs that operators have placed in a network, and returns which these are.
func (s *macSearch) far(view *topology.View, id string, l *mactable.Learned) (placed map[model.MAC]bool) {
	if !s.anyFar {
		return nil
	}
	placed = map[model.MAC]bool{}
	for _, far := range view.FarMACs(id) {
		for m := range far.MACs.Between(s.query.First, s.query.Last) {
			if !placed[m.MAC] {
				placed[m.MAC] = true
				s.consider(&hit{network: id, mac: m.MAC, from: far.Device, endpoint: m.VTEPAddress}, topology.DatabaseID(far.Device), l)
			}
		}
	}
	return placed
}

// inPlace is the candidate of a MAC that counts in the network: the winner, or the best of the others whose
// switch is a member where that of the winner is none; nil if there is none.
func inPlace(l *mactable.Learned, winner *mactable.Candidate, placing topology.Locations) *mactable.Candidate {
	if placing.Has(winner.Database) {
		return winner
	}
	others := mactable.Of(l.Others, winner.MAC)
	for i := range others {
		if placing.Has(others[i].Database) {
			return &others[i]
		}
	}
	return nil
}

// consider takes a hit if the query chooses it.
func (s *macSearch) consider(h *hit, at vtep.DatabaseID, l *mactable.Learned) {
	q := s.query
	if q.Device != "" && at != s.database || q.Hosts != nil && !q.Hosts[model.MACKey{Network: h.network, MAC: h.mac}] {
		return
	}
	switch q.State {
	case "":
		s.take(h)
	case model.MACStatic:
		if h.from != nil {
			s.take(h)
		}
	case model.MACFrozen:
		if h.from == nil && l != nil && frozen(l, h.mac) {
			s.take(h)
		}
	default:
		if h.from == nil && !frozen(l, h.mac) {
			s.await(*h)
		}
	}
}

func frozen(l *mactable.Learned, mac model.MAC) bool {
	_, is := slices.BinarySearchFunc(l.Frozen, mac, model.MAC.Compare)
	return is
}

// await looks up the state of a hit, together with others.
func (s *macSearch) await(h hit) {
	if s.pending = append(s.pending, h); len(s.pending) >= maxKnown {
		s.flush()
	}
}

func (s *macSearch) flush() {
	keys := make([]mactable.Key, len(s.pending))
	for i := range s.pending {
		keys[i] = s.pending[i].key()
	}
	for i, k := range s.q.macs.known(keys, s.now) {
		if state, _ := stateOf(&k); state == s.query.State {
			s.take(&s.pending[i])
		}
	}
	s.pending = s.pending[:0]
}

// stateOf is the state of a learned MAC and until when it lasts.
func stateOf(k *mactable.Known) (state string, until time.Time) {
	switch {
	case len(k.Places) == 0:
		return model.MACGone, time.Time{}
	case !k.Frozen.IsZero():
		return model.MACFrozen, k.Frozen
	case !k.Places[0].Gone.IsZero():
		return model.MACHeld, k.Places[0].Gone
	}
	return model.MACOK, time.Time{}
}

// MACs is a page of the MAC table.
func (q *lookup) MACs(query model.MACQuery) (page model.MACPage, err error) {
	s := &macSearch{q: q, query: &query, now: time.Now()}
	if query.After != "" {
		if s.after, err = parseHit(query.After); err != nil {
			return page, err
		}
	}
	page.Entries = []model.MACEntry{}
	view := q.view.Load()
	if view == nil {
		return page, nil
	}
	if query.Device != "" {
		s.database = numberOfDevice(view.Definitions(), query.Device)
	}
	s.search(view)
	page.Total = s.total
	slices.SortFunc(s.kept, func(a, b *hit) int { return a.compare(b, query.NewestFirst) })
	if len(s.kept) > query.Limit {
		s.kept = s.kept[:query.Limit]
		page.Next = s.kept[query.Limit-1].marker()
	}
	page.Entries = (&macShow{lookup: q, view: view, devices: numbered(view.Definitions()), ports: map[portsKey][]model.BoundPort{}}).entries(s.kept, s.now)
	return page, nil
}

// numberOfDevice is the number by which the MAC table knows a device or what a source answers for, 0 for none.
func numberOfDevice(defs *model.Definitions, id string) vtep.DatabaseID {
	if gd, ok := defs.Devices.Get(id); ok {
		return numberOf(defs.Registrations(), gd)
	}
	if set, ok := defs.Endpoints.Get(id); ok {
		return topology.SourceID(set)
	}
	return 0
}

// HostsOf are the MACs with an IP address, as switches report and sources answer for them. any says whether
// anybody reports an IP address at all.
func (q *lookup) HostsOf(ip model.IPv4) (hosts []model.MACKey, reported bool) {
	for _, w := range q.workers.byName() {
		s := w.current()
		if s == nil {
			continue
		}
		found, any := s.HostsOf(ip)
		reported = reported || any
		for _, h := range found {
			hosts = append(hosts, model.MACKey{Network: h.LogicalSwitch, MAC: h.MAC})
		}
	}
	for set := range q.store.Definitions().Endpoints.All() {
		for i := range set.MACs {
			has := set.MACs[i].IP.Is4()
			reported = reported || has
			if has && set.MACs[i].IP.As4() == ip {
				hosts = append(hosts, model.MACKey{Network: set.NetworkID, MAC: set.MACs[i].MAC})
			}
		}
	}
	slices.SortFunc(hosts, func(a, b model.MACKey) int {
		return cmp.Or(bytes.Compare(a.MAC[:], b.MAC[:]), cmp.Compare(a.Network, b.Network))
	})
	return slices.Compact(hosts), reported
}
