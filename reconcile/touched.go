package reconcile

import (
	"sync"

	"bordergw/model"
)

// touched are the devices, by id, of whose sessions something else may be known than when they were
// last taken. Everybody may use it.
type touched struct {
	// stamp asks for a look at them.
	stamp chan<- struct{}

	mu  sync.Mutex
	ids map[string]bool
}

// add notes a device, and asks for a look.
func (t *touched) add(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ids == nil {
		t.ids = map[string]bool{}
	}
	t.ids[id] = true
	model.Hint(t.stamp)
}

// take takes them.
func (t *touched) take() map[string]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.ids
	t.ids = nil
	if out == nil {
		return map[string]bool{}
	}
	return out
}
