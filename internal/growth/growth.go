// Package growth measures in tests how the cost of something grows with its size.
package growth

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Factor is how much larger the second of two sizes is.
const Factor = 16

// rounds is how often both sizes are measured again before they count as too far apart.
const rounds = 3

// Linear requires that a size that is Factor times as large costs nowhere near the
// square of that. What counts is the processor time of the calling thread, so that other
// work on the machine does not matter.
func Linear(t testing.TB, small, large func()) {
	t.Helper()
	one, many := least(small), least(large)
	for range rounds { // caches are shared with other work
		if many >= 5*Factor*one {
			one, many = min(one, least(small)), min(many, least(large))
		}
	}
	require.Less(t, many, 5*Factor*one, "a size costs %s, one %d times as large %s", one, Factor, many)
}

// least is the lowest cost of a few attempts.
func least(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := time.Hour
	for range 5 {
		began := spent()
		f()
		best = min(best, spent()-began)
	}
	return best
}

func spent() time.Duration {
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at); err != nil {
		panic(err) // every Linux has it
	}
	return time.Duration(at.Nano())
}
