package mactable

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// Times and bounds of learned MACs.
const (
	// DefaultLocalHold keeps a MAC whose row has vanished: a MAC that ages out is often
	// back at once.
	DefaultLocalHold = 4 * time.Second
	// DefaultHold keeps the MACs of a switch that cannot be reached: its data plane most
	// likely still runs.
	DefaultHold = 300 * time.Second
	// A MAC that moves more than MaxMoves times within MoveWindow is in two places, or
	// there is a loop. It is frozen where it is for FreezeTime.
	MaxMoves   = 5
	MoveWindow = 180 * time.Second
	FreezeTime = 180 * time.Second
	// ContradictTime is when a row of the old switch that still stands after a move is
	// believed. That switch knows the new location from us and keeps its row all the
	// same: the host came back before the switch missed it.
	ContradictTime = 10 * time.Second
)

// Learned is what all switches learned in one network: one winner for each MAC. It is
// immutable.
type Learned struct {
	Winners []Candidate // sorted by MAC
	// Others are the candidates that did not win, sorted by MAC, the best of each MAC
	// first. One of them counts when the winner's switch is no member of the network.
	Others []Candidate
	// Flood has the end points that switches ask to be flooded at (Mcast_Macs_Local).
	Flood map[vtep.DatabaseID][]model.VTEPAddress
	// Frozen MACs moved too often; their winner stands still.
	Frozen []model.MAC
}

// Table is the candidate table of all networks: the one place that decides where a
// learned MAC is.
type Table struct {
	epoch           time.Time // of all Instants
	localHold, hold time.Duration
	contradict      time.Duration // contradictTime; 0 for never
	networks        map[string]*networkTable
	// winners is the last Snapshot; changed are the networks that changed since.
	winners Winners
	changed map[string]*networkTable
	made    []string // since TakeMade
	// reported counts, for each database, the MACs that it reports of a network; flooded
	// are the networks for which it names end points.
	reported map[vtep.DatabaseID]map[*networkTable]int
	flooded  map[vtep.DatabaseID]map[string]struct{}
	// moved are the MACs that moved since TakeMoves was last called, maxMoved at most.
	moved       map[Key]struct{}
	newlyFrozen []Key // since remember last reported of them
	deadlines   deadlines
	// recalledOf lists, by database, what was recalled. It is held until recallHold.
	recalledOf map[vtep.DatabaseID][]Key
	recallHold Instant
}

// Key is one MAC in one network.
type Key struct {
	Network string
	MAC     model.MAC
}

func New(epoch time.Time, localHold, hold, contradict time.Duration) *Table {
	return &Table{
		epoch: epoch, localHold: localHold, hold: hold, contradict: contradict,
		networks: map[string]*networkTable{}, changed: map[string]*networkTable{},
		reported: map[vtep.DatabaseID]map[*networkTable]int{}, flooded: map[vtep.DatabaseID]map[string]struct{}{}, moved: map[Key]struct{}{},
		recalledOf: map[vtep.DatabaseID][]Key{},
	}
}

func (l *Table) network(name string) *networkTable {
	n := l.networks[name]
	if n == nil {
		n = &networkTable{
			Table: l, name: name, macs: map[model.MAC]*entry{},
			flood: map[vtep.DatabaseID][]model.VTEPAddress{}, stale: map[model.MAC]struct{}{}, recalled: map[model.MAC]recalledLocation{},
		}
		l.networks[name], l.changed[name] = n, n
		l.made = append(l.made, name)
	}
	return n
}

// Update takes what a database reports. first reports whether these are the first MACs
// that it reports of a network since the process began: then nobody knows which of two
// locations is the later one.
func (l *Table) Update(db vtep.DatabaseID, reported vtep.Locals, first func(network string) bool, at time.Time) {
	now := l.instant(at)
	var last string
	var isFirst bool
	l.withdrawMissing(db, l.reportedWhole(db, reported), reported.MACs, now)
	for _, m := range reported.MACs {
		n := l.network(m.LogicalSwitch)
		if m.Endpoint == (model.VTEPAddress{}) {
			n.withdraw(db, m.MAC, now.add(l.localHold))
		} else {
			if last != m.LogicalSwitch {
				last, isFirst = m.LogicalSwitch, first(m.LogicalSwitch)
			}
			n.learn(location{Candidate: Candidate{MAC: m.MAC, Source: Local, Database: db, Endpoint: m.Endpoint}, learning: m.Learning}, isFirst, now)
		}
	}
	if reported.Full {
		l.forgetRecalled(db)
		l.floods(db, reported.Flood)
		return
	}
	for name, list := range reported.Flood {
		l.flood(db, name, list)
	}
}

// reportedWhole are the networks in which a database had MACs, and of which it reports all that
// it has now.
func (l *Table) reportedWhole(db vtep.DatabaseID, reported vtep.Locals) (out []*networkTable) {
	if reported.Full {
		return slices.Collect(maps.Keys(l.reported[db]))
	}
	for name := range reported.Whole {
		if n := l.networks[name]; n != nil && l.reported[db][n] > 0 {
			out = append(out, n)
		}
	}
	return out
}

// Place takes what has changed of the MACs that a source outside answers for in a network.
// The source is numbered like a database. A MAC without VTEPAddress is gone at once: the
// source knows. first reports whether it is the first that the process hears of the source,
// so that nobody knows whether a switch has learned the MAC since.
func (l *Table) Place(source vtep.DatabaseID, network string, changed []model.EndpointMAC, first bool, at time.Time) {
	now := l.instant(at)
	n := l.network(network)
	for i := range changed {
		m := &changed[i]
		if m.VTEPAddress == (model.VTEPAddress{}) {
			n.withdraw(source, m.MAC, now)
			continue
		}
		n.learn(location{Candidate: Candidate{MAC: m.MAC, Source: Remote, Database: source, Endpoint: m.VTEPAddress}}, first, now)
	}
}

// withdrawMissing withdraws the MACs of networks that a database no longer has.
func (l *Table) withdrawMissing(db vtep.DatabaseID, of []*networkTable, reported []vtep.LocalMAC, now Instant) {
	if len(of) == 0 {
		return
	}
	stands := make(map[Key]bool, len(reported))
	for _, m := range reported {
		stands[Key{m.LogicalSwitch, m.MAC}] = true
	}
	for _, n := range of {
		for mac := range n.macs {
			if !stands[Key{n.name, mac}] {
				n.withdraw(db, mac, now.add(l.localHold))
			}
		}
	}
}

// ofDatabase calls f for all MACs of the networks in which a database reports any.
func (l *Table) ofDatabase(db vtep.DatabaseID, f func(*networkTable, model.MAC)) {
	for n := range l.reported[db] {
		for mac := range n.macs {
			f(n, mac)
		}
	}
}

func (l *Table) floods(db vtep.DatabaseID, reported map[string][]model.VTEPAddress) {
	for name := range l.flooded[db] {
		if len(reported[name]) == 0 {
			l.flood(db, name, nil)
		}
	}
	for name, list := range reported {
		l.flood(db, name, list)
	}
}

// flood takes the end points that a database names in a network.
func (l *Table) flood(db vtep.DatabaseID, network string, list []model.VTEPAddress) {
	if len(list) > 0 {
		if l.flooded[db] == nil {
			l.flooded[db] = map[string]struct{}{}
		}
		l.flooded[db][network] = struct{}{}
		l.network(network).setFlood(db, list)
		return
	}
	if n := l.networks[network]; n != nil {
		n.setFlood(db, nil)
	}
	if delete(l.flooded[db], network); len(l.flooded[db]) == 0 {
		delete(l.flooded, db)
	}
}

// Disconnected starts the hold of all that a database has reported.
func (l *Table) Disconnected(db vtep.DatabaseID, at time.Time) {
	now := l.instant(at)
	l.ofDatabase(db, func(n *networkTable, mac model.MAC) { n.withdraw(db, mac, now.add(l.hold)) })
}

// RetainDatabases drops what is known of databases that are not registered any more.
func (l *Table) RetainDatabases(registered map[vtep.DatabaseID]bool) {
	for db := range l.flooded {
		if !registered[db] {
			l.floods(db, nil)
		}
	}
	for db, of := range l.reported {
		if registered[db] {
			continue
		}
		for n := range of {
			n.drop(db)
		}
		delete(l.reported, db)
	}
}

// TakeMade returns the networks that have come into the table since it was last called: who
// reported of them may not have known yet that they are gone.
func (l *Table) TakeMade() []string {
	made := l.made
	l.made = nil
	return made
}

// Forget drops what is known of a network.
func (l *Table) Forget(network string) {
	n := l.networks[network]
	if n == nil {
		return
	}
	for db, of := range l.reported {
		if delete(of, n); len(of) == 0 {
			delete(l.reported, db)
		}
	}
	for db := range n.flood {
		l.flood(db, network, nil)
	}
	delete(l.networks, network)
	delete(l.changed, network)
	l.winners = l.winners.without(network)
}

// Expire drops candidates whose time has come, and moves a MAC back to a switch that
// goes on having it. It returns when the next entry is due, zero for
// never.
func (l *Table) Expire(at time.Time) (next time.Time) {
	now := l.instant(at)
	for _, id := range l.deadlines.due(now) {
		n := l.networks[id.Network]
		if n == nil || n.macs[id.MAC] == nil || n.macs[id.MAC].due > now {
			continue
		}
		s := n.macs[id.MAC]
		s.due = 0
		was := s.winner().Database
		n.expireEntry(id.MAC, s, now)
		n.noteLocation(id.MAC, s, was)
		if len(s.locations) == 0 {
			delete(n.macs, id.MAC)
			continue
		}
		if s.contradicted(l.contradict, now) {
			n.touch(id.MAC)
			n.noteMove(id.MAC, s, now)
		}
		n.arm(id.MAC, s)
	}
	return l.time(l.deadlines.next())
}

// Unfreeze thaws one MAC and reports whether it was frozen.
func (l *Table) Unfreeze(network string, mac model.MAC, at time.Time) bool {
	now := l.instant(at)
	n := l.networks[network]
	if n == nil || n.macs[mac] == nil || !n.macs[mac].isFrozen(now) {
		return false
	}
	n.macs[mac].thaw()
	n.touch(mac)
	n.arm(mac, n.macs[mac])
	return true
}

// Snapshot returns what all switches learned, by network. A network that has not
// changed has the same pointer as before.
func (l *Table) Snapshot(at time.Time) Winners {
	now, news := l.instant(at), make(map[string]*Learned, len(l.changed))
	for name, n := range l.changed {
		n.current = n.build(now)
		n.staleFlood = false
		clear(n.stale)
		news[name] = n.current
	}
	clear(l.changed)
	l.winners = l.winners.With(news)
	return l.winners
}

// instant and time convert at the border of the package.
func (l *Table) instant(at time.Time) Instant {
	if at.IsZero() {
		return 0
	}
	return cmp.Or(Instant(at.Sub(l.epoch)), 1)
}

func (l *Table) time(i Instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return l.epoch.Add(time.Duration(i))
}
