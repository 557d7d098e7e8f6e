package reconcile

import (
	"maps"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// Timing of learned MACs (design: who tells whom).
const (
	// defaultLocalHold keeps a MAC whose row has vanished: a station that ages
	// out is often back at once.
	defaultLocalHold = 4 * time.Second
	// defaultHold keeps the MACs of a switch that can not be reached: its data
	// plane most likely still runs.
	defaultHold = 300 * time.Second
	// More than maxMoves within moveWindow is a station in two places, or a
	// loop: it is left where it is for freezeTime.
	maxMoves   = 5
	moveWindow = 180 * time.Second
	freezeTime = 180 * time.Second
	// contradictTime after a station has moved away, a row of its old switch that
	// still stands is believed: that switch has been told where the station is
	// and says that it has it all the same. It came back before it was missed.
	contradictTime = 10 * time.Second
)

// Learned is what all switches have learned in one network, one winner for
// each MAC. It is immutable.
type Learned struct {
	Winners []Candidate // sorted by MAC
	// Others are the candidates of the same MACs that did not win, the best of each MAC
	// first: the winner's switch may be no member of the network any more.
	Others []Candidate
	// Flood are the end points that switches asked to be flooded at.
	Flood map[vtep.DatabaseID][]model.VTEPAddress
	// Frozen MACs moved too often; their winner stands still.
	Frozen []model.MAC
}

// learning is the candidate table of all networks: the one place where the home
// of a learned MAC is decided. It takes the time as an argument and has no
// goroutine; the Loop guards it. What a change costs follows from what changed,
// not from how much is known.
type learning struct {
	localHold, hold time.Duration
	contradict      time.Duration // contradictTime; 0 for never
	networks        map[string]*learnedNetwork
	// winners is what was last given out; changed are the networks for which it no
	// longer holds.
	winners map[string]*Learned
	changed map[string]*learnedNetwork
	// stated counts the stations of a network that a database has a say in; flooded
	// are the networks for which it last named end points.
	stated  map[vtep.DatabaseID]map[*learnedNetwork]int
	flooded map[vtep.DatabaseID][]string
	// moved are the stations that moved since drainMoves was last called.
	moved     map[stationID]struct{}
	froze     []stationID // since remember last told of them
	deadlines deadlines
}

// stationID is one MAC in one network.
type stationID struct {
	network string
	mac     model.MAC
}

type learnedNetwork struct {
	*learning
	name  string
	macs  map[model.MAC]*station
	flood map[vtep.DatabaseID][]model.VTEPAddress
	// current was true but for the stations in stale and, if staleFlood, flood.
	current    *Learned
	stale      map[model.MAC]struct{}
	staleFlood bool
	// recalled is where stations were when an earlier process ended.
	recalled map[model.MAC]recalledHome
}

// recalledHome is a winner from before the process began.
type recalledHome struct {
	database vtep.DatabaseID
	seq      uint64
}

func newLearning(localHold, hold, contradict time.Duration) *learning {
	return &learning{
		localHold: localHold, hold: hold, contradict: contradict,
		networks: map[string]*learnedNetwork{}, winners: map[string]*Learned{}, changed: map[string]*learnedNetwork{},
		stated: map[vtep.DatabaseID]map[*learnedNetwork]int{}, flooded: map[vtep.DatabaseID][]string{}, moved: map[stationID]struct{}{},
	}
}

func (l *learning) network(name string) *learnedNetwork {
	n := l.networks[name]
	if n == nil {
		n = &learnedNetwork{
			learning: l, name: name, macs: map[model.MAC]*station{},
			flood: map[vtep.DatabaseID][]model.VTEPAddress{}, stale: map[model.MAC]struct{}{}, recalled: map[model.MAC]recalledHome{},
		}
		l.networks[name], l.changed[name] = n, n
	}
	return n
}

// count notes that a database has a say in more or fewer stations.
func (n *learnedNetwork) count(db vtep.DatabaseID, by int) {
	of := n.stated[db]
	if of == nil {
		of = map[*learnedNetwork]int{}
		n.stated[db] = of
	}
	if of[n] += by; of[n] == 0 {
		delete(of, n)
	}
	if len(of) == 0 {
		delete(n.stated, db)
	}
}

// touch notes that the winner for a MAC may be another one.
func (n *learnedNetwork) touch(mac model.MAC) {
	n.stale[mac] = struct{}{}
	n.changed[n.name] = n
}

// update takes what a database says. first tells in which networks these are its first
// words since the process began: then nobody knows which of two is the later one.
func (l *learning) update(db vtep.DatabaseID, told vtep.Locals, first func(network string) bool, now time.Time) {
	var last string
	var isFirst bool
	if told.Full {
		l.missing(db, told.MACs, now)
	}
	for _, m := range told.MACs {
		n := l.network(m.LogicalSwitch)
		if m.Endpoint == (model.VTEPAddress{}) {
			n.withdraw(db, m.MAC, now.Add(l.localHold))
		} else {
			if last != m.LogicalSwitch {
				last, isFirst = m.LogicalSwitch, first(m.LogicalSwitch)
			}
			n.learn(db, m, isFirst, now)
		}
	}
	l.floods(db, told.Flood)
}

// missing withdraws what a database no longer has.
func (l *learning) missing(db vtep.DatabaseID, told []vtep.LocalMAC, now time.Time) {
	if len(l.stated[db]) == 0 {
		return
	}
	stands := make(map[stationID]bool, len(told))
	for _, m := range told {
		stands[stationID{m.LogicalSwitch, m.MAC}] = true
	}
	l.ofDatabase(db, func(n *learnedNetwork, mac model.MAC) {
		if !stands[stationID{n.name, mac}] {
			n.withdraw(db, mac, now.Add(l.localHold))
		}
	})
}

// ofDatabase calls f for the stations of all networks that a database has a say
// in, and for some others.
func (l *learning) ofDatabase(db vtep.DatabaseID, f func(*learnedNetwork, model.MAC)) {
	for n := range l.stated[db] {
		for mac := range n.macs {
			f(n, mac)
		}
	}
}

func (l *learning) floods(db vtep.DatabaseID, told map[string][]model.VTEPAddress) {
	for _, name := range l.flooded[db] {
		if n := l.networks[name]; n != nil && told[name] == nil {
			n.setFlood(db, nil)
		}
	}
	for name, list := range told {
		l.network(name).setFlood(db, list)
	}
	if l.flooded[db] = slices.Collect(maps.Keys(told)); len(told) == 0 {
		delete(l.flooded, db)
	}
}

func (n *learnedNetwork) setFlood(db vtep.DatabaseID, list []model.VTEPAddress) {
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

// learn takes a row that stands. Only a row that was not there before takes a
// MAC away from where it is.
func (n *learnedNetwork) learn(db vtep.DatabaseID, m vtep.LocalMAC, first bool, now time.Time) {
	s := n.macs[m.MAC]
	if s == nil {
		s = &station{}
		n.macs[m.MAC] = s
	}
	h := s.at(db)
	fresh := h == nil || h.learning != m.Learning || h.Endpoint != m.Endpoint
	if !fresh {
		h.gone = 0 // the switch may be back, with the row that it had
		n.arm(m.MAC, s)
		return
	}
	n.touch(m.MAC)
	if h == nil {
		n.count(db, 1)
		s.homes = append(s.homes, home{Candidate: Candidate{MAC: m.MAC, Source: Local, Database: db}})
		h = &s.homes[len(s.homes)-1]
	}
	winner := s.winner()
	h.gone, h.learning, h.Endpoint, h.LearnedAt = 0, m.Learning, m.Endpoint, momentOf(now)
	if !first && winner.Database != db && winner.Database != 0 && !s.isFrozen(now) {
		s.move(h, winner.Endpoint, now)
		n.noteMove(m.MAC, s, now)
	}
	if was, ok := n.recalled[m.MAC]; first && ok && was.database == db {
		h.Seq = was.seq
		s.seq = max(s.seq, was.seq)
	}
	n.arm(m.MAC, s)
}

// noteMove notes that a station moved, or moved too often.
func (n *learnedNetwork) noteMove(mac model.MAC, s *station, now time.Time) {
	id := stationID{n.name, mac}
	n.moved[id] = struct{}{}
	if s.isFrozen(now) {
		n.froze = append(n.froze, id)
	}
}

// withdraw lets a database's candidate stand until the given time, or until the
// earlier one that it was given before.
func (n *learnedNetwork) withdraw(db vtep.DatabaseID, mac model.MAC, until time.Time) {
	s := n.macs[mac]
	if s == nil {
		return
	}
	if h := s.at(db); h != nil && (h.gone == 0 || until.Before(h.gone.time())) {
		h.gone = momentOf(until)
		n.arm(mac, s)
	}
}

// disconnected starts the hold of all that a database has stated.
func (l *learning) disconnected(db vtep.DatabaseID, now time.Time) {
	l.ofDatabase(db, func(n *learnedNetwork, mac model.MAC) { n.withdraw(db, mac, now.Add(l.hold)) })
}

// retainDatabases drops what is known of databases that are not registered any more.
func (l *learning) retainDatabases(registered map[vtep.DatabaseID]bool) {
	for db := range l.flooded {
		if !registered[db] {
			l.floods(db, nil)
		}
	}
	for db, of := range l.stated {
		if registered[db] {
			continue
		}
		for n := range of {
			n.drop(db)
		}
		delete(l.stated, db)
	}
}

// drop forgets what a database has stated.
func (n *learnedNetwork) drop(db vtep.DatabaseID) {
	for mac, s := range n.macs {
		if s.at(db) == nil {
			continue
		}
		s.homes = slices.DeleteFunc(s.homes, func(h home) bool { return h.Database == db })
		if n.touch(mac); len(s.homes) == 0 {
			delete(n.macs, mac)
		}
	}
}

// retain drops what is known of networks that are gone.
func (l *learning) retain(known func(network string) bool) {
	for name := range l.networks {
		if !known(name) {
			for db, of := range l.stated {
				if delete(of, l.networks[name]); len(of) == 0 {
					delete(l.stated, db)
				}
			}
			delete(l.networks, name)
			delete(l.winners, name)
			delete(l.changed, name)
		}
	}
}

// expire drops candidates whose time has come, and takes stations back to
// switches that go on having them. It returns the next time that something is
// due, zero for none.
func (l *learning) expire(now time.Time) (next time.Time) {
	for _, id := range l.deadlines.due(now) {
		n := l.networks[id.network]
		if n == nil || n.macs[id.mac] == nil || n.macs[id.mac].due.time().After(now) {
			continue
		}
		s := n.macs[id.mac]
		s.due = 0
		n.expireStation(id.mac, s, now)
		if len(s.homes) == 0 {
			delete(n.macs, id.mac)
			continue
		}
		if s.contradicted(l.contradict, now) {
			n.touch(id.mac)
			n.noteMove(id.mac, s, now)
		}
		n.arm(id.mac, s)
	}
	return l.deadlines.next()
}

// arm sees to it that a station is looked at when something is due.
func (n *learnedNetwork) arm(mac model.MAC, s *station) {
	if next := s.next(n.contradict); !next.IsZero() && (s.due == 0 || next.Before(s.due.time())) {
		s.due = momentOf(next)
		n.deadlines.add(next, stationID{n.name, mac})
	}
}

func (n *learnedNetwork) expireStation(mac model.MAC, s *station, now time.Time) {
	s.homes = slices.DeleteFunc(s.homes, func(h home) bool {
		over := h.gone != 0 && !h.gone.time().After(now)
		if over {
			n.touch(mac)
			n.count(h.Database, -1)
		}
		return over
	})
	if !s.frozen().IsZero() && !s.isFrozen(now) {
		s.thaw()
		n.touch(mac)
	}
}

// unfreeze thaws one MAC and reports whether it was frozen.
func (l *learning) unfreeze(network string, mac model.MAC, now time.Time) bool {
	n := l.networks[network]
	if n == nil || n.macs[mac] == nil || !n.macs[mac].isFrozen(now) {
		return false
	}
	n.macs[mac].thaw()
	n.touch(mac)
	n.arm(mac, n.macs[mac])
	return true
}

// snapshot gives the networks' winners. A network that has not changed gives
// the same pointer; the map is good until the next call.
func (l *learning) snapshot(now time.Time) map[string]*Learned {
	for name, n := range l.changed {
		n.current = n.build(now)
		n.staleFlood = false
		clear(n.stale)
		l.winners[name] = n.current
	}
	clear(l.changed)
	return l.winners
}

// build gives what holds now: what held before, but for what is stale.
func (n *learnedNetwork) build(now time.Time) *Learned {
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

// replaced is a list, sorted by MAC, in which the candidates of some MACs are others.
func replaced(was []Candidate, stale []model.MAC, now func(model.MAC) []Candidate) []Candidate {
	out := make([]Candidate, 0, len(was)+len(stale))
	for _, mac := range stale {
		i, _ := slices.BinarySearchFunc(was, mac, byMAC)
		out = append(append(out, was[:i]...), now(mac)...)
		was = was[i+len(of(was[i:], mac)):]
	}
	return append(out, was...)
}
