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
	// Flood are the end points that switches asked to be flooded at.
	Flood map[vtep.DatabaseID][]model.VTEPAddress
	// Frozen MACs moved too often; their winner stands still.
	Frozen []model.MAC
}

// learning is the candidate table of all networks: the one place where the home
// of a learned MAC is decided. It takes the time as an argument and has no
// goroutine; the Loop guards it.
type learning struct {
	localHold, hold time.Duration
	contradict      time.Duration // contradictTime; 0 for never
	networks        map[string]*learnedNetwork
}

type learnedNetwork struct {
	macs  map[model.MAC]*station
	flood map[vtep.DatabaseID][]model.VTEPAddress
	// current is dropped by every change and made anew when asked for.
	current *Learned
	// moved are the stations that moved since drainMoves was last called;
	// recalled is where stations were when an earlier process ended.
	moved    map[model.MAC]struct{}
	recalled map[model.MAC]recalledHome
}

// recalledHome is a winner from before the process began.
type recalledHome struct {
	database vtep.DatabaseID
	seq      uint64
}

// station is one MAC in one network.
type station struct {
	homes  []home
	seq    uint64 // highest given out
	moves  []time.Time
	frozen time.Time // until
}

// home is a candidate as one database states it.
type home struct {
	Candidate
	learning uint64
	// gone is when the candidate is dropped; zero while its row stands.
	gone time.Time
}

func newLearning(localHold, hold, contradict time.Duration) *learning {
	return &learning{localHold: localHold, hold: hold, contradict: contradict, networks: map[string]*learnedNetwork{}}
}

func (l *learning) network(name string) *learnedNetwork {
	n := l.networks[name]
	if n == nil {
		n = &learnedNetwork{
			macs: map[model.MAC]*station{}, flood: map[vtep.DatabaseID][]model.VTEPAddress{},
			moved: map[model.MAC]struct{}{}, recalled: map[model.MAC]recalledHome{},
		}
		l.networks[name] = n
	}
	return n
}

// update takes what a database says. first marks the first word of a database
// since the process began: then nobody knows which of two is the later one.
func (l *learning) update(db vtep.DatabaseID, told vtep.Locals, first bool, now time.Time) {
	if told.Full {
		l.missing(db, told.MACs, now)
	}
	for _, m := range told.MACs {
		n := l.network(m.LogicalSwitch)
		if m.Endpoint == (model.VTEPAddress{}) {
			n.withdraw(db, m.MAC, now.Add(l.localHold))
		} else {
			n.learn(db, m, first, now)
		}
	}
	l.floods(db, told.Flood)
}

// missing withdraws what a database no longer has.
func (l *learning) missing(db vtep.DatabaseID, told []vtep.LocalMAC, now time.Time) {
	stands := make(map[string]map[model.MAC]bool)
	for _, m := range told {
		if stands[m.LogicalSwitch] == nil {
			stands[m.LogicalSwitch] = map[model.MAC]bool{}
		}
		stands[m.LogicalSwitch][m.MAC] = true
	}
	for name, n := range l.networks {
		for mac := range n.macs {
			if !stands[name][mac] {
				n.withdraw(db, mac, now.Add(l.localHold))
			}
		}
	}
}

func (l *learning) floods(db vtep.DatabaseID, told map[string][]model.VTEPAddress) {
	for name, list := range told {
		l.network(name).setFlood(db, list)
	}
	for name, n := range l.networks {
		if _, ok := told[name]; !ok {
			n.setFlood(db, nil)
		}
	}
}

func (n *learnedNetwork) setFlood(db vtep.DatabaseID, list []model.VTEPAddress) {
	if slices.Equal(n.flood[db], list) {
		return
	}
	n.current = nil
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
	if !fresh && h.gone.IsZero() {
		return
	}
	if !fresh {
		h.gone = time.Time{} // the switch is back, with the row that it had
		return
	}
	n.current = nil
	if h == nil {
		s.homes = append(s.homes, home{Candidate: Candidate{MAC: m.MAC, Source: Local, Database: db}})
		h = &s.homes[len(s.homes)-1]
	}
	winner := s.winner()
	h.gone, h.learning, h.Endpoint, h.LearnedAt = time.Time{}, m.Learning, m.Endpoint, now
	if !first && winner.Database != db && winner.Database != 0 && !s.isFrozen(now) {
		s.move(h, winner.Endpoint, now)
		n.moved[m.MAC] = struct{}{}
	}
	if was, ok := n.recalled[m.MAC]; first && ok && was.database == db {
		h.Seq = was.seq
		s.seq = max(s.seq, was.seq)
	}
}

// move makes h the winner, unless the station has moved too often. Two
// databases with one end point are one place: the pair learns a station twice.
func (s *station) move(h *home, from model.VTEPAddress, now time.Time) {
	s.moves = slices.DeleteFunc(s.moves, func(t time.Time) bool { return now.Sub(t) > moveWindow })
	if h.Endpoint != from {
		s.moves = append(s.moves, now)
	}
	if len(s.moves) > maxMoves {
		s.frozen = now.Add(freezeTime)
		return
	}
	s.seq++
	h.Seq = s.seq
}

func (s *station) isFrozen(now time.Time) bool { return now.Before(s.frozen) }

func (s *station) at(db vtep.DatabaseID) *home {
	for i := range s.homes {
		if s.homes[i].Database == db {
			return &s.homes[i]
		}
	}
	return nil
}

// winner is the best candidate; the zero one when there is none. An entry that
// was only just made and has no end point yet does not count.
func (s *station) winner() (best Candidate) {
	for _, h := range s.homes {
		if h.Endpoint != (model.VTEPAddress{}) && (best.Database == 0 || h.compare(best) < 0) {
			best = h.Candidate
		}
	}
	return best
}

// withdraw lets a database's candidate stand until the given time, or until the
// earlier one that it was given before.
func (n *learnedNetwork) withdraw(db vtep.DatabaseID, mac model.MAC, until time.Time) {
	if s := n.macs[mac]; s != nil {
		if h := s.at(db); h != nil && (h.gone.IsZero() || until.Before(h.gone)) {
			h.gone = until
		}
	}
}

// disconnected starts the hold of all that a database has stated.
func (l *learning) disconnected(db vtep.DatabaseID, now time.Time) {
	for _, n := range l.networks {
		for mac := range n.macs {
			n.withdraw(db, mac, now.Add(l.hold))
		}
	}
}

// retain drops what is known of networks that are gone.
func (l *learning) retain(known func(network string) bool) {
	maps.DeleteFunc(l.networks, func(name string, _ *learnedNetwork) bool { return !known(name) })
}

// expire drops candidates whose time has come. It returns the next time that
// something is due, zero for none.
func (l *learning) expire(now time.Time) (next time.Time) {
	for _, n := range l.networks {
		for mac, s := range n.macs {
			next = earlier(next, n.expireStation(mac, s, now))
			if l.contradict > 0 {
				next = earlier(next, n.contradicted(mac, s, l.contradict, now))
			}
		}
	}
	return next
}

func (n *learnedNetwork) expireStation(mac model.MAC, s *station, now time.Time) (next time.Time) {
	before := len(s.homes)
	s.homes = slices.DeleteFunc(s.homes, func(h home) bool { return !h.gone.IsZero() && !h.gone.After(now) })
	if len(s.homes) != before {
		n.current = nil
	}
	if len(s.homes) == 0 {
		delete(n.macs, mac)
		return time.Time{}
	}
	for _, h := range s.homes {
		if !h.gone.IsZero() && (next.IsZero() || h.gone.Before(next)) {
			next = h.gone
		}
	}
	if s.isFrozen(now) && (next.IsZero() || s.frozen.Before(next)) {
		next = s.frozen
	}
	if !s.frozen.IsZero() && !s.isFrozen(now) {
		s.thaw()
		n.current = nil
	}
	return next
}

// contradicted takes a station back to a switch that goes on having it, and
// tells when one will have had it for long enough. A wrong guess ends when that
// switch, no longer told otherwise, forgets the station; many make it freeze.
func (n *learnedNetwork) contradicted(mac model.MAC, s *station, after time.Duration, now time.Time) (next time.Time) {
	w := s.winner()
	if w.Database == 0 || s.isFrozen(now) {
		return time.Time{}
	}
	for i := range s.homes {
		h := &s.homes[i]
		if h.Database == w.Database || h.Endpoint == w.Endpoint || !h.gone.IsZero() {
			continue
		}
		due := later(h.LearnedAt, w.LearnedAt).Add(after)
		if due.After(now) {
			next = earlier(next, due)
			continue
		}
		n.current = nil
		h.LearnedAt = now
		s.move(h, w.Endpoint, now)
		n.moved[mac] = struct{}{}
		return now.Add(after)
	}
	return next
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// thaw lets the station move again: the order in which it was learned, which
// did not count meanwhile, counts from now on.
func (s *station) thaw() {
	s.frozen, s.moves = time.Time{}, nil
	slices.SortStableFunc(s.homes, func(a, b home) int { return a.LearnedAt.Compare(b.LearnedAt) })
	for i := range s.homes {
		s.seq++
		s.homes[i].Seq = s.seq
	}
}

// unfreeze thaws one MAC and reports whether it was frozen.
func (l *learning) unfreeze(network string, mac model.MAC, now time.Time) bool {
	n := l.networks[network]
	if n == nil || n.macs[mac] == nil || !n.macs[mac].isFrozen(now) {
		return false
	}
	n.macs[mac].thaw()
	n.current = nil
	return true
}

// snapshot gives the networks' winners. A network that has not changed gives
// the same pointer.
func (l *learning) snapshot(now time.Time) map[string]*Learned {
	out := make(map[string]*Learned, len(l.networks))
	for name, n := range l.networks {
		if n.current == nil {
			n.current = n.build(now)
		}
		out[name] = n.current
	}
	return out
}

func (n *learnedNetwork) build(now time.Time) *Learned {
	out := &Learned{Winners: make([]Candidate, 0, len(n.macs)), Flood: maps.Clone(n.flood)}
	for mac, s := range n.macs {
		if w := s.winner(); w.Database != 0 {
			out.Winners = append(out.Winners, w)
		}
		if s.isFrozen(now) {
			out.Frozen = append(out.Frozen, mac)
		}
	}
	slices.SortFunc(out.Winners, func(a, b Candidate) int { return a.MAC.Compare(b.MAC) })
	slices.SortFunc(out.Frozen, model.MAC.Compare)
	return out
}
