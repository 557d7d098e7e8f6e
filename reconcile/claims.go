package reconcile

import (
	"fmt"
	"slices"
	"sync"
)

// claims has at most one worker write a switch, whatever sessions there are:
// before the first plan a worker claims the names that its session announces
// (F-09, F-29).
type claims struct {
	mu     sync.Mutex
	byName map[string]*worker
	names  map[*worker][]string
	// refused are the workers that wait for a name that another one has.
	refused map[*worker]drivenElsewhere
}

// drivenElsewhere is why a session is not used whose switch another registration
// drives: there is nothing to do until that one gives it up.
type drivenElsewhere struct{ name, device string }

// Error implements error.
func (e drivenElsewhere) Error() string {
	return fmt.Sprintf("switch %s is driven as device %s", e.name, e.device)
}

func newClaims() *claims {
	return &claims{byName: map[string]*worker{}, names: map[*worker][]string{}, refused: map[*worker]drivenElsewhere{}}
}

// take replaces what the worker has claimed. It changes nothing if another worker has
// one of the names: the worker is told then, by its channel freed, when that name is
// given up.
func (c *claims) take(w *worker, names []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.refused, w)
	if slices.Equal(c.names[w], names) {
		return nil
	}
	if err := c.conflict(w, names); err != nil {
		c.refused[w] = *err
		return *err
	}
	c.drop(w)
	for _, name := range names {
		c.byName[name] = w
	}
	c.names[w] = names
	c.tellFreed()
	return nil
}

// has reports whether the worker has claimed anything.
func (c *claims) has(w *worker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.names[w]) > 0
}

// release gives up what the worker has claimed.
func (c *claims) release(w *worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(w)
	c.tellFreed()
}

func (c *claims) drop(w *worker) {
	for _, name := range c.names[w] {
		delete(c.byName, name)
	}
	delete(c.names, w)
}

// tellFreed tells the workers that were refused a name that nobody has any more.
func (c *claims) tellFreed() {
	for w, of := range c.refused {
		if c.byName[of.name] == nil {
			delete(c.refused, w)
			notify(w.freed)
		}
	}
}

// waits tells what the worker was refused that another one still has; false for nothing.
func (c *claims) waits(w *worker) (drivenElsewhere, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of, ok := c.refused[w]
	return of, ok
}

// forget has the worker wait for no name any more.
func (c *claims) forget(w *worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.refused, w)
}

// check tells whether the worker could claim the names now. One that is never dialled
// is told if it can not: its switch has come, and is driven elsewhere.
func (c *claims) check(w *worker, names []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.conflict(w, names)
	if err == nil {
		return nil
	}
	if c.refused[w] != *err && listens(w.device.Load()) {
		c.refused[w] = *err
		notify(w.freed)
	}
	return *err
}

// conflict finds a name that another worker has claimed.
func (c *claims) conflict(w *worker, names []string) *drivenElsewhere {
	for _, name := range names {
		if owner := c.byName[name]; owner != nil && owner != w {
			return &drivenElsewhere{name, owner.device.Load().DisplayName()}
		}
	}
	return nil
}
