package store

import (
	"maps"
	"slices"
	"time"

	"bordergw/model"
)

const (
	// moveMemory is how long the last move of a MAC is remembered; longer while a source says
	// that the MAC is elsewhere, for that stands as long as the source.
	moveMemory = 24 * time.Hour
	// maxMoves bounds the moves that are remembered, of about 300 bytes each.
	maxMoves = 100_000
)

// moveRules keep the last move of each MAC, for a day.
type moveRules struct{ tx *txn }

// record stores moves. One without a device says that the MAC is nowhere: it is forgotten.
func (r *moveRules) record(list []model.MACMove) error {
	kept := r.kept()
	for _, m := range list {
		m.Record = model.Record{ID: model.MoveID(m.NetworkID, m.MAC)}
		if m.DeviceID == "" {
			delete(kept, m.ID)
			continue
		}
		if old, ok := kept[m.ID]; ok {
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
	sets := map[string][]*model.EndpointSet{}
	for set := range r.tx.next.Endpoints.All() {
		sets[set.NetworkID] = append(sets[set.NetworkID], set)
	}
	for m := range r.tx.next.Moves.All() {
		n, ok := r.tx.next.Networks.Get(m.NetworkID)
		ok = ok && n.Seq <= m.Seq // else it was of a former network with that id
		if ok && (r.tx.now.Sub(m.MovedAt) <= moveMemory || placedElsewhere(m, sets[m.NetworkID])) {
			kept[m.ID] = m
		}
	}
	return kept
}

// placedElsewhere reports whether a source names a MAC that has moved away from where it says.
func placedElsewhere(m *model.MACMove, sets []*model.EndpointSet) bool {
	return slices.ContainsFunc(sets, func(set *model.EndpointSet) bool {
		_, names := set.Find(m.MAC)
		return names && set.ID != m.DeviceID
	})
}

// placed takes what a source says anew of MACs that had moved: it is the last move of each. A
// process that ends before its MAC table has that is not to take the MAC back.
func (r *moveRules) placed(set, old *model.EndpointSet) {
	if r.tx.next.Moves.Len() == 0 {
		return
	}
	changed := map[string]*model.MACMove{}
	for _, now := range set.MovedSince(old) {
		was, ok := r.tx.next.Moves.Get(model.MoveID(set.NetworkID, now.MAC))
		gone := now.VTEPAddress == (model.VTEPAddress{})
		switch {
		case !ok || gone && was.DeviceID != set.ID:
		case gone:
			changed[was.ID] = nil
		default:
			m := *was
			m.DeviceID, m.VTEPAddress, m.MovedAt = set.ID, now.VTEPAddress, wall(r.tx.now)
			m.Number++
			changed[m.ID] = &m
		}
	}
	if len(changed) == 0 {
		return
	}
	moves.rewrite(r.tx, func(m *model.MACMove) *model.MACMove {
		if now, ok := changed[m.ID]; ok {
			return now
		}
		return m
	})
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
