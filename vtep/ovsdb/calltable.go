package ovsdb

import (
	"sync"
	"time"
)

// callTable holds the calls whose outcome is open. Whoever takes a call out decides its
// outcome, so that each has one. It also keeps the order between a call and the one that
// follows it: that one is released once, after the reply. Safe for concurrent use.
type callTable struct {
	mu     sync.Mutex
	lastID uint64
	byID   map[uint64]*trip
}

// add gives a call its id.
func (c *callTable) add(t *trip) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.id = c.newID()
	c.byID[t.id] = t
}

// newID is called with mu held.
func (c *callTable) newID() uint64 {
	c.lastID++
	return c.lastID
}

// take removes a call, nil if somebody else did.
func (c *callTable) take(id uint64) *trip {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.byID[id]
	delete(c.byID, id)
	return t
}

// anyAfter reports whether a call began after that time.
func (c *callTable) anyAfter(late time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.byID {
		if t.start.After(late) {
			return true
		}
	}
	return false
}

// follow has next sent when t has been carried out. It returns next if t has been
// already, for the caller to send.
func (c *callTable) follow(t, next *trip, frame func(id uint64) []byte) *trip {
	c.mu.Lock()
	defer c.mu.Unlock()
	next.id = c.newID()
	next.frame = frame(next.id)
	t.follow = next
	if !t.settled {
		return nil
	}
	return c.released(t)
}

// unfollow takes back what follows t if it was not released, and reports whether it
// was.
func (c *callTable) unfollow(t *trip) (released bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waits := t.follow != nil
	t.follow = nil
	return !waits
}

// settle notes that the reply to t has come. It returns what follows t, for the caller
// to send; nil if there is nothing or t was not carried out.
func (c *callTable) settle(t *trip) *trip {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.settled = true
	return c.released(t)
}

// released is called with mu held.
func (c *callTable) released(t *trip) *trip {
	next := t.follow
	if next == nil || !t.carried {
		return nil
	}
	t.follow = nil
	next.start = time.Now()
	c.byID[next.id] = next
	return next
}
