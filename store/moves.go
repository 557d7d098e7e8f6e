package store

import (
	"context"
	"time"

	"bordergw/model"
)

// moveMemory is how long the last move of a station is remembered.
const moveMemory = 24 * time.Hour

// RecordMoves remembers where stations moved to and forgets moves that are
// older than a day or of networks that are gone.
func (s *Store) RecordMoves(ctx context.Context, list []model.StationMove) error {
	return s.do(ctx, func(t *txn) error {
		for old := range t.base.Moves.All() {
			if _, ok := t.next.Networks.Get(old.NetworkID); !ok || t.now.Sub(old.MovedAt) > moveMemory {
				moves.remove(t, old.ID)
			}
		}
		for _, m := range list {
			m.Record = model.Record{ID: model.MoveID(m.NetworkID, m.MAC)}
			if old, ok := t.next.Moves.Get(m.ID); ok {
				m.Record = old.Record
			}
			m.MovedAt = wall(m.MovedAt)
			moves.put(t, &m)
		}
		return nil
	})
}
