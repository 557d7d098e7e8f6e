package ovsdb

import (
	"sync"

	"bordergw/model"
)

// maxReplyBacklog bounds, in bytes, what waits to be sent to a peer that makes
// requests and does not read the replies.
const maxReplyBacklog = 1 << 20

// outbox is what waits to be written beside new calls. Anybody may put frames in; the
// writer takes them out. Echo requests and replies come before calls.
type outbox struct {
	mu      sync.Mutex
	replies []byte        // echo requests and replies
	next    []byte        // calls that follow others
	kick    chan struct{} // wakes the writer
}

// reply puts in a message of our own and wakes the writer.
func (o *outbox) reply(frame []byte) error {
	o.mu.Lock()
	o.replies = append(o.replies, frame...)
	backlog := len(o.replies)
	o.mu.Unlock()
	if backlog > maxReplyBacklog {
		return protocolf("the peer makes requests and does not read the replies")
	}
	o.wake()
	return nil
}

// add puts in a call, which the outbox owns from now on. The caller wakes the writer.
func (o *outbox) add(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.next) == 0 { // always, unless several chains are under way
		o.next = frame
	} else {
		o.next = append(o.next, frame...)
	}
}

func (o *outbox) wake() { model.Hint(o.kick) }

// take takes out what is to be written first, empty for nothing.
func (o *outbox) take() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	frame := o.replies
	o.replies = nil
	if len(frame) == 0 {
		frame, o.next = o.next, nil
	}
	return frame
}
