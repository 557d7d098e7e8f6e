package mactable

import (
	"cmp"
	"slices"
	"time"

	"bordergw/model"
	"bordergw/vtep"
)

// MAC is one MAC in one network.
type entry struct {
	locations []location
	seq       uint64    // highest given out
	due       Instant   // when it is to be looked at
	moved     *mobility // nil if it never was
}

// mobility is what is remembered of a MAC that moves.
type mobility struct {
	moves  []Instant
	frozen Instant // until
}

// location is a candidate as one database reports it.
type location struct {
	Candidate
	learning uint64
	// gone is when the candidate is dropped; zero while its row stands.
	gone Instant
}

func (s *entry) at(db vtep.DatabaseID) *location {
	for i := range s.locations {
		if s.locations[i].Database == db {
			return &s.locations[i]
		}
	}
	return nil
}

// winner is the best candidate; the zero one when there is none. An entry that
// was only just made and has no end point yet does not count.
func (s *entry) winner() (best Candidate) {
	for _, h := range s.locations {
		if h.Endpoint != (model.VTEPAddress{}) && (best.Database == 0 || h.Compare(best) < 0) {
			best = h.Candidate
		}
	}
	return best
}

// ranked are the candidates that have an end point, the winner first.
func (s *entry) ranked() (out []Candidate) {
	for i := range s.locations {
		if s.locations[i].Endpoint != (model.VTEPAddress{}) {
			out = append(out, s.locations[i].Candidate)
		}
	}
	slices.SortFunc(out, Candidate.Compare)
	return out
}

func (s *entry) isFrozen(now Instant) bool { return now < s.frozen() }

// frozen is until when the MAC is, or was, held where it is.
func (s *entry) frozen() Instant {
	if s.moved == nil {
		return 0
	}
	return s.moved.frozen
}

// move makes h the winner, unless the MAC has moved too often. Two
// databases with one end point are one place: the pair learns a MAC twice.
func (s *entry) move(h *location, from model.VTEPAddress, now Instant) {
	if s.moved == nil {
		s.moved = &mobility{}
	}
	m := s.moved
	m.moves = slices.DeleteFunc(m.moves, func(t Instant) bool { return now.since(t) > MoveWindow })
	if h.Endpoint != from {
		m.moves = append(m.moves, now)
	}
	if len(m.moves) > MaxMoves {
		m.frozen = now.add(FreezeTime)
		return
	}
	s.seq++
	h.Seq = s.seq
}

// thaw lets the MAC move again: the order in which it was learned, which
// did not count meanwhile, counts from now on.
func (s *entry) thaw() {
	s.moved = nil
	slices.SortStableFunc(s.locations, func(a, b location) int { return cmp.Compare(a.LearnedAt, b.LearnedAt) })
	for i := range s.locations {
		s.seq++
		s.locations[i].Seq = s.seq
	}
}

// contradicted takes a MAC back to a switch that goes on having it. A wrong
// guess ends when that switch, no longer reported otherwise, forgets the MAC;
// many make it freeze.
func (s *entry) contradicted(after time.Duration, now Instant) bool {
	h, due := s.contradiction(after)
	if h == nil || due > now || s.isFrozen(now) {
		return false
	}
	from := s.winner().Endpoint
	h.LearnedAt = now
	s.move(h, from, now)
	return true
}

// contradiction finds the row that first will have stood for long enough against
// the winner, and when. Only switches contradict: what a source answers for stands until it
// says otherwise, also when the host has left.
func (s *entry) contradiction(after time.Duration) (first *location, due Instant) {
	w := s.winner()
	if w.Database == 0 || after <= 0 {
		return nil, 0
	}
	for i := range s.locations {
		h := &s.locations[i]
		if h.Source == Remote || h.Database == w.Database || h.Endpoint == w.Endpoint || h.gone != 0 {
			continue
		}
		if at := max(h.LearnedAt, w.LearnedAt).add(after); first == nil || at < due {
			first, due = h, at
		}
	}
	return first, due
}

// next is when something is due for the MAC; zero for never.
func (s *entry) next(contradict time.Duration) (next Instant) {
	for i := range s.locations {
		next = sooner(next, s.locations[i].gone)
	}
	if until := s.frozen(); until != 0 {
		return sooner(next, until)
	}
	_, due := s.contradiction(contradict)
	return sooner(next, due)
}
