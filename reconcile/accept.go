package reconcile

import (
	"bordergw/model"
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"bordergw/vtep"
	"bordergw/vtep/ovsdb"
	"bordergw/vtep/transport"
)

const (
	// maxStrangers and maxPerAddress bound the connections that no device has.
	maxStrangers  = 256
	maxPerAddress = 16
	// maxStrangerBytes bounds what they take together, in bytes: two of the largest.
	maxStrangerBytes = 512 << 20
	// complaintGap is the time between two equal complaints about an address.
	complaintGap  = 10 * time.Minute
	maxComplaints = 1024
)

// reception takes the switches that dial in. Each has a goroutine of its own,
// which owns the session and lends it to a worker.
type reception struct {
	loop *Loop

	budget *ovsdb.Budget // of the connections that no worker has

	mu        sync.Mutex
	callers   map[*caller]struct{}
	strangers int            // connections that no worker has, being opened ones included
	perHost   map[string]int // of them, by address
	arrivals  uint64
	// complaints are those of the last minutes, by address.
	complaints map[string]complaint
}

type complaint struct {
	text string
	at   time.Time
}

// caller is the session of a switch that dialled in. A worker may write it
// between offer and release; otherwise it is only read.
type caller struct {
	link
	reception *reception
	order     uint64 // of arrival
	arrived   time.Time
	share     *ovsdb.Share  // of reception.budget
	again     chan struct{} // asks to look for its device once more

	// Under reception.mu.
	taken  bool
	reason string // why no device has it
}

func newReception(l *Loop) *reception {
	return &reception{loop: l, budget: ovsdb.NewBudget(maxStrangerBytes), callers: map[*caller]struct{}{}, perHost: map[string]int{}, complaints: map[string]complaint{}}
}

// accept takes callers until ctx ends, and closes the socket.
func (r *reception) accept(ctx context.Context, socket net.Listener, running *sync.WaitGroup) {
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer stop()
	for ctx.Err() == nil {
		conn, err := socket.Accept()
		switch {
		case err == nil:
			running.Go(func() { r.receive(ctx, conn) })
		case ctx.Err() != nil:
		case errors.Is(err, net.ErrClosed):
			r.loop.log.WithField("err", err).Error("switches can not dial in any more")
			return
		default:
			// Most likely there is no file descriptor left.
			r.loop.log.WithField("err", err).Warn("accepting a switch's connection")
			pause(ctx, time.Second)
		}
	}
}

// receive serves one connection to its end.
func (r *reception) receive(ctx context.Context, conn net.Conn) {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		host = conn.RemoteAddr().String()
	}
	if !r.admit(host) {
		_ = conn.Close()
		r.refuse(host, "limit", errors.New("too many connections of unregistered switches"))
		return
	}
	c := &caller{reception: r, arrived: time.Now(), again: make(chan struct{}, 1)}
	c.from = host
	c.share = r.budget.Share(func() { _ = c.session.Close() })
	defer r.leave(c)
	if err := c.open(ctx, conn); err != nil {
		if ctx.Err() == nil {
			r.refuse(host, refusal(err), err)
		}
		return
	}
	defer c.session.Close()
	r.enter(c)
	c.attend(ctx)
	if c.share.Ended() {
		r.refuse(host, "limit", ovsdb.ErrBudget)
	}
}

// open reads the caller's database, for as long as the session makes progress: a
// large one over a slow way takes minutes.
func (c *caller) open(ctx context.Context, conn net.Conn) error {
	peer, err := transport.Handshake(ctx, conn)
	if err != nil {
		return err
	}
	c.peer = peer
	c.session, err = vtep.Open(ctx, conn, vtep.Opening{Config: ovsdb.Config{Share: c.share}})
	return transport.Explain(err)
}

// attend looks for the caller's device whenever something has changed, until
// the session ends.
func (c *caller) attend(ctx context.Context) {
	for {
		changed := c.session.Changed()
		if c.reception.place(c) {
			changed = nil // the worker's to hear
		}
		select {
		case <-ctx.Done():
			return
		case <-c.session.Done():
			return
		case <-changed:
		case <-c.again:
		}
	}
}

// refusal is the label of a failure in the metrics.
func refusal(err error) string {
	if reason := transport.Reason(err); reason != "" {
		return reason
	}
	return "failed"
}

// admit counts a connection, and reports whether there is room for it.
func (r *reception) admit(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.strangers >= maxStrangers || r.perHost[host] >= maxPerAddress {
		return false
	}
	r.count(host, 1)
	return true
}

func (r *reception) count(host string, n int) {
	r.strangers += n
	if r.perHost[host] += n; r.perHost[host] == 0 {
		delete(r.perHost, host)
	}
}

func (r *reception) enter(c *caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrivals++
	c.order = r.arrivals
	r.callers[c] = struct{}{}
}

func (r *reception) leave(c *caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.callers, c)
	c.share.Leave()
	if !c.taken {
		r.count(c.from, -1)
	}
	c.taken = true // a worker that still has it has nothing to give back
}

// refuse tells of a connection that came to nothing, an address that tries
// again and again not each time.
func (r *reception) refuse(host, label string, err error) {
	text := model.Bounded(err.Error())
	r.loop.metrics.refused.WithLabelValues(label).Inc()
	r.mu.Lock()
	last := r.complaints[host]
	now := time.Now()
	silent := last.text == text && now.Sub(last.at) < complaintGap
	if !silent {
		if len(r.complaints) >= maxComplaints {
			clear(r.complaints)
		}
		r.complaints[host] = complaint{text, now}
	}
	r.mu.Unlock()
	if !silent {
		r.loop.log.WithField("err", text).Warnf("connection from %s refused", host)
	}
}

// place lends the caller to its device's worker, and reports whether one has it.
func (r *reception) place(c *caller) bool {
	r.mu.Lock()
	if c.taken {
		r.mu.Unlock()
		return true
	}
	r.mu.Unlock()
	w, reason := r.loop.identify(c)
	if w != nil {
		if reason = r.lend(c, w); reason == "" {
			return true
		}
	}
	r.mu.Lock()
	reason = model.Bounded(reason)
	c.share.Spare(!c.taken)
	news := c.reason != reason
	c.reason = reason
	r.mu.Unlock()
	if news {
		r.loop.log.Warnf("nothing is written to the switch that dialled in from %s: %s", c.from, reason)
	}
	return false
}

// lend offers the caller to a worker. It returns why the worker does not want
// it.
func (r *reception) lend(c *caller, w *worker) string {
	r.mu.Lock()
	c.taken, c.reason = true, ""
	r.count(c.from, -1)
	c.share.Leave()
	r.mu.Unlock()
	// The worker may be done with it before offer returns.
	reason := w.offer(c)
	if reason != "" {
		c.giveBack()
	} else {
		w.hurry(c)
	}
	return reason
}

// release is called by the worker that has the caller and will not use it any
// more.
func (c *caller) release() {
	c.giveBack()
	notify(c.again)
}

func (c *caller) giveBack() {
	r := c.reception
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, present := r.callers[c]; present && c.taken {
		c.taken = false
		r.count(c.from, 1)
		c.share.Join()
	}
}

// recheck has every caller without a device look for it again.
func (r *reception) recheck() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.callers {
		if !c.taken {
			notify(c.again)
		}
	}
}

// unplaced lists the callers that no device has.
func (r *reception) unplaced() map[*caller]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[*caller]string{}
	for c := range r.callers {
		if !c.taken {
			out[c] = c.reason
		}
	}
	return out
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
