package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"

	"bordergw/reconcile/connector"
	"bordergw/vtep/ovsdb"
)

const (
	// maxBackoff is short: a switch that comes back with what it held before may
	// hold what another one has taken over meanwhile.
	maxBackoff = 5 * time.Second
	// maxMuteBackoff is for what accepts connections and does not speak OVSDB:
	// most likely it is no switch.
	maxMuteBackoff = 30 * time.Second
	// maxRefusedBackoff is for a switch that is reached and is not this registration's to
	// drive. Finding that out reads its whole database.
	maxRefusedBackoff = 30 * time.Second
	// maxElsewhereBackoff is for one that another registration drives. The end of that is
	// noticed at once.
	maxElsewhereBackoff = 10 * time.Minute
	dialTimeout         = 5 * time.Second
	// A session that lasted this long starts the next backoff afresh.
	steadyAfter = 10 * time.Second
	// quarantine is how long a peer is left alone that sends what no switch does.
	quarantine = time.Minute
	// storeRetry is when the store is given again what it could not take.
	storeRetry = 5 * time.Second
)

// delay is how long to wait after a session, or an attempt at one.
func (w *worker) delay(retry *backoff.ExponentialBackOff, err error) time.Duration {
	switch {
	case refused(err):
	case !w.session.began.IsZero() && time.Since(w.session.began) > steadyAfter:
		retry.Reset()
	case errors.Is(err, ovsdb.ErrProtocol):
		return quarantine
	}
	retry.MaxInterval = w.maxDelay(err)
	return min(retry.NextBackOff(), retry.MaxInterval) // jitter may lead past the maximum
}

// maxDelay is how long the wait after an error may grow. A switch that was in
// line not long ago is expected back, whatever answers in its place.
func (w *worker) maxDelay(err error) time.Duration {
	st := w.state()
	switch {
	case errors.As(err, new(connector.DrivenElsewhere)):
		return maxElsewhereBackoff
	case refused(err):
		return maxRefusedBackoff
	case !errors.Is(err, ovsdb.ErrNoAnswer) || st.expected(w.loop.opts.Hold):
		return maxBackoff
	}
	return maxMuteBackoff
}

// refused reports whether a switch was reached and is not this registration's to drive.
func refused(err error) bool {
	return errors.As(err, new(connector.NotDriven)) || errors.As(err, new(connector.DrivenElsewhere))
}

// rest waits before the next attempt. A switch that dials in ends it, and so does one
// that nobody drives any more, or redialGap once the switch has been failed over.
func (w *worker) rest(ctx context.Context, d time.Duration) {
	if connector.Listens(w.device.Load()) {
		return // connect waits
	}
	t, look := time.NewTimer(d), time.NewTicker(redialGap)
	defer t.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			return
		case <-w.seat.Offered():
			return
		case <-w.seat.Freed():
			return
		case <-look.C:
			if w.failedOver.Load() && d < quarantine {
				return
			}
		}
	}
}
