package store

import (
	"maps"
	"slices"
	"time"

	"bordergw/model"
)

const (
	// moveMemory is how long the last move of a MAC is remembered.
	moveMemory = 24 * time.Hour
	// maxMoves bounds the moves that are remembered, of about 300 bytes each.
	maxMoves = 100_000
)

// moveRules keep the last move of each MAC, for a day.
type moveRules struct{ tx *txn }

func (r *moveRules) record(list []model.MACMove) error {
	kept := r.kept()
	for _, m := range list {
		m.Record = model.Record{ID: model.MoveID(m.NetworkID, m.MAC)}
		if old, ok := r.tx.next.Moves.Get(m.ID); ok {
			m.Record = old.Record
		}
		m.MovedAt = wall(m.MovedAt)
		kept[m.ID] = &m
	}
	dropOldest(kept, len(kept)-maxMoves)
	moves.become(r.tx, kept)
	return nil
}

// kept are those that are not to be forgotten, by id.
func (r *moveRules) kept() map[string]*model.MACMove {
	kept := make(map[string]*model.MACMove, r.tx.next.Moves.Len())
	for m := range r.tx.next.Moves.All() {
		if _, ok := r.tx.next.Networks.Get(m.NetworkID); ok && r.tx.now.Sub(m.MovedAt) <= moveMemory {
			kept[m.ID] = m
		}
	}
	return kept
}

// dropOldest takes out that many moves, none if that is negative.
func dropOldest(of map[string]*model.MACMove, n int) {
	if n <= 0 {
		return
	}
	byAge := slices.SortedFunc(maps.Values(of), func(a, b *model.MACMove) int { return a.MovedAt.Compare(b.MovedAt) })
	for _, m := range byAge[:n] {
		delete(of, m.ID)
	}
}
