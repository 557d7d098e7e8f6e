package reconcile

import (
	"sync"
	"sync/atomic"

	"bordergw/reconcile/topology"
)

// late are the workers that wait for a View as new as what they have read.
type late struct {
	view *atomic.Pointer[topology.View]

	mu      sync.Mutex
	workers map[*worker]bool
}

// add has a worker be woken by the next View, or at once if there is one now that is as new as a
// revision and has anything for its device.
func (l *late) add(w *worker, need uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := w.board.take(need); ok {
		w.nudge()
		return
	}
	if l.workers == nil {
		l.workers = map[*worker]bool{}
	}
	l.workers[w] = true
}

// release wakes those that wait. It is called after a View was stored.
func (l *late) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := range l.workers {
		w.nudge()
	}
	l.workers = nil
}
