package store

import (
	"context"
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

// RecordMoves stores the last moves of MACs. It forgets moves that are older than a
// day or of networks that are gone, and the oldest where there are too many.
func (s *Store) RecordMoves(ctx context.Context, list []model.MACMove) error {
	return s.do(ctx, func(t *txn) error {
		kept := t.keptMoves()
		for _, m := range list {
			m.Record = model.Record{ID: model.MoveID(m.NetworkID, m.MAC)}
			if old, ok := t.next.Moves.Get(m.ID); ok {
				m.Record = old.Record
			}
			m.MovedAt = wall(m.MovedAt)
			kept[m.ID] = &m
		}
		dropOldest(kept, len(kept)-maxMoves)
		moves.become(t, kept)
		return nil
	})
}

// keptMoves are those that are not to be forgotten, by id.
func (t *txn) keptMoves() map[string]*model.MACMove {
	kept := make(map[string]*model.MACMove, t.next.Moves.Len())
	for m := range t.next.Moves.All() {
		if _, ok := t.next.Networks.Get(m.NetworkID); ok && t.now.Sub(m.MovedAt) <= moveMemory {
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
