package connector

import (
	"fmt"
	"slices"
	"sync"

	"bordergw/model"
)

// Leases have at most one Seat write a switch, whatever sessions there are: before the
// first plan it leases the names that its session announces (F-09, F-29).
type Leases struct {
	mu     sync.Mutex
	byName map[string]*Seat
	names  map[*Seat][]string
	// refused are the Seats that wait for a name that another one has.
	refused map[*Seat]DrivenElsewhere
}

// DrivenElsewhere is why a session is not used whose switch another registration
// drives: there is nothing to do until that one gives it up.
type DrivenElsewhere struct{ name, device string }

// Error implements error.
func (e DrivenElsewhere) Error() string {
	return fmt.Sprintf("switch %s is driven as device %s", e.name, e.device)
}

// NewLeases makes Leases of nothing.
func NewLeases() *Leases {
	return &Leases{byName: map[string]*Seat{}, names: map[*Seat][]string{}, refused: map[*Seat]DrivenElsewhere{}}
}

// Take replaces what the Seat has leased. It changes nothing if another Seat has one of
// the names: the error is a DrivenElsewhere, and Freed tells when that name is given up.
func (c *Leases) Take(s *Seat, names []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.refused, s)
	if slices.Equal(c.names[s], names) {
		return nil
	}
	if err := c.conflict(s, names); err != nil {
		c.refused[s] = *err
		return *err
	}
	c.drop(s)
	for _, name := range names {
		c.byName[name] = s
	}
	c.names[s] = names
	c.hintFreed()
	return nil
}

// Has reports whether the Seat has leased anything.
func (c *Leases) Has(s *Seat) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.names[s]) > 0
}

// Release gives up what the Seat has leased.
func (c *Leases) Release(s *Seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(s)
	c.hintFreed()
}

func (c *Leases) drop(s *Seat) {
	for _, name := range c.names[s] {
		delete(c.byName, name)
	}
	delete(c.names, s)
}

// hintFreed hints at the Seats that were refused a name that nobody has any more.
func (c *Leases) hintFreed() {
	for s, of := range c.refused {
		if c.byName[of.name] == nil {
			delete(c.refused, s)
			model.Hint(s.freed)
		}
	}
}

// Waits tells what the Seat was refused that another one still has; false for nothing.
func (c *Leases) Waits(s *Seat) (DrivenElsewhere, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of, ok := c.refused[s]
	return of, ok
}

// Forget has the Seat wait for no name any more.
func (c *Leases) Forget(s *Seat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.refused, s)
}

// Check tells whether the Seat could lease the names now. One that is never dialled
// gets a hint if it can not: its switch has come, and is driven elsewhere.
func (c *Leases) Check(s *Seat, names []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.conflict(s, names)
	if err == nil {
		return nil
	}
	if c.refused[s] != *err && Listens(s.device()) {
		c.refused[s] = *err
		model.Hint(s.freed)
	}
	return *err
}

// conflict finds a name that another Seat has leased.
func (c *Leases) conflict(s *Seat, names []string) *DrivenElsewhere {
	for _, name := range names {
		if owner := c.byName[name]; owner != nil && owner != s {
			return &DrivenElsewhere{name, owner.device().DisplayName()}
		}
	}
	return nil
}
