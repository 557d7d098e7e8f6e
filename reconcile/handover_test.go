package reconcile_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
)

// splice has a switch dial in over a connection that the test holds.
type splice struct {
	silent atomic.Bool // drop what comes: the line is dead, and nobody knows
	ends   []net.Conn
	done   sync.WaitGroup
}

func newSplice(t *testing.T, sw *ovsdbtest.Server, address string) *splice {
	t.Helper()
	s := &splice{}
	for _, to := range []string{strings.TrimPrefix(sw.TCP(), "tcp:"), address} {
		c, err := net.Dial("tcp", to)
		require.NoError(t, err)
		s.ends = append(s.ends, c)
	}
	for i := range s.ends {
		s.done.Go(func() { _, _ = io.Copy(s.to(1-i), s.ends[i]); _ = s.ends[1-i].Close() })
	}
	t.Cleanup(s.close)
	return s
}

func (s *splice) close() {
	_ = s.ends[0].Close()
	_ = s.ends[1].Close()
	s.done.Wait()
}

func (s *splice) to(end int) io.Writer {
	return writer(func(b []byte) (int, error) {
		if s.silent.Load() {
			return len(b), nil
		}
		return s.ends[end].Write(b)
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// F-06, F-09: a switch reboots again and again, and its old sessions are half
// open. Each time the newest is used at once.
func TestF09HalfOpenSessionIsReplaced(t *testing.T) {
	g := newPlainGate(t)
	sw := newSwitch(t, "sw1", "192.0.2.1")
	id := g.register(listener("sw1"))
	for n := 1; n <= 6; n++ {
		line := newSplice(t, sw, g.addresses[0])
		g.eventually(func() bool { return g.sessions(id) == n }, "session %d is used", n)
		g.reaches(id, model.DeviceInSync)
		line.silent.Store(true)
	}
	newSplice(t, sw, g.addresses[0])
	g.active(g.connect(g.network(), "", &tor{name: "sw1"}))
	require.Equal(t, 7, g.sessions(id))
}
