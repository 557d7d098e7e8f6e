package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bordergw/vtep/transport"
)

// offer gives the worker a newer session with its switch. It returns why it is
// not wanted.
func (w *worker) offer(c *caller) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := w.device.Load().DisplayName()
	switch {
	case w.gone:
		return fmt.Sprintf("device %s is not driven any more", name)
	case c.order < w.newest:
		return fmt.Sprintf("device %s has a newer session", name)
	}
	if w.offered != nil {
		w.offered.release()
	}
	w.offered, w.newest = c, c.order
	if w.interrupt != nil {
		w.interrupt()
	}
	notify(w.knock)
	return ""
}

// mostSilence is how long a session may say nothing while a newer one waits for
// its end: one that is alive has answered an echo request by then.
const mostSilence = 5*time.Second + 500*time.Millisecond

// hurry ends a session that is silent while a caller waits for the worker: the
// switch has most likely come back without a word to the old one. What was under
// way is found out by what the caller's database holds.
func (w *worker) hurry(c *caller) {
	w.mu.Lock()
	s, waits := w.link.session, w.offered == c
	w.mu.Unlock()
	left := mostSilence
	switch {
	case !waits:
		return
	case s != nil:
		left -= s.Silence()
	}
	if left > 0 {
		time.AfterFunc(left, func() { w.hurry(c) })
		return
	}
	w.logger().Info("giving up a silent session, as the switch has dialled in anew")
	_ = s.Close()
}

// ended reports whether the worker takes no callers any more.
func (w *worker) ended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gone
}

// offering reports whether a caller waits for the worker.
func (w *worker) offering() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.offered != nil
}

// interruptBy sets what ends the present attempt to dial when a caller is
// offered; nil for nothing.
func (w *worker) interruptBy(cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interrupt = cancel
	if cancel != nil && w.offered != nil {
		cancel()
	}
}

// take gives the caller that waits, nil for none.
func (w *worker) take() *caller {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.offered
	w.offered = nil
	return c
}

// close ends the taking of callers.
func (w *worker) close() {
	w.mu.Lock()
	w.gone = true
	w.mu.Unlock()
	if c := w.take(); c != nil {
		c.release()
	}
}

// answer serves a caller. It is given back, and only read from then on, when a
// newer one has come or the worker ends; it is closed otherwise.
func (w *worker) answer(ctx context.Context, c *caller) error {
	err := w.drive(ctx, c.link)
	if ctx.Err() == nil && !errors.Is(err, errOffered) {
		_ = c.session.Close()
		w.mu.Lock()
		if w.newest == c.order {
			w.newest = 0
		}
		w.mu.Unlock()
	}
	c.release()
	w.loop.reception.recheck()
	return transport.Explain(err)
}
