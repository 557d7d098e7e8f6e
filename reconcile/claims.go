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
}

func newClaims() *claims {
	return &claims{byName: map[string]*worker{}, names: map[*worker][]string{}}
}

// take replaces what the worker has claimed. It changes nothing if another
// worker has one of the names.
func (c *claims) take(w *worker, names []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Equal(c.names[w], names) {
		return nil
	}
	if err := c.conflict(w, names); err != nil {
		return err
	}
	c.drop(w)
	for _, name := range names {
		c.byName[name] = w
	}
	c.names[w] = names
	return nil
}

// release gives up what the worker has claimed.
func (c *claims) release(w *worker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(w)
}

func (c *claims) drop(w *worker) {
	for _, name := range c.names[w] {
		delete(c.byName, name)
	}
	delete(c.names, w)
}

// check tells whether the worker could claim the names now.
func (c *claims) check(w *worker, names []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conflict(w, names)
}

// conflict finds a name that another worker has claimed.
func (c *claims) conflict(w *worker, names []string) error {
	for _, name := range names {
		if owner := c.byName[name]; owner != nil && owner != w {
			return notDriven(fmt.Sprintf("switch %s is driven as device %s", name, deviceName(owner.device.Load())))
		}
	}
	return nil
}
