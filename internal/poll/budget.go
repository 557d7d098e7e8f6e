package poll

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
)

// budget counts the time in which the machine was free. It looks once per count,
// and takes what it sees for all the time since the look before.
type budget struct {
	last  time.Time
	spent time.Duration
}

func newBudget() *budget { return &budget{last: time.Now()} }

// count returns the free time so far.
func (b *budget) count() time.Duration {
	now := time.Now()
	if !contended() {
		b.spent += now.Sub(b.last)
	}
	b.last = now
	return b.spent
}

// Watch counts the free time from Start on.
type Watch struct {
	began time.Time
	mu    sync.Mutex
	b     *budget
}

// Start starts a Watch that runs until the test ends.
func Start(t testing.TB) *Watch {
	w := &Watch{began: time.Now(), b: newBudget()}
	over := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(longest)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				w.Counted()
			}
		}
	})
	t.Cleanup(func() {
		close(over)
		running.Wait()
	})
	return w
}

// Counted is the free time so far.
func (w *Watch) Counted() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.count()
}

// Stalled is the time so far that does not count.
func (w *Watch) Stalled() time.Duration {
	counted := w.Counted()
	return time.Since(w.began) - counted
}

// contended reports whether somebody waits for a processor or a disk.
func contended() bool {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return false // not Linux: all time counts
	}
	return number(stat, "procs_running") > runtime.NumCPU() || number(stat, "procs_blocked") > 0
}

// number finds "NAME N" at the start of a line of proc_stat(5).
func number(stat []byte, name string) int {
	_, rest, _ := bytes.Cut(stat, []byte("\n"+name+" "))
	text, _, _ := bytes.Cut(rest, []byte("\n"))
	n, _ := strconv.Atoi(string(text)) // 0 if the kernel does not say
	return n
}
