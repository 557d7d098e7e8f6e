package ovsdb

import (
	"errors"
	"sync"
	"sync/atomic"
)

// ErrBudget is in the reason of a session that ended because all that share its Budget
// took too much.
var ErrBudget = errors.New("the switches that no device stands for take too much memory together")

// Budget bounds the memory of sessions together, in bytes, about. Where it is exceeded,
// sessions that are to spare end, the largest first; if there are none, the one that
// asks for more does.
type Budget struct {
	most   int64
	mu     sync.Mutex
	taken  int64
	shares map[*Share]struct{}
}

// NewBudget is a Budget of that many bytes.
func NewBudget(most int64) *Budget { return &Budget{most: most, shares: map[*Share]struct{}{}} }

// Share is what one session takes. A nil Share has no bound.
type Share struct {
	of   *Budget
	end  func()
	held atomic.Int64
	in   atomic.Bool // it is one of the Budget's

	// Under the Budget's lock.
	counted int64 // of held
	spare   bool
	ended   bool
}

// Share gives a share to a session, which end ends. It must not wait for the session.
func (b *Budget) Share(end func()) *Share {
	s := &Share{of: b, end: end}
	s.Join()
	return s
}

// Add notes that the session takes more, or less. An error means that it has to end.
func (s *Share) Add(n int64) error {
	if s == nil || n == 0 {
		return nil
	}
	s.held.Add(n)
	if !s.in.Load() {
		return nil
	}
	return s.of.settle(s)
}

// Spare says whether the session may be ended for the sake of others.
func (s *Share) Spare(is bool) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.spare = is
}

// Leave takes the session out of the Budget.
func (s *Share) Leave() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.drop(s)
}

// Ended reports whether the session was ended for the sake of others.
func (s *Share) Ended() bool {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	return s.ended
}

// Join counts the session again.
func (s *Share) Join() {
	s.of.mu.Lock()
	s.of.shares[s] = struct{}{}
	s.spare = false
	s.in.Store(true)
	s.of.mu.Unlock()
	_ = s.of.settle(s) // if there is no room, the next one that asks for more ends
}

func (b *Budget) drop(s *Share) {
	b.taken -= s.counted
	s.counted = 0
	s.in.Store(false)
	delete(b.shares, s)
}

// settle counts what a share holds now, and makes room for it.
func (b *Budget) settle(s *Share) error {
	ended, err := b.count(s)
	for _, o := range ended {
		o.end()
	}
	return err
}

func (b *Budget) count(s *Share) (ended []*Share, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !s.in.Load() {
		return nil, nil
	}
	grown := s.held.Load() - s.counted
	b.taken += grown
	s.counted += grown
	for b.taken > b.most && grown > 0 {
		o := b.largestSpare()
		if o == nil || o == s {
			return ended, ErrBudget
		}
		b.drop(o)
		o.ended = true
		ended = append(ended, o)
	}
	return ended, nil
}

func (b *Budget) largestSpare() (largest *Share) {
	for o := range b.shares {
		if o.spare && (largest == nil || o.counted > largest.counted) {
			largest = o
		}
	}
	return largest
}
