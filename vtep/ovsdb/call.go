package ovsdb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
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
	// Both are the callTable's.
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
		c.calls.add(trips[i])
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
		c.calls.take(t.id)
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
func (c *Conn) do(ctx context.Context, q question) error {
	t, err := c.begin(ctx, q)
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
	timer := time.NewTimer(c.activity.left(t.call, t.start, c.progress()))
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
			left := c.activity.left(t.call, t.start, c.progress())
			if left <= 0 {
				return c.abandon(t, fmt.Errorf("%w: no answer to %s in %v", ErrSilent, t.method, time.Since(t.start).Round(time.Millisecond)))
			}
			timer.Reset(left)
		}
	}
}

// abandon ends the session for a call that was sent, unless the reader has the
// reply already: then its verdict counts.
func (c *Conn) abandon(t *trip, reason error) error {
	if c.calls.take(t.id) == nil {
		return <-t.done
	}
	c.fail(reason)
	return reason
}

// follow has next sent when t has been carried out, by the reader as soon as it
// sees the reply.
func (c *Conn) follow(t, next *trip, frame func(id uint64) []byte) {
	if c.forward(c.calls.follow(t, next, frame)) {
		c.out.wake()
	}
}

// forward puts a call that followed another one into the outbox, nil for none.
func (c *Conn) forward(next *trip) bool {
	if next == nil {
		return false
	}
	c.stats.framesOut.Add(1)
	c.out.add(next.frame)
	next.frame = nil
	return true
}

// granted is await for a call that may be refused: then it is false.
func (c *Conn) granted(ctx context.Context, t *trip) (bool, error) {
	err := c.await(ctx, t)
	if _, refused := errors.AsType[*RPCError](err); refused {
		return false, nil
	}
	return err == nil, err
}
