package ovsdb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"bordergw/model"
)

// call is a request under way.
type call struct {
	method string
	// decode reads the result, on the reader. Its error ends the session.
	decode func(result []byte) error
	done   chan error // receives the verdict of the reader, once
	// total limits the call as a whole; 0: the session's progress does.
	total time.Duration

	// carried is set by decode for a transaction that was carried out in full, and
	// read once it has returned.
	carried bool
	// settled: the reader has the reply. follow is sent then, if it was carried out.
	// Both are guarded by Conn.mu.
	settled bool
	follow  *trip
}

func newCall(method string, decode func([]byte) error) *call {
	return &call{method: method, decode: decode, done: make(chan error, 1)}
}

// trip is a request on its way, and the wait for the reply.
type trip struct {
	*call
	id         uint64
	start, end time.Time
	frame      []byte // of one that follows another, until it is sent
}

// question is a call and its request, which is made once its id is known.
type question struct {
	*call
	frame func(id uint64) []byte
}

// with makes the request of params (a JSON array).
func (cl *call) with(params []byte) question {
	return question{cl, func(id uint64) []byte { return request(id, cl.method, params) }}
}

// start sends requests, all at once. On an error, which wraps ErrNotSent, nothing was
// sent.
func (c *Conn) start(ctx context.Context, questions ...question) ([]*trip, error) {
	first := questions[0].method
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w: %w", first, ErrNotSent, context.Cause(ctx))
	}
	trips := make([]*trip, len(questions))
	var frames []byte
	for i, q := range questions {
		trips[i] = &trip{call: q.call, start: time.Now()}
		c.register(trips[i])
		if frame := q.frame(trips[i].id); i == 0 {
			frames = frame
		} else {
			frames = append(frames, frame...)
		}
	}
	var err error
	select {
	case c.requests <- frames:
		c.stats.framesOut.Add(uint64(len(trips)))
		return trips, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-c.stop:
		err = c.Err()
	}
	for _, t := range trips {
		c.take(t.id)
	}
	return nil, fmt.Errorf("%s: %w: %w", first, ErrNotSent, err)
}

// begin starts one call.
func (c *Conn) begin(ctx context.Context, q question) (*trip, error) {
	trips, err := c.start(ctx, q)
	if err != nil {
		return nil, err
	}
	return trips[0], nil
}

// do makes a call whose failure needs no distinction: the error is nil, an
// RPCError, or why it was not sent or the session ended.
func (c *Conn) do(ctx context.Context, cl *call, params []byte) error {
	t, err := c.begin(ctx, cl.with(params))
	if err != nil {
		return err
	}
	return c.await(ctx, t)
}

func request(id uint64, method string, params []byte) []byte {
	b := append(make([]byte, 0, len(params)+64), `{"id":`...)
	b = strconv.AppendUint(b, id, 10)
	b = append(append(b, `,"method":"`...), method...)
	b = append(append(b, `","params":`...), params...)
	return append(b, '}')
}

// await waits for the reader's verdict, or gives the call and the session up.
func (c *Conn) await(ctx context.Context, t *trip) error {
	timer := time.NewTimer(c.left(t.call, t.start))
	defer timer.Stop()
	for {
		select {
		case err := <-t.done:
			return err
		case <-c.stop:
			return c.abandon(t, c.Err())
		case <-ctx.Done():
			return c.abandon(t, fmt.Errorf("%s: given up: %w", t.method, context.Cause(ctx)))
		case <-timer.C:
			left := c.left(t.call, t.start)
			if left <= 0 {
				return c.abandon(t, fmt.Errorf("%w: no answer to %s in %v", ErrSilent, t.method, time.Since(t.start).Round(time.Millisecond)))
			}
			timer.Reset(left)
		}
	}
}

// left is how long a call that began at start may still wait.
func (c *Conn) left(cl *call, start time.Time) time.Duration {
	if cl.total > 0 {
		return time.Until(start.Add(cl.total))
	}
	if last := c.born.Add(time.Duration(c.progress.Load())); last.After(start) {
		start = last
	}
	return time.Until(start.Add(c.cfg.Progress))
}

// abandon ends the session for a call that was sent, unless the reader has the
// reply already: then its verdict counts.
func (c *Conn) abandon(t *trip, reason error) error {
	if c.take(t.id) == nil {
		return <-t.done
	}
	c.fail(reason)
	return reason
}

func (c *Conn) register(t *trip) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.id = c.newID()
	c.calls[t.id] = t
}

// newID is called with mu held.
func (c *Conn) newID() uint64 {
	c.lastID++
	return c.lastID
}

// take removes a call: whoever gets it decides its outcome.
func (c *Conn) take(id uint64) *trip {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.calls[id]
	delete(c.calls, id)
	return t
}

// follow has next sent when t has been carried out, by the reader as soon as it
// sees the reply.
func (c *Conn) follow(t, next *trip, frame func(id uint64) []byte) {
	c.mu.Lock()
	next.id = c.newID()
	next.frame = frame(next.id)
	t.follow = next
	settled := t.settled
	c.mu.Unlock()
	if settled && c.release(t) {
		model.Hint(c.kick)
	}
}

// unfollow takes back what follows t if it was not sent, and reports whether it
// was sent.
func (c *Conn) unfollow(t *trip) (sent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waits := t.follow != nil
	t.follow = nil
	return !waits
}

// release queues what follows a settled call, and reports whether it did. The caller
// must then wake the writer.
func (c *Conn) release(t *trip) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.settled = true
	next := t.follow
	if next == nil || !t.carried {
		return false
	}
	t.follow = nil
	next.start = time.Now()
	c.calls[next.id] = next
	if len(c.next) == 0 { // always, unless several chains are under way
		c.next = next.frame
	} else {
		c.next = append(c.next, next.frame...)
	}
	next.frame = nil
	c.stats.framesOut.Add(1)
	return true
}

// message is a JSON-RPC request, notification or reply (RFC 7047, section 4),
// its members as they came.
type message struct{ id, method, params, result, err []byte }

func parseMessage(frame []byte) (m message, err error) {
	s := scanner{data: frame}
	s.open('{')
	for n := 0; s.more('}', n); n++ {
		key := s.key()
		value := s.value()
		switch string(key) {
		case "id":
			m.id = value
		case "method":
			m.method = value
		case "params":
			m.params = value
		case "result":
			m.result = value
		case "error":
			m.err = value
		}
	}
	return m, s.finish()
}

// dispatch handles one message on the reader. Its error ends the session.
func (c *Conn) dispatch(frame []byte) error {
	c.stats.framesIn.Add(1)
	m, err := parseMessage(frame)
	if err != nil {
		return err
	}
	if string(m.id) == `"echo"` && m.method == nil {
		return nil
	}
	if m.method == nil {
		c.progress.Store(c.age())
		return c.settle(m)
	}
	s := scanner{data: m.method}
	method := string(s.text())
	if err := s.finish(); err != nil {
		return fmt.Errorf("method: %w", err)
	}
	if method == "echo" {
		return c.answerEcho(m)
	}
	c.progress.Store(c.age())
	if !isNull(m.id) {
		return c.answer(m.id, "null", `"unknown method"`)
	}
	return c.notified(method, m.params)
}

func (c *Conn) answerEcho(m message) error {
	if isNull(m.id) || m.params == nil {
		return protocolf("echo request without id or params")
	}
	return c.answer(m.id, string(m.params), "null")
}

func (c *Conn) answer(id []byte, result, rpcError string) error {
	b := append([]byte(`{"id":`), id...)
	b = append(append(b, `,"result":`...), result...)
	b = append(append(b, `,"error":`...), rpcError...)
	return c.reply(append(b, '}'))
}

// settle gives a reply to the call that waits for it.
func (c *Conn) settle(m message) error {
	id, err := strconv.ParseUint(string(m.id), 10, 64)
	if err != nil {
		id = 0 // of no call
	}
	t := c.take(id)
	if t == nil {
		c.stats.ignored.Add(1)
		return nil
	}
	t.end = time.Now()
	err = t.verdict(m)
	if _, refused := errors.AsType[*RPCError](err); err != nil && !refused {
		c.fail(err) // before the caller can look at the session again
	}
	released := c.release(t)
	t.done <- err
	if released {
		model.Hint(c.kick) // the last to be woken is the first to run
	}
	return nil
}

func (cl *call) verdict(m message) error {
	if !isNull(m.err) && !isNull(m.result) {
		return protocolf("reply to %s has both a result and an error", cl.method)
	}
	if !isNull(m.err) {
		return newRPCError(cl.method, m.err)
	}
	if isNull(m.result) {
		return protocolf("reply to %s has no result", cl.method)
	}
	if err := cl.decode(m.result); err != nil {
		return fmt.Errorf("reply to %s: %w", cl.method, err)
	}
	return nil
}
