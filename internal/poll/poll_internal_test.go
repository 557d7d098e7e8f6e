package poll

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// recorder is a test that goes on when it has failed.
type recorder struct {
	testing.TB
	failure string
}

func (r *recorder) Helper() {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure is with what do fails.
func failure(do func(testing.TB)) string {
	r := &recorder{}
	var ended sync.WaitGroup
	ended.Go(func() { do(r) })
	ended.Wait()
	return r.failure
}

func TestUntil(t *testing.T) {
	looks := 0
	Until(t, time.Minute, func() error {
		if looks++; looks < 5 {
			return errors.New("not yet")
		}
		return nil
	})
	require.Equal(t, 5, looks)
	synctest.Test(t, func(t *testing.T) { // what is never so ends at the latest after the overtime
		began := time.Now()
		require.Contains(t, failure(func(tb testing.TB) { Until(tb, time.Second, func() error { return errors.New("never") }) }), "never")
		require.LessOrEqual(t, time.Since(began), overtime+2*time.Second)
		require.Greater(t, time.Since(began), time.Second)
	})
}

func TestThroughout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		require.Empty(t, failure(func(tb testing.TB) { Throughout(tb, time.Second, func() error { return nil }) }))
		require.Greater(t, time.Since(began), time.Second)
		require.Contains(t, failure(func(tb testing.TB) {
			Throughout(tb, time.Second, func() error {
				if time.Since(began) > 1500*time.Millisecond {
					return errors.New("it changed")
				}
				return nil
			})
		}), "it changed")
	})
}

// TestBudget: time counts unless more want a processor than there are.
func TestBudget(t *testing.T) {
	var busy sync.WaitGroup
	defer busy.Wait()
	var over atomic.Bool
	defer over.Store(true)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4 * runtime.NumCPU()))
	for range 4 * runtime.NumCPU() {
		busy.Go(func() {
			for !over.Load() {
			}
		})
	}
	for !contended() {
		runtime.Gosched()
	}
	w, began := Start(t), time.Now()
	for time.Since(began) < 500*time.Millisecond {
		runtime.Gosched()
	}
	require.Less(t, w.Counted(), 250*time.Millisecond)
}

func TestNumber(t *testing.T) {
	stat := []byte("cpu 1 2\nprocs_running 3\nprocs_blocked 10\n")
	require.Equal(t, 3, number(stat, "procs_running"))
	require.Equal(t, 10, number(stat, "procs_blocked"))
	require.Zero(t, number(stat, "other"))
	real, err := os.ReadFile("/proc/stat")
	require.NoError(t, err)
	require.Positive(t, number(real, "procs_running"), "this test runs")
}
