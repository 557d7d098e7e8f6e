package poll

import (
	"errors"
	"testing"
	"time"
)

const (
	// shortest and longest bound the pause between two looks, which grows.
	shortest, longest = time.Millisecond, 10 * time.Millisecond
	// overtime bounds the wall time beyond a limit: a machine may be busy for ever.
	overtime = 2 * time.Minute
)

// Until calls check until it finds nothing wrong, and returns the wall time that
// took. It fails the test when the limit is spent and check still finds a fault.
func Until(t testing.TB, limit time.Duration, check func() error) time.Duration {
	t.Helper()
	began := time.Now()
	spent := newBudget()
	for pause := shortest; ; pause = min(2*pause, longest) {
		err := check()
		took := time.Since(began)
		if err == nil {
			return took
		}
		if counted := spent.count(); counted > limit || took > limit+overtime {
			t.Fatalf("not within %s (%s by the clock, the rest without a free processor or disk): %v",
				counted.Round(time.Millisecond), took.Round(time.Millisecond), err)
		}
		time.Sleep(pause)
	}
}

// True is Until for a condition that has nothing to report but what it is.
func True(t testing.TB, limit time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	return Until(t, limit, func() error {
		if ok() {
			return nil
		}
		return errors.New("not so: " + what)
	})
}

// Throughout calls check for a time, at least once, and fails the test when it
// finds a fault.
func Throughout(t testing.TB, during time.Duration, check func() error) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(longest) {
		if err := check(); err != nil {
			t.Fatalf("after %s: %v", time.Since(began).Round(time.Millisecond), err)
		}
		if time.Since(began) > during {
			return
		}
	}
}
