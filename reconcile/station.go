package reconcile

import (
	"cmp"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// station is one MAC in one network.
type station struct {
	homes []home
	seq   uint64  // highest given out
	due   moment  // when it is to be looked at
	moved *motion // nil if it never was
}

// motion is what is remembered of a station that moves.
type motion struct {
	moves  []moment
	frozen moment // until
}

// home is a candidate as one database states it.
type home struct {
	Candidate
	learning uint64
	// gone is when the candidate is dropped; zero while its row stands.
	gone moment
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

// ranked are the candidates that have an end point, the winner first.
func (s *station) ranked() (out []Candidate) {
	for i := range s.homes {
		if s.homes[i].Endpoint != (model.VTEPAddress{}) {
			out = append(out, s.homes[i].Candidate)
		}
	}
	slices.SortFunc(out, Candidate.compare)
	return out
}

func (s *station) isFrozen(now time.Time) bool { return now.Before(s.frozen()) }

// frozen is until when the station is, or was, held where it is.
func (s *station) frozen() time.Time {
	if s.moved == nil {
		return time.Time{}
	}
	return s.moved.frozen.time()
}

// move makes h the winner, unless the station has moved too often. Two
// databases with one end point are one place: the pair learns a station twice.
func (s *station) move(h *home, from model.VTEPAddress, now time.Time) {
	if s.moved == nil {
		s.moved = &motion{}
	}
	m := s.moved
	m.moves = slices.DeleteFunc(m.moves, func(t moment) bool { return now.Sub(t.time()) > moveWindow })
	if h.Endpoint != from {
		m.moves = append(m.moves, momentOf(now))
	}
	if len(m.moves) > maxMoves {
		m.frozen = momentOf(now.Add(freezeTime))
		return
	}
	s.seq++
	h.Seq = s.seq
}

// thaw lets the station move again: the order in which it was learned, which
// did not count meanwhile, counts from now on.
func (s *station) thaw() {
	s.moved = nil
	slices.SortStableFunc(s.homes, func(a, b home) int { return cmp.Compare(a.LearnedAt, b.LearnedAt) })
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
	h.LearnedAt = momentOf(now)
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
		if h.Database == w.Database || h.Endpoint == w.Endpoint || h.gone != 0 {
			continue
		}
		if at := max(h.LearnedAt, w.LearnedAt).time().Add(after); first == nil || at.Before(due) {
			first, due = h, at
		}
	}
	return first, due
}

// next is when something is due for the station; zero for never.
func (s *station) next(contradict time.Duration) (next time.Time) {
	for i := range s.homes {
		next = earlier(next, s.homes[i].gone.time())
	}
	if until := s.frozen(); !until.IsZero() {
		return earlier(next, until)
	}
	_, due := s.contradiction(contradict)
	return earlier(next, due)
}
