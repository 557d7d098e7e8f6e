package mactable

import (
	"slices"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// maxMoved bounds the moves that wait to be taken: as many as the store remembers. What
// is lost beyond costs a MAC its location after a restart.
const maxMoved = 100_000

// Move is where a MAC that moved is now.
type Move struct {
	Key
	// Database is 0 if the MAC is nowhere.
	Database vtep.DatabaseID
	Endpoint model.VTEPAddress
	// Seq is the sequence number of the move.
	Seq uint64
}

// Moved reports whether there is anything for TakeMoves.
func (l *Table) Moved() bool { return len(l.moved) > 0 }

// TakeMoves returns the MACs that moved since it was last called, and those that had moved
// before and are elsewhere now because a switch has lost them.
func (l *Table) TakeMoves() (out []Move) {
	for id := range l.moved {
		n := l.networks[id.Network]
		if n == nil {
			continue
		}
		var w Candidate
		if s := n.macs[id.MAC]; s != nil {
			w = s.winner()
		}
		out = append(out, Move{Key: id, Database: w.Database, Endpoint: w.Endpoint, Seq: w.Seq})
	}
	clear(l.moved)
	return out
}

// TakeFrozen returns the MACs that froze since it was last called.
func (l *Table) TakeFrozen() []Key {
	frozen := l.newlyFrozen
	l.newlyFrozen = nil
	return frozen
}

// Frozen returns the frozen MACs of a network, as of the last Snapshot.
func (l *Table) Frozen(network string) []model.MAC {
	if w := l.winners.Get(network); w != nil {
		return w.Frozen
	}
	return nil
}

// CountFrozen returns the number of frozen MACs, as of the last Snapshot.
func (l *Table) CountFrozen() (n int) {
	for _, w := range l.winners.All() {
		n += len(w.Frozen)
	}
	return n
}

// Known is what is known of one MAC, as of now.
type Known struct {
	// Places are where it is shown, the winner first.
	Places []KnownPlace
	// Frozen is until when it stands still, zero if it does not.
	Frozen time.Time
}

// KnownPlace is a candidate with its times.
type KnownPlace struct {
	Candidate
	// Since is when it was learned there, Gone when it is dropped: zero while its row stands.
	Since, Gone time.Time
}

// Known tells what is known of a MAC, nothing if it is nowhere.
func (l *Table) Known(id Key, at time.Time) (out Known) {
	n := l.networks[id.Network]
	if n == nil || n.macs[id.MAC] == nil {
		return out
	}
	s := n.macs[id.MAC]
	if s.isFrozen(l.instant(at)) {
		out.Frozen = l.time(s.frozen())
	}
	for i := range s.locations {
		if h := &s.locations[i]; h.Endpoint != (model.VTEPAddress{}) {
			out.Places = append(out.Places, KnownPlace{h.Candidate, l.time(h.LearnedAt), l.time(h.gone)})
		}
	}
	slices.SortFunc(out.Places, func(a, b KnownPlace) int { return a.Compare(b.Candidate) })
	return out
}
