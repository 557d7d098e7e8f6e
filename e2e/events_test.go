package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

// happened is an event of the history.
type happened struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Message string         `json:"message"`
	Data    map[string]any `json:"data"`
}

// follower reads the stream of events, from where it was, as long as the controller lives.
type follower struct {
	mu   sync.Mutex
	last string
	seen map[string]string // JSON, by id
	gaps int
	// changed: an id came twice with another event.
	changed string
}

// follow reads one stream to its end.
func (f *follower) follow(url string) {
	req, err := http.NewRequest(http.MethodGet, url+"/v1/events", nil)
	if err != nil {
		return
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Last-Event-ID", f.last)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	id := ""
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case field == "id":
			id = value
		case field == "event" && value == "gap":
			f.mu.Lock()
			f.gaps++
			f.mu.Unlock()
		case field == "data" && id != "":
			f.note(id, value)
		}
	}
}

func (f *follower) note(id, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if was, twice := f.seen[id]; twice && was != text {
		f.changed = was + " " + text
	}
	f.seen[id], f.last = text, id
}

func (f *follower) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.seen)
}

// history lists all events, the oldest first.
func (c *controller) history() (out []happened) {
	c.t.Helper()
	text, errOut, code := c.cli("events", "-o", "json", "--since", "24h")
	require.Zero(c.t, code, errOut)
	for line := range strings.Lines(text) {
		var e happened
		require.NoError(c.t, json.Unmarshal([]byte(line), &e))
		out = append(out, e)
	}
	return out
}

// number is that of an event in its file.
func (e *happened) number(t testing.TB) int {
	_, text, _ := strings.Cut(e.ID, "-")
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// TestEventsSurviveKills: killed while definitions change, the history goes on: no id means
// two things, none that a client was given is missing, and each change is an event once.
func TestEventsSurviveKills(t *testing.T) {
	t.Parallel()
	c := start(t)
	f := &follower{seen: map[string]string{}}
	f.last = c.history()[0].ID
	const lives, changes = 6, 150
	for life := range lives {
		var running sync.WaitGroup
		running.Go(func() { f.follow(c.url()) })
		before := f.count()
		for client := range 4 {
			running.Go(func() {
				for i := range changes {
					name := fmt.Sprintf("n%d-%d-%d", life, client, i)
					if _, err := c.try(http.MethodPost, networks, object{"network": object{"name": name}}); err != nil {
						return // it was killed
					}
				}
			})
		}
		poll.True(t, patience, "events come", func() bool { return f.count() > before+changes })
		c.kill()
		running.Wait()
		c.run()
	}
	var audit struct {
		Audit []struct{ Seq int }
	}
	a, err := c.try(http.MethodGet, "/v1/audit?limit=0", nil)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(a.text), &audit))
	var all []happened
	eventually(t, patience, func() error {
		all = c.history()
		if n := changesIn(all); n != len(audit.Audit) {
			return fmt.Errorf("%d changes are events, of %d", n, len(audit.Audit))
		}
		return nil
	})
	ids, revisions, unclean := map[string]bool{}, map[int]bool{}, 0
	for i := range all {
		require.Equal(t, all[0].number(t)+i, all[i].number(t), "no gap")
		ids[all[i].ID] = true
		if strings.HasPrefix(all[i].Type, "definition.") {
			seq := int(all[i].Data["revision"].(float64))
			require.False(t, revisions[seq], "twice")
			revisions[seq] = true
		}
		if all[i].Type == "daemon.started" && all[i].Data["clean"] == false {
			unclean++
		}
	}
	require.Equal(t, lives, unclean)
	require.Empty(t, f.changed)
	require.Zero(t, f.gaps)
	for id := range f.seen {
		require.True(t, ids[id], "%s was given out", id)
	}
	t.Logf("%d events, %d of changes; clients saw %d", len(all), len(revisions), len(f.seen))
}

func changesIn(all []happened) (n int) {
	for i := range all {
		if strings.HasPrefix(all[i].Type, "definition.") {
			n++
		}
	}
	return n
}

// TestDamagedHistoryIsBegunAnew: nothing depends on it.
func TestDamagedHistoryIsBegunAnew(t *testing.T) {
	t.Parallel()
	c := start(t)
	last := c.history()[0].ID
	c.stop()
	path := filepath.Join(c.dir, "history.db")
	require.NoError(t, os.Truncate(path, 5000))
	c.run()
	require.Equal(t, "history.begun", c.history()[0].Type)
	aside, err := filepath.Glob(path + ".damaged-*")
	require.NoError(t, err)
	require.Len(t, aside, 1)
	a, err := c.try(http.MethodGet, "/v1/events?after="+last, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusGone, a.status)
	require.Contains(t, a.text, "HistoryGone")
}
