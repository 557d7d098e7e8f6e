package ovsdb

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"bordergw/model"
)

// Config sets the limits of a session. A zero field means its default.
type Config struct {
	// MaxFrame is the longest message accepted, in bytes; default 64 MiB.
	MaxFrame int64
	// Share bounds what the session takes together with others; nil for no bound.
	Share *Share
	// MaxDepth is how deep the brackets of a message may nest; default 64.
	MaxDepth int
	// EchoAfter is how long the peer may be silent before an echo request is
	// sent, and before the next one; default 5 s.
	EchoAfter time.Duration
	// EchoTries is how many echo requests may follow each other with not one
	// byte received; default 3. The session ends EchoAfter after the last.
	EchoTries int
	// Progress is how long a call may wait while nothing but echo arrives;
	// default 30 s. A transaction may take Progress plus 1 s for every 1000
	// operations, whatever arrives.
	Progress time.Duration
	// LockChanged, if set, is called from the reader when the server grants a
	// lock that was waited for, or takes one away.
	LockChanged func(lock string, held bool)
}

func (c Config) withDefaults() Config {
	c.MaxFrame = cmp.Or(c.MaxFrame, 64<<20)
	c.MaxDepth = cmp.Or(c.MaxDepth, 64)
	c.EchoAfter = cmp.Or(c.EchoAfter, 5*time.Second)
	c.EchoTries = cmp.Or(c.EchoTries, 3)
	c.Progress = cmp.Or(c.Progress, 30*time.Second)
	return c
}

// Conn is one session. Its methods are safe for concurrent use.
type Conn struct {
	net net.Conn
	cfg Config

	requests chan []byte   // frames of calls, taken by the writer
	stop     chan struct{} // closed when the session has failed or is closed
	written  chan struct{} // closed by the writer
	done     chan struct{} // closed by the reader, the last to leave

	mu  sync.Mutex
	err error // reason, set once

	calls    callTable
	out      outbox
	locks    lockTable
	activity activity

	// Of the reader only.
	frames   framer
	monitors monitorTable
	silent   int // echo requests since the last byte

	patience atomic.Int64 // nanoseconds, see SetPatience

	stats     counters
	monitorID atomic.Uint64
}

// NewConn starts a session on c, which it owns from now on.
func NewConn(c net.Conn, cfg Config) *Conn {
	conn := &Conn{
		net:      c,
		cfg:      cfg.withDefaults(),
		requests: make(chan []byte),
		stop:     make(chan struct{}),
		written:  make(chan struct{}),
		done:     make(chan struct{}),
		calls:    callTable{byID: map[uint64]*trip{}},
		out:      outbox{kick: make(chan struct{}, 1)},
		locks:    lockTable{owned: map[string]bool{}},
		activity: activity{born: time.Now()},
		monitors: monitorTable{},
	}
	conn.frames = framer{src: source{conn}, share: conn.cfg.Share, maxFrame: conn.cfg.MaxFrame, maxDepth: conn.cfg.MaxDepth}
	go conn.readLoop()
	go conn.writeLoop()
	return conn
}

// SetPatience has the session last although the peer says nothing at all for some time, where
// that is longer than by Config; 0 ends that. A server that makes the reply to a large monitor
// says nothing until it has it.
func (c *Conn) SetPatience(d time.Duration) { c.patience.Store(int64(d)) }

// echoTries is Config.EchoTries, or more.
func (c *Conn) echoTries() int {
	return max(c.cfg.EchoTries, int(time.Duration(c.patience.Load())/c.cfg.EchoAfter)-1)
}

// progress is Config.Progress, or more.
func (c *Conn) progress() time.Duration {
	return max(c.cfg.Progress, time.Duration(c.patience.Load()))
}

// Silence is how long the peer has sent nothing at all.
func (c *Conn) Silence() time.Duration { return c.activity.silence() }

// Done is closed when the session has ended: its goroutines are gone, and no
// Handler will be called again.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is why the session ended or is about to end; nil while it is alive.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the session with the reason ErrClosed. It does not wait for a
// Handler that is being called; Done does. It always returns nil.
func (c *Conn) Close() error {
	c.fail(ErrClosed)
	return nil
}

// fail ends the session. Only the first reason counts.
func (c *Conn) fail(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = reason
	close(c.stop)
	// Ends a write that hangs; the writer then closes the connection, which
	// ends a read. What it says does not matter any more.
	_ = c.net.SetWriteDeadline(time.Unix(0, 1))
}

func (c *Conn) readLoop() {
	defer func() {
		<-c.written
		close(c.done)
	}()
	for c.Err() == nil {
		frame, err := c.frames.next()
		switch {
		case err == nil:
			stop := c.keepUp(len(frame))
			err = c.dispatch(frame)
			stop()
		case errors.Is(err, os.ErrDeadlineExceeded):
			err = c.probe()
		case errors.Is(err, io.EOF):
			err = errors.New("the peer closed the connection")
		case errors.Is(err, io.ErrUnexpectedEOF):
			err = errors.New("the peer closed the connection in the middle of a message")
		case !errors.Is(err, ErrProtocol):
			err = fmt.Errorf("reading: %w", model.Plain(err))
		}
		if err != nil {
			c.fail(err)
		}
	}
}

// probe is called after every EchoAfter without a byte. A call that began late in the
// silence, which an idle session may have, gives the peer one more EchoAfter: a slow one
// answers nothing else while it works on it.
func (c *Conn) probe() error {
	late, tries := c.activity.lastReceived().Add(c.cfg.EchoAfter/5), c.echoTries()
	if c.silent > tries || c.silent == tries && !c.calls.anyAfter(late) {
		return fmt.Errorf("%w: no answer to %d echo requests in %v", ErrSilent,
			c.silent, time.Duration(c.silent+1)*c.cfg.EchoAfter)
	}
	c.silent++
	return c.reply([]byte(echoRequest))
}

const echoRequest = `{"id":"echo","method":"echo","params":[]}`

// longFrame is what may take seconds to handle, in bytes.
const longFrame = 1 << 20

// keepUp has the peer hear of us while a long message is handled, in which time
// its own echo requests wait: ovsdb-server gives up who says nothing for 10 s.
func (c *Conn) keepUp(frame int) (stop func()) {
	if frame < longFrame {
		return func() {}
	}
	over := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(c.cfg.EchoAfter / 2)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				if err := c.reply([]byte(echoRequest)); err != nil {
					c.fail(err)
				}
			}
		}
	}()
	return func() { close(over); <-ended }
}

// reply sends a message of our own, ahead of calls.
func (c *Conn) reply(frame []byte) error {
	c.stats.framesOut.Add(1)
	return c.out.reply(frame)
}

func (c *Conn) writeLoop() {
	defer func() {
		_ = c.net.Close()
		close(c.written)
	}()
	for {
		frame := c.out.take()
		if len(frame) == 0 {
			select {
			case <-c.stop:
				return
			case <-c.out.kick:
				continue
			case frame = <-c.requests:
			}
		}
		n, err := c.net.Write(frame)
		buffers.put(frame[:cap(frame)]) // nobody looks at what has been sent
		c.stats.bytesOut.Add(uint64(n))
		if err != nil {
			c.fail(fmt.Errorf("writing: %w", model.Plain(err)))
			return
		}
	}
}

// source is what the framer reads from: the connection, with the silence timer
// and the books.
type source struct{ c *Conn }

func (s source) Read(p []byte) (int, error) {
	c := s.c
	_ = c.net.SetReadDeadline(time.Now().Add(c.cfg.EchoAfter)) // a closed connection is reported by Read
	n, err := c.net.Read(p)
	if n == 0 {
		return 0, err
	}
	c.silent = 0
	now := c.activity.age()
	c.stats.bytesIn.Add(uint64(n))
	c.activity.received.Store(now)
	// Part of a message too long for an echo: a big reply is on its way.
	if c.frames.partial()+n > maxEcho {
		c.activity.progress.Store(now)
	}
	return n, nil
}

// maxEcho is more than an honest echo needs, in bytes.
const maxEcho = 4 << 10

type counters struct {
	bytesIn, bytesOut, framesIn, framesOut, ignored atomic.Uint64
}

// Stats are the counters of a session.
type Stats struct {
	BytesIn, BytesOut   uint64
	FramesIn, FramesOut uint64
	// Ignored counts messages and tables that nobody had asked for.
	Ignored uint64
	// LastReceived is the time of the last byte, or of the start.
	LastReceived time.Time
}

// Stats returns the counters so far.
func (c *Conn) Stats() Stats {
	return Stats{
		BytesIn:      c.stats.bytesIn.Load(),
		BytesOut:     c.stats.bytesOut.Load(),
		FramesIn:     c.stats.framesIn.Load(),
		FramesOut:    c.stats.framesOut.Load(),
		Ignored:      c.stats.ignored.Load(),
		LastReceived: c.activity.lastReceived(),
	}
}
