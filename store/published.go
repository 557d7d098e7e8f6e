package store

import (
	"sync"
	"sync/atomic"

	"bordergw/model"
)

// published is the snapshot that everybody reads, without a lock, and who wants to hear
// of a newer one.
type published struct {
	current atomic.Pointer[snapshot]
	notices notices
}

// publish replaces the snapshot, which is never changed from then on, and gives notice.
func (p *published) publish(next *snapshot) {
	p.current.Store(next)
	p.notices.send()
}

// notices hands one pending notice to each subscriber.
type notices struct {
	mu   sync.Mutex // guards subs
	subs map[chan struct{}]struct{}
}

func (n *notices) subscribe() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.subs == nil {
		n.subs = map[chan struct{}]struct{}{}
	}
	n.subs[c] = struct{}{}
	return c, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.subs, c)
	}
}

// send is called after the snapshot was published: whoever finds the channel
// full has a notice to come that is as good as this one.
func (n *notices) send() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.subs {
		model.Hint(c)
	}
}
