package connector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// ErrOffered ends a session, or the wait for one, as a newer one is there.
var ErrOffered = errors.New("the switch has dialled in anew")

// Seat is the place of one device's sessions: one is in use, and a newer one of a switch
// that dialled in may wait for it.
type Seat struct {
	device func() *model.GatewayDevice
	log    func() logrus.FieldLogger
	// offers has a hint when a session is offered; freed when what other Seats have leased
	// has changed, for one that waits for it.
	offers, freed chan struct{}

	mu   sync.Mutex
	link Link // without a session while there is none
	// line is the connection that a session is, or is to be, over; nil for none.
	line      interface{ Silence() time.Duration }
	lineSince time.Time
	// offered is a session that waits to be served; newest the order of the last one
	// that was offered and is in use; gone is set at the end.
	offered   *Inbound
	newest    uint64
	gone      bool
	interrupt context.CancelFunc
	patience  patience
}

// NewSeat makes an empty Seat for a device, which may change in all but its id.
func NewSeat(device func() *model.GatewayDevice, log func() logrus.FieldLogger) *Seat {
	return &Seat{device: device, log: log, offers: make(chan struct{}, 1), freed: make(chan struct{}, 1)}
}

// Offered delivers a hint when a session is offered.
func (s *Seat) Offered() <-chan struct{} { return s.offers }

// Freed delivers a hint when what the Seat was refused to lease may be had.
func (s *Seat) Freed() <-chan struct{} { return s.freed }

// Link is the session in use; it has none while there is none.
func (s *Seat) Link() Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link
}

// Hold notes the session that is in use from now on.
func (s *Seat) Hold(k Link) {
	s.onLine(k.Session)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = k
}

// LetGo notes that no session is in use any more.
func (s *Seat) LetGo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link, s.line = Link{}, nil
}

// Dialing is how a device is dialled.
type Dialing struct {
	Dial func(context.Context, *model.GatewayDevice) (net.Conn, error)
	// Timeout bounds the opening of the connection, not the reading of the database.
	Timeout time.Duration
	// Mark is that of the controller (vtep.Opening).
	Mark string
	// Connected is called when the connection stands.
	Connected func()
}

// Dial connects to the switch. A session that is offered meanwhile ends the attempt with
// ErrOffered.
func (s *Seat) Dial(ctx context.Context, how Dialing) (Link, error) {
	k, err := s.dial(ctx, how)
	if err != nil && s.Offering() {
		return Link{}, ErrOffered
	}
	return k, err
}

func (s *Seat) dial(ctx context.Context, how Dialing) (Link, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.interruptBy(cancel)
	defer s.interruptBy(nil)
	dctx, stop := context.WithTimeout(ctx, how.Timeout)
	conn, err := how.Dial(dctx, s.device())
	stop()
	if err != nil {
		return Link{}, err
	}
	how.Connected()
	l := &line{Conn: conn, began: time.Now()}
	s.onLine(l)
	session, err := vtep.Open(ctx, l, vtep.Opening{Mark: how.Mark, Patience: s.patience.time()})
	s.patience.learn(err)
	if err != nil {
		s.offLine()
		return Link{}, transport.Explain(err)
	}
	return Link{Session: session, Peer: transport.PeerOf(conn)}, nil
}

// Serve takes the session that waits, if there is one, and serves it. It is given back,
// and only read from then on, when a newer one has come or ctx ends; it is closed
// otherwise.
func (s *Seat) Serve(ctx context.Context, drive func(context.Context, Link) error) (served bool, err error) {
	c := s.take()
	if c == nil {
		return false, nil
	}
	err = drive(ctx, c.Link)
	if ctx.Err() == nil && !errors.Is(err, ErrOffered) {
		_ = c.Session.Close()
		s.mu.Lock()
		if s.newest == c.order {
			s.newest = 0
		}
		s.mu.Unlock()
	}
	c.release()
	return true, transport.Explain(err)
}

// offer gives the Seat a newer session with its switch. It returns why it is not wanted.
func (s *Seat) offer(c *Inbound) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.device().DisplayName()
	switch {
	case s.gone:
		return fmt.Sprintf("device %s is not driven any more", name)
	case c.order < s.newest:
		return fmt.Sprintf("device %s has a newer session", name)
	}
	if s.offered != nil {
		s.offered.release()
	}
	s.offered, s.newest = c, c.order
	if s.interrupt != nil {
		s.interrupt()
	}
	model.Hint(s.offers)
	return ""
}

// MostSilence is how long a session may say nothing while a newer one waits for
// its end: one that is alive has answered an echo request by then.
const MostSilence = 5*time.Second + 500*time.Millisecond

// hurry ends a session that is silent while a newer one waits: the
// switch has most likely come back without a word to the old one. What was under
// way is found out by what the database holds.
func (s *Seat) hurry(c *Inbound) {
	s.mu.Lock()
	session, waits := s.link.Session, s.offered == c
	s.mu.Unlock()
	left := MostSilence
	switch {
	case !waits:
		return
	case session != nil:
		left -= session.Silence()
	}
	if left > 0 {
		time.AfterFunc(left, func() { s.hurry(c) })
		return
	}
	s.log().Info("giving up a silent session, as the switch has dialled in anew")
	_ = session.Close()
}

// Ended reports whether the Seat takes no sessions any more.
func (s *Seat) Ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}

// Offering reports whether a session waits.
func (s *Seat) Offering() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offered != nil
}

// interruptBy sets what ends the present attempt to dial when a session is offered; nil
// for nothing.
func (s *Seat) interruptBy(cancel context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interrupt = cancel
	if cancel != nil && s.offered != nil {
		cancel()
	}
}

// take gives the session that waits, nil for none.
func (s *Seat) take() *Inbound {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.offered
	s.offered = nil
	return c
}

// Close ends the taking of sessions.
func (s *Seat) Close() {
	s.mu.Lock()
	s.gone = true
	s.mu.Unlock()
	if c := s.take(); c != nil {
		c.release()
	}
}

// onLine notes the connection, and then the session over it.
func (s *Seat) onLine(l interface{ Silence() time.Duration }) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line == nil {
		s.lineSince = time.Now()
	}
	s.line = l
}

func (s *Seat) offLine() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = nil
}

// Answers reports whether there is a connection that was there by that time, over
// which the switch goes on to say something. One that comes and goes is not.
func (s *Seat) Answers(by time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line != nil && !s.lineSince.After(by) && s.line.Silence() < MostSilence
}

// GiveUp has the connection that there is not count any more: what is down stays so
// until it has been brought in sync, whatever it says meanwhile.
func (s *Seat) GiveUp(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lineSince = now
}
