package mactable

import (
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
