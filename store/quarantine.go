package store

import (
	"context"

	"bordergw/model"
)

// Quarantine lists the numbers that are kept from other networks, the oldest first,
// with the reason.
func (s *Store) Quarantine() []model.Quarantined {
	defs, out := s.Definitions(), []model.Quarantined{}
	for r := range defs.Released.All() {
		q := model.Quarantined{Released: *r, FreeAt: r.ReleasedAt.Add(s.opts.VNIQuarantine)}
		q.StillSeen = r.VNI != 0 && s.sightings.of(r.VNI, r.NetworkID)
		_, exists := defs.Networks.Get(r.NetworkID)
		q.NetworkDeleted = !exists
		if q.StillSeen || s.steady().Before(q.FreeAt) {
			out = append(out, q)
		}
	}
	return out
}

// EndQuarantine frees a number that networks have given up, before its time: of the
// network with that id, or of all for "". That no switch uses it any more is then the
// word of who asks. It is refused as not found when the number is not in quarantine.
func (s *Store) EndQuarantine(ctx context.Context, w model.WireID, network string) error {
	return s.do(ctx, func(t *txn) error {
		var ids []string
		for r := range t.next.Released.All() {
			if r.WireID == w && (network == "" || r.NetworkID == network) {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) == 0 {
			return model.ErrNotInQuarantine(w, network)
		}
		t.endsQuarantine = true
		for _, id := range ids {
			released.remove(t, id)
		}
		return nil
	})
}
