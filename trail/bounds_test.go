package trail

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"bordergw/model"
)

func TestEventsAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.stop()
		f.run(func(o *Options) { o.Events = 100 })
		for range 12 {
			for range 100 {
				f.Happened(model.Event{Type: "a", Object: device("sw")})
			}
			f.events(time.Second)
		}
		r, _ := f.Range()
		require.Equal(t, uint64(100), r.Last-r.First+1)
		page, err := f.Page(model.EventQuery{Epoch: r.Epoch, From: 7, Limit: 1})
		require.NoError(t, err)
		require.True(t, page.Gap)
		require.Equal(t, r.First, page.Events[0].ID.Seq)

		time.Sleep(31 * 24 * time.Hour)
		require.Len(t, f.all(), 1, "the newest one tells the next number")
		f.Happened(model.Event{Type: "b", Object: device("sw")})
		after := f.events(time.Second)
		require.Equal(t, fmt.Sprintf("%08x-%d", r.Epoch, r.Last+1), after[len(after)-1].ID)
	})
}

func TestPlacesAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		now := seen(world(), "sw1", "sw2")
		for i := range 20 {
			now = now.with([]string{"sw1", "sw2"}[i%2], numbers(0, 20)...)
			f.MACs(now)
			f.events(time.Second)
		}
		require.LessOrEqual(t, f.count(macsBucket), 50+20)
		require.Equal(t, f.count(macsBucket), f.count(orderBucket))
		time.Sleep(31 * 24 * time.Hour)
		require.Equal(t, 20, f.count(openBucket), "where a MAC is stays known")
		require.LessOrEqual(t, f.count(macsBucket), 1)
	}, func(b *bounds) { b.places = 50 })
}

// TestFileIsBounded: a file that is nearly full makes room for what comes.
func TestFileIsBounded(t *testing.T) {
	const most = 4 << 20
	inBubble(t, func(t *testing.T, f *fixture) {
		for range 20 {
			for range 500 {
				f.Happened(model.Event{Type: "a", Object: device("sw"), Message: strings.Repeat("x", 1000)})
			}
			f.events(time.Second)
		}
		info, err := os.Stat(f.path)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(most)*3/2)
		r, _ := f.Range()
		require.Greater(t, r.First, uint64(1))
		require.Greater(t, r.Last-r.First, uint64(500))
	}, func(b *bounds) { b.bytes = most })
}

// TestCommitsAreFew: what is reported without pause costs a commit each 50 ms at most.
func TestCommitsAreFew(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.events(time.Second)
		before := f.transactions()
		for range 1000 {
			f.Happened(model.Event{Type: "a", Object: device("sw")})
			time.Sleep(time.Millisecond)
		}
		f.events(time.Second)
		require.LessOrEqual(t, f.transactions()-before, 22)
		before = f.transactions()
		f.events(10 * time.Minute)
		require.Equal(t, before, f.transactions(), "nothing happens, nothing is written")
	})
}

// transactions is the number of commits so far.
func (f *fixture) transactions() (n int) {
	require.NoError(f.t, f.present.Load().file.view(func(tx *bolt.Tx) error {
		n = tx.ID()
		return nil
	}))
	return n
}

// TestRefusedWrites: what is reported while the disk refuses is written when it takes it again,
// as far as it fits, and whoever reports never waits.
func TestRefusedWrites(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.events(time.Second)
		f.refuse.Store(true)
		f.audit.add(&model.AuditRecord{Action: "create", Resource: "network", ResourceID: "n"})
		for range maxQueued + 10_000 {
			f.Happened(model.Event{Type: "a", Object: device("sw")})
		}
		f.events(10 * time.Second)
		for range 2 * maxQueued {
			f.Happened(model.Event{Type: "a", Object: device("sw")})
		}
		f.events(10 * time.Second)
		f.refuse.Store(false)
		counts := map[string]int{}
		for _, e := range f.events(time.Minute) {
			counts[e.Type]++
			if e.Type == "history.dropped" {
				counts["lost"] += int(e.Data["n"].(float64))
			}
		}
		require.Equal(t, 3*maxQueued+10_000, counts["a"]+counts["lost"])
		require.GreaterOrEqual(t, counts["a"], maxQueued)
		require.Equal(t, 1, counts["definition.created"])
	})
}

// TestBacklogIsBounded: events that come faster than they can be written are dropped; they do not
// wait in memory without end.
func TestBacklogIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.events(time.Second)
		const rounds = 8
		for range rounds {
			for range maxQueued {
				f.Happened(model.Event{Type: "a", Object: device("sw")})
			}
			time.Sleep(commitGap + time.Millisecond)
		}
		lost, written := 0, 0
		for _, e := range f.events(time.Second) {
			switch e.Type {
			case "a":
				written++
			case "history.dropped":
				lost += int(e.Data["n"].(float64))
			}
		}
		require.Equal(t, rounds*maxQueued, written+lost, "what was left in the queue is written without a new event")
		// Each round one batch is written; two times maxQueued may wait.
		require.Greater(t, lost, (rounds-2)*maxQueued-(rounds+2)*maxBatch)
	})
}
