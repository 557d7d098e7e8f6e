package chaos_test

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bordergw/e2e/faults/rig"
)

var (
	duration = flag.Duration("time", 12*time.Second, "how long the mix goes on")
	seed     = flag.Uint64("seed", 0, "of the random steps; 0 is a new one")
	switches = flag.Int("switches", 5, "number of switches, 2 to 200")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestChaos is the run. Quiet comes once on half the way and once in the end.
func TestChaos(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("again with: -args -time %s -seed %d -switches %d", *duration, *seed, *switches)
	w := newWorld(t, *seed, *switches)
	began := time.Now()
	w.turmoil(began.Add(*duration / 2))
	took := w.quiet()
	t.Logf("half way: %d steps, in sync after %s", w.steps, took.Round(time.Millisecond))
	heap, goroutines := heapInUse(), runtime.NumGoroutine()

	w.turmoil(time.Now().Add(*duration / 2))
	took = w.quiet()
	t.Logf("%d steps %v, in sync after %s", w.steps, w.count, took.Round(time.Millisecond))
	after := heapInUse()
	t.Logf("heap %d KiB half way, %d KiB in the end", heap>>10, after>>10)
	require.Less(t, after, heap+heap/2+(8<<20), "memory is flat")
	rig.Eventually(t, rig.Patience, func() error {
		if n := runtime.NumGoroutine(); n > goroutines+10 {
			return fmt.Errorf("%d goroutines, %d half way", n, goroutines)
		}
		return nil
	})
	w.nothingLeftToSay()
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
