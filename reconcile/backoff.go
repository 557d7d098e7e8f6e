package reconcile

import (
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

// retries tell how long to wait before the next attempt at a session: longer each time, and
// forever.
type retries struct{ *backoff.ExponentialBackOff }

func newRetries() retries {
	return retries{backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(500*time.Millisecond),
		backoff.WithMaxInterval(maxBackoff),
		backoff.WithMaxElapsedTime(0), // forever
	)}
}

// delay is how long to wait after a session that lasted some time, or an attempt at one,
// which lasted none. A switch that is expected is not waited for long.
func (r retries) delay(err error, lasted time.Duration, expected bool) time.Duration {
	switch {
	case refused(err):
	case lasted > steadyAfter:
		r.Reset()
	case errors.Is(err, ovsdb.ErrProtocol):
		return quarantine
	}
	r.MaxInterval = maxDelay(err, expected)
	return min(r.NextBackOff(), r.MaxInterval) // jitter may lead past the maximum
}

// maxDelay is how long the wait after an error may grow. A switch that was in
// sync not long ago is expected back, whatever answers in its place.
func maxDelay(err error, expected bool) time.Duration {
	switch {
	case errors.As(err, new(connector.DrivenElsewhere)):
		return maxElsewhereBackoff
	case refused(err):
		return maxRefusedBackoff
	case !errors.Is(err, ovsdb.ErrNoAnswer) || expected:
		return maxBackoff
	}
	return maxMuteBackoff
}

// refused reports whether a switch was reached and is not this registration's to drive.
func refused(err error) bool {
	return errors.As(err, new(connector.NotDriven)) || errors.As(err, new(connector.DrivenElsewhere))
}
