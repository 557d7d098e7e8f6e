package reconcile

import (
	"slices"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// station is one MAC in one network.
type station struct {
	homes  []home
	seq    uint64 // highest given out
	moves  []time.Time
	frozen time.Time // until
	due    time.Time // when it is to be looked at; zero for never
}

// home is a candidate as one database states it.
type home struct {
	Candidate
	learning uint64
	// gone is when the candidate is dropped; zero while its row stands.
	gone time.Time
}

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

func (s *station) isFrozen(now time.Time) bool { return now.Before(s.frozen) }

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

// contradicted takes a station back to a switch that goes on having it. A wrong
// guess ends when that switch, no longer told otherwise, forgets the station;
// many make it freeze.
func (s *station) contradicted(after time.Duration, now time.Time) bool {
	h, due := s.contradiction(after)
	if h == nil || due.After(now) || s.isFrozen(now) {
		return false
	}
	from := s.winner().Endpoint
	h.LearnedAt = now
	s.move(h, from, now)
	return true
}

// contradiction finds the row that first will have stood for long enough against
// the winner, and when.
func (s *station) contradiction(after time.Duration) (first *home, due time.Time) {
	w := s.winner()
	if w.Database == 0 || after <= 0 {
		return nil, time.Time{}
	}
	for i := range s.homes {
		h := &s.homes[i]
		if h.Database == w.Database || h.Endpoint == w.Endpoint || !h.gone.IsZero() {
			continue
		}
		if at := later(h.LearnedAt, w.LearnedAt).Add(after); first == nil || at.Before(due) {
			first, due = h, at
		}
	}
	return first, due
}

// next is when something is due for the station; zero for never.
func (s *station) next(contradict time.Duration) (next time.Time) {
	for i := range s.homes {
		next = earlier(next, s.homes[i].gone)
	}
	if !s.frozen.IsZero() {
		return earlier(next, s.frozen)
	}
	_, due := s.contradiction(contradict)
	return earlier(next, due)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
