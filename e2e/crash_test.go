package e2e_test

import (
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

const (
	kills = 100
	// calm is the number of changes before the first kill.
	calm = 200
	// A life ends some changes after the API listens (none to most), and up to
	// moment later.
	most   = 6
	moment = 30 * time.Millisecond
)

// TestKill (F-10, F-65): killed a hundred times at any moment while definitions
// change, the controller brings all databases to what was defined, keeps what
// it acknowledged, and leaves alone what is not its own.
func TestKill(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	racks := []*rack{
		newRack(t, "tor1", map[string]string{"tor1": "192.0.2.1", "tor2": "192.0.2.2"}),
		newRack(t, "tor3", map[string]string{"tor3": "192.0.2.3"}),
		newRack(t, "tor4", map[string]string{"tor4": "192.0.2.4"}),
	}
	c := start(t)
	theirs, untouched := map[*rack][]string{}, map[*rack]string{}
	for _, r := range racks {
		r.device = c.register(r.stands, r.Server)
		theirs[r], untouched[r] = picture(r.Server), inventory(r.Server)
	}
	c.settled()

	s := newStorm(c, racks, seed)
	killed := killOften(c, s, rand.New(rand.NewPCG(seed, 2)))
	require.NoError(t, s.failure)
	require.Equal(t, kills, killed)

	c.settled()
	d := c.definitions()
	require.NotEmpty(t, d.Connections, "seed %d leaves nothing to compare", seed)
	want := expect(d, racks)
	t.Logf("%d changes were acknowledged; the switches hold %d, %d and %d rows for %d connections",
		s.accepted.Load(), len(want[racks[0]]), len(want[racks[1]]), len(want[racks[2]]), len(d.Connections))
	for _, r := range racks {
		holds(t, r.Server, append(want[r], theirs[r]...)...)
		require.Equal(t, untouched[r], inventory(r.Server))
	}
	require.NoError(t, c.nothingPlanned(len(racks)))
	s.checkAcknowledged()
	emptied(c, d)
	for _, r := range racks {
		holds(t, r.Server, theirs[r]...)
	}
}

// newRack starts a database with switches and with rows of somebody else.
func newRack(t *testing.T, stands string, tunnels map[string]string) *rack {
	r := &rack{Server: ovsdbtest.Start(t), stands: stands, tunnels: tunnels}
	for name, ip := range tunnels {
		r.AddSwitch(name, ip, "p1", "p2")
	}
	r.VtepCtl("add-ls", "foreign", "--", "set", "Logical_Switch", "foreign", "tunnel_key=99",
		"--", "bind-ls", stands, "p1", "4000", "foreign",
		"--", "add-ucast-remote", "foreign", "00:ff:00:00:00:01", "198.51.100.1",
		"--", "add-mcast-remote", "foreign", "unknown-dst", "198.51.100.1")
	return r
}

// killOften ends with a controller that runs and a storm that is over, and
// returns how often it has killed.
func killOften(c *controller, s *storm, rng *rand.Rand) (killed int) {
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		s.run(stop)
	}()
	defer func() {
		close(stop)
		<-over
	}()
	alive := s.after(calm, over)
	for ; alive && killed < kills; killed++ {
		<-time.After(time.Duration(rng.Int64N(int64(moment))))
		c.kill()
		c.run()
		alive = s.after(rng.Int64N(most+1), over)
	}
	return killed
}

// after waits for some more changes, and reports whether the storm goes on. Each has the time that a change may take.
func (s *storm) after(changes int64, over <-chan struct{}) (alive bool) {
	for alive = true; alive && changes > 0; changes-- {
		alive = s.another(over)
	}
	return alive
}

func (s *storm) another(over <-chan struct{}) (alive bool) {
	seen := s.accepted.Load()
	poll.True(s.c.t, patience, "the storm makes a change", func() bool {
		select {
		case <-over:
			return true
		default:
			alive = s.accepted.Load() > seen
			return alive
		}
	})
	return alive
}

// checkAcknowledged: an answer is a promise.
func (s *storm) checkAcknowledged() {
	s.c.t.Helper()
	for status, paths := range map[int]map[string]bool{http.StatusOK: s.made, http.StatusNotFound: s.gone} {
		for path := range paths {
			a, err := s.c.try(http.MethodGet, path, nil)
			require.NoError(s.c.t, err)
			require.Equal(s.c.t, status, a.status, path)
		}
	}
}

// emptied removes all connections.
func emptied(c *controller, d definitions) {
	c.t.Helper()
	for _, conn := range d.Connections {
		c.remove(connections, conn.ID)
	}
}
