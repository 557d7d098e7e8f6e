package mactable

import (
	"bordergw/model"
	"bordergw/vtep"
	"maps"
	"slices"
)

type networkTable struct {
	*Table
	name  string
	macs  map[model.MAC]*entry
	flood map[vtep.DatabaseID][]model.VTEPAddress
	// current is out of date for the MACs in stale and, if staleFlood, for flood.
	current    *Learned
	stale      map[model.MAC]struct{}
	staleFlood bool
	// recalled has the locations of MACs when an earlier process ended.
	recalled map[model.MAC]recalledLocation
}

// count notes that a database reports more or fewer MACs.
func (n *networkTable) count(db vtep.DatabaseID, by int) {
	of := n.reported[db]
	if of == nil {
		of = map[*networkTable]int{}
		n.reported[db] = of
	}
	if of[n] += by; of[n] == 0 {
		delete(of, n)
	}
	if len(of) == 0 {
		delete(n.reported, db)
	}
}

// touch notes that a MAC may have another winner.
func (n *networkTable) touch(mac model.MAC) {
	n.stale[mac] = struct{}{}
	n.changed[n.name] = n
}

func (n *networkTable) setFlood(db vtep.DatabaseID, list []model.VTEPAddress) {
	if slices.Equal(n.flood[db], list) {
		return
	}
	n.staleFlood = true
	n.changed[n.name] = n
	if len(list) == 0 {
		delete(n.flood, db)
	} else {
		n.flood[db] = list
	}
}

// learn takes a row that stands, or what a source answers for. Only what was not there
// before moves a MAC.
func (n *networkTable) learn(is location, first bool, now Instant) {
	s := n.macs[is.MAC]
	if s == nil {
		s = n.enter(is.MAC, is.Database, now)
	}
	h := s.at(is.Database)
	fresh := h == nil || h.learning != is.learning || h.Endpoint != is.Endpoint
	if !fresh {
		h.gone = 0 // the switch may be back, with the row that it had
		n.arm(is.MAC, s)
		return
	}
	n.touch(is.MAC)
	if h == nil {
		n.count(is.Database, 1)
		s.locations = append(s.locations, location{Candidate: Candidate{MAC: is.MAC, Source: is.Source, Database: is.Database}})
		h = &s.locations[len(s.locations)-1]
	}
	winner := s.winner()
	h.gone, h.learning, h.Endpoint, h.LearnedAt = 0, is.learning, is.Endpoint, now
	elsewhere := winner.Database != is.Database && winner.Database != 0
	switch was, recalled := n.recalled[is.MAC]; {
	case !first && (elsewhere || recalled && was.database != is.Database) && !s.isFrozen(now):
		s.move(h, winner.Endpoint, now)
		n.noteMove(is.MAC, s, now)
	case first && recalled && was.database == is.Database:
		h.Seq = was.seq
		s.seq = max(s.seq, was.seq)
		n.noteLocation(is.MAC, s, winner.Database)
	}
	if !first {
		delete(n.recalled, is.MAC) // this is news
	}
	n.arm(is.MAC, s)
}

// noteLocation notes that a MAC that has ever moved is at another database than before, or
// nowhere, without having moved.
func (n *networkTable) noteLocation(mac model.MAC, s *entry, before vtep.DatabaseID) {
	if s.seq > 0 && before != 0 && s.winner().Database != before && len(n.moved) < maxMoved {
		n.moved[Key{n.name, mac}] = struct{}{}
	}
}

// noteMove notes that a MAC moved, or moved too often.
func (n *networkTable) noteMove(mac model.MAC, s *entry, now Instant) {
	id := Key{n.name, mac}
	if len(n.moved) < maxMoved {
		n.moved[id] = struct{}{}
	}
	if s.isFrozen(now) {
		n.newlyFrozen = append(n.newlyFrozen, id)
	}
}

// withdraw lets a database's candidate stand until the given time, or until an earlier
// one that it was given before.
func (n *networkTable) withdraw(db vtep.DatabaseID, mac model.MAC, until Instant) {
	s := n.macs[mac]
	if s == nil {
		return
	}
	if h := s.at(db); h != nil && (h.gone == 0 || until < h.gone) {
		h.gone = until
		n.arm(mac, s)
	}
}

// drop forgets what a database has reported.
func (n *networkTable) drop(db vtep.DatabaseID) {
	for mac, s := range n.macs {
		if s.at(db) == nil {
			continue
		}
		s.locations = slices.DeleteFunc(s.locations, func(h location) bool { return h.Database == db })
		if n.touch(mac); len(s.locations) == 0 {
			delete(n.macs, mac)
		}
	}
}

// arm sets the time at which Expire looks at a MAC.
func (n *networkTable) arm(mac model.MAC, s *entry) {
	if next := s.next(n.contradict); next != 0 && (s.due == 0 || next < s.due) {
		s.due = next
		n.deadlines.add(next, Key{n.name, mac})
	}
}

func (n *networkTable) expireEntry(mac model.MAC, s *entry, now Instant) {
	s.locations = slices.DeleteFunc(s.locations, func(h location) bool {
		over := h.gone != 0 && h.gone <= now
		if over {
			n.touch(mac)
			n.count(h.Database, -1)
		}
		return over
	})
	if s.frozen() != 0 && !s.isFrozen(now) {
		s.thaw()
		n.touch(mac)
	}
}

// build returns the current state: the last one, with new values for what is stale.
func (n *networkTable) build(now Instant) *Learned {
	was := n.current
	if was == nil {
		was = &Learned{}
	}
	out := &Learned{Flood: was.Flood}
	if was.Flood == nil || n.staleFlood {
		out.Flood = maps.Clone(n.flood)
	}
	stale := slices.SortedFunc(maps.Keys(n.stale), model.MAC.Compare)
	out.Frozen = slices.DeleteFunc(slices.Clone(was.Frozen), func(mac model.MAC) bool {
		_, again := n.stale[mac]
		return again
	})
	ranked := make(map[model.MAC][]Candidate, len(stale))
	for _, mac := range stale {
		if s := n.macs[mac]; s != nil {
			ranked[mac] = s.ranked()
			if s.isFrozen(now) {
				out.Frozen = append(out.Frozen, mac)
			}
		}
	}
	out.Winners = replaced(was.Winners, stale, func(mac model.MAC) []Candidate { return ranked[mac][:min(1, len(ranked[mac]))] })
	out.Others = replaced(was.Others, stale, func(mac model.MAC) []Candidate { return ranked[mac][min(1, len(ranked[mac])):] })
	slices.SortFunc(out.Frozen, model.MAC.Compare)
	return out
}

// replaced returns a list, sorted by MAC, with new candidates for the stale MACs.
func replaced(was []Candidate, stale []model.MAC, now func(model.MAC) []Candidate) []Candidate {
	out := make([]Candidate, 0, len(was)+len(stale))
	for _, mac := range stale {
		i, _ := slices.BinarySearchFunc(was, mac, byMAC)
		out = append(append(out, was[:i]...), now(mac)...)
		was = was[i+len(Of(was[i:], mac)):]
	}
	return append(out, was...)
}
