package connector

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"
	"bordergw/vtep/transport"
)

const (
	// maxUnregistered and maxPerAddress bound the connections that no device has.
	maxUnregistered = 256
	maxPerAddress   = 16
	// maxUnregisteredBytes bounds what they take together, in bytes: two of the largest.
	maxUnregisteredBytes = 512 << 20
	// complaintGap is the time between two equal complaints about an address.
	complaintGap  = 10 * time.Minute
	maxComplaints = 1024
)

// Acceptor takes the switches that dial in. Each has a goroutine of its own, which owns
// the session and lends it to the Seat of its device.
type Acceptor struct {
	log logrus.FieldLogger
	// place finds the Seat of the device that a switch is, or why there is none.
	place func(*Inbound) (*Seat, string)
	// known is the number of registered devices that were last seen at an address.
	known func(address string) int
	// refused counts connections that came to nothing, by reason.
	refused func(reason string)
	// discovered is told of switches that no device has, and why.
	discovered func(*Inbound, string)
	// budget is that of the connections that no Seat has.
	budget *ovsdb.Budget

	mu           sync.Mutex
	inbound      map[*Inbound]struct{}
	unregistered int            // connections that no Seat has, being opened ones included
	perHost      map[string]int // of them, by address
	expected     map[string]int // of these, being opened ones of known switches
	arrivals     uint64
	// complaints are those of the last minutes, by address.
	complaints map[string]complaint
}

type complaint struct {
	text string
	at   time.Time
}

// Inbound is the session of a switch that dialled in. Whoever takes it from a Seat may
// write over it until it is given back; otherwise it is only read.
type Inbound struct {
	Link
	acceptor *Acceptor
	order    uint64 // of arrival
	arrived  time.Time
	share    *ovsdb.Share  // of acceptor.budget
	again    chan struct{} // asks to look for its device once more

	// Under acceptor.mu.
	taken  bool
	reason string // why no device has it
}

// NewAcceptor makes an Acceptor without a socket. discovered is told of switches that no device has, and why.
func NewAcceptor(log logrus.FieldLogger, place func(*Inbound) (*Seat, string), known func(address string) int, refused func(reason string), discovered func(*Inbound, string)) *Acceptor {
	return &Acceptor{
		log: log, place: place, known: known, refused: refused, discovered: discovered, budget: ovsdb.NewBudget(maxUnregisteredBytes),
		inbound: map[*Inbound]struct{}{}, perHost: map[string]int{}, expected: map[string]int{}, complaints: map[string]complaint{},
	}
}

// Accept takes switches that dial in until ctx ends, and closes the socket.
func (a *Acceptor) Accept(ctx context.Context, socket net.Listener, running *sync.WaitGroup) {
	stop := context.AfterFunc(ctx, func() { _ = socket.Close() })
	defer stop()
	for ctx.Err() == nil {
		conn, err := socket.Accept()
		switch {
		case err == nil:
			running.Go(func() { a.receive(ctx, conn) })
		case ctx.Err() != nil:
		case errors.Is(err, net.ErrClosed):
			a.log.WithField("err", err).Error("switches can not dial in any more")
			return
		default:
			// Most likely there is no file descriptor left.
			a.log.WithField("err", err).Warn("accepting a switch's connection")
			pause(ctx, time.Second)
		}
	}
}

// receive serves one connection to its end.
func (a *Acceptor) receive(ctx context.Context, conn net.Conn) {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		host = conn.RemoteAddr().String()
	}
	if !a.admit(host) {
		_ = conn.Close()
		a.refuse(host, refusedLimit, errors.New("too many connections of unregistered switches"))
		return
	}
	c := &Inbound{acceptor: a, arrived: time.Now(), again: make(chan struct{}, 1)}
	c.From = host
	c.share = a.budget.Share(func() { _ = c.Session.Close() })
	defer a.leave(c)
	forget := a.expect(c)
	err = c.open(ctx, conn)
	forget()
	if err != nil {
		if ctx.Err() == nil {
			a.refuse(host, refusal(err), err)
		}
		return
	}
	defer c.Session.Close()
	a.enter(c)
	c.attend(ctx)
	if c.share.Ended() {
		a.refuse(host, refusedLimit, ovsdb.ErrBudget)
	}
}

// open reads the database, for as long as the session makes progress: a
// large one over a slow way takes minutes.
func (c *Inbound) open(ctx context.Context, conn net.Conn) error {
	peer, err := transport.Handshake(ctx, conn)
	if err != nil {
		return err
	}
	c.Peer = peer
	c.Session, err = vtep.Open(ctx, conn, vtep.Opening{Config: ovsdb.Config{Share: c.share}, Patience: inboundPatience})
	return transport.Explain(err)
}

// expect leaves a session out of the budget while it is opened, where as many registered
// switches as are being opened come from its address: after a start of the daemon all
// come at once, and are registered. It returns what ends that.
func (a *Acceptor) expect(c *Inbound) (over func()) {
	known := a.known(c.From)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.expected[c.From] >= known {
		return func() {}
	}
	a.expected[c.From]++
	c.share.Leave()
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.expected[c.From]--; a.expected[c.From] == 0 {
			delete(a.expected, c.From)
		}
	}
}

// attend looks for the device whenever something has changed, until
// the session ends.
func (c *Inbound) attend(ctx context.Context) {
	for {
		changed := c.Session.Changed()
		if c.acceptor.find(c) {
			changed = nil // for whoever has taken it to hear
		}
		select {
		case <-ctx.Done():
			return
		case <-c.Session.Done():
			return
		case <-changed:
		case <-c.again:
		}
	}
}

// Reasons for which connections are refused, besides what is wrong with their TLS.
const (
	refusedLimit  = "limit"
	refusedFailed = "failed"
)

// Refusals are all reasons that an Acceptor counts refused connections by.
func Refusals() []string { return append(transport.Reasons(), refusedLimit, refusedFailed) }

// refusal is the label of a failure in the metrics.
func refusal(err error) string {
	if reason := transport.Reason(err); reason != "" {
		return reason
	}
	return refusedFailed
}

// admit counts a connection, and reports whether there is room for it.
func (a *Acceptor) admit(host string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unregistered >= maxUnregistered || a.perHost[host] >= maxPerAddress {
		return false
	}
	a.count(host, 1)
	return true
}

func (a *Acceptor) count(host string, n int) {
	a.unregistered += n
	if a.perHost[host] += n; a.perHost[host] == 0 {
		delete(a.perHost, host)
	}
}

func (a *Acceptor) enter(c *Inbound) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.arrivals++
	c.order = a.arrivals
	a.inbound[c] = struct{}{}
}

func (a *Acceptor) leave(c *Inbound) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.inbound, c)
	c.share.Leave()
	if !c.taken {
		a.count(c.From, -1)
	}
	c.taken = true // whoever still has it has nothing to give back
}

// refuse tells of a connection that came to nothing, an address that tries
// again and again not each time.
func (a *Acceptor) refuse(host, label string, err error) {
	text := model.Bounded(err.Error())
	a.refused(label)
	a.mu.Lock()
	last := a.complaints[host]
	now := time.Now()
	silent := last.text == text && now.Sub(last.at) < complaintGap
	if !silent {
		if len(a.complaints) >= maxComplaints {
			clear(a.complaints)
		}
		a.complaints[host] = complaint{text, now}
	}
	a.mu.Unlock()
	if !silent {
		a.log.WithField("err", text).Warnf("connection from %s refused", host)
	}
}

// find lends the session to its device's Seat, and reports whether one has it.
func (a *Acceptor) find(c *Inbound) bool {
	a.mu.Lock()
	if c.taken {
		a.mu.Unlock()
		return true
	}
	a.mu.Unlock()
	seat, reason := a.place(c)
	if seat != nil {
		if reason = a.lend(c, seat); reason == "" {
			return true
		}
	}
	a.mu.Lock()
	reason = model.Bounded(reason)
	if !c.taken {
		c.share.Join() // it was not counted if it was expected
	}
	c.share.Spare(!c.taken)
	news := c.reason != reason
	c.reason = reason
	a.mu.Unlock()
	if news {
		a.log.Warnf("nothing is written to the switch that dialled in from %s: %s", c.From, reason)
		a.discovered(c, reason)
	}
	return false
}

// lend offers the session to a Seat. It returns why it is not wanted there.
func (a *Acceptor) lend(c *Inbound, s *Seat) string {
	a.mu.Lock()
	c.taken, c.reason = true, ""
	a.count(c.From, -1)
	c.share.Leave()
	a.mu.Unlock()
	// Whoever takes it may be done with it before offer returns.
	reason := s.offer(c)
	if reason != "" {
		c.giveBack()
	} else {
		s.hurry(c)
	}
	return reason
}

// release gives back a session that will not be used any more.
func (c *Inbound) release() {
	c.giveBack()
	model.Hint(c.again)
}

func (c *Inbound) giveBack() {
	a := c.acceptor
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, present := a.inbound[c]; present && c.taken {
		c.taken = false
		a.count(c.From, 1)
		c.share.Join()
	}
}

// Recheck has every session without a device look for it again.
func (a *Acceptor) Recheck() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.inbound {
		if !c.taken {
			model.Hint(c.again)
		}
	}
}

// Unplaced lists the sessions that no device has, and why.
func (a *Acceptor) Unplaced() map[*Inbound]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[*Inbound]string{}
	for c := range a.inbound {
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

// Order numbers the sessions as they arrived.
func (c *Inbound) Order() uint64 { return c.order }

// Arrived is when the switch dialled in.
func (c *Inbound) Arrived() time.Time { return c.arrived }

// Name is what an unknown switch is called: its first switch, its certificate's subject,
// or its address.
func (c *Inbound) Name() string {
	for _, names := range [][]string{SwitchNames(c.Session.Facts().Switches), c.Peer.Names()} {
		if len(names) > 0 {
			return names[0]
		}
	}
	return c.From
}
