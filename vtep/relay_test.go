package vtep_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// gate is between a relay and its source: while it is closed, what the source
// says is kept.
type gate struct {
	mu     sync.Mutex
	to     io.Writer
	closed bool
	kept   bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return g.kept.Write(p)
	}
	return g.to.Write(p)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *gate) open(t testing.TB) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = false
	_, err := g.kept.WriteTo(g.to)
	require.NoError(t, err)
}

// relay starts a relay of a server. It returns its address and the gate.
func relay(t testing.TB, source *ovsdbtest.Server) (string, *gate) {
	dir, g := t.TempDir(), &gate{}
	socket, err := net.Listen("unix", filepath.Join(dir, "gate"))
	require.NoError(t, err)
	cmd := exec.Command("ovsdb-server", "--no-chdir", "--unixctl="+filepath.Join(dir, "ctl"), "--log-file="+filepath.Join(dir, "log"),
		"--verbose=console:off", "--remote=punix:"+filepath.Join(dir, "relay"), "relay:hardware_vtep:unix:"+socket.Addr().String())
	require.NoError(t, cmd.Start())
	client, err := socket.Accept()
	require.NoError(t, err)
	server, err := ovsdb.Dial(t.Context(), source.Unix(), nil)
	require.NoError(t, err)
	g.to = client
	var copying sync.WaitGroup
	copying.Go(func() { _, _ = io.Copy(server, client) }) // ends with the connections
	copying.Go(func() { _, _ = io.Copy(g, server) })
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		client.Close()
		server.Close()
		socket.Close()
		copying.Wait()
	})
	return "unix:" + filepath.Join(dir, "relay"), g
}

// openAt waits for a server that is starting.
func openAt(t testing.TB, address string) (s *vtep.Session) {
	poll.Until(t, patience, func() error {
		conn, err := ovsdb.Dial(t.Context(), address, nil)
		if err == nil {
			s, err = vtep.Open(t.Context(), conn, vtep.Opening{})
		}
		return err
	})
	t.Cleanup(func() {
		s.Close()
		<-s.Done()
	})
	return s
}

// A relay reports the net effect of our insert and of an external writer's change at
// once, ahead of the reply (F-55): the row differs from our insert.
func TestRelayReportsInsertAndChangeAtOnce(t *testing.T) {
	const have = "switch sw1 10.0.0.1\nls net-a key 100 config bordergw=us\nls theirs key 900\n" +
		"remote theirs 02:00:00:00:00:01 10.0.0.2\nremote theirs 02:00:00:00:00:01 10.0.0.3"
	for name, act := range map[string][]string{
		"moved": {"add-ucast-remote", "net-a", "02:00:00:00:00:07", "10.0.0.3"},
		"gone":  {"del-ucast-remote", "net-a", "02:00:00:00:00:07"},
	} {
		t.Run(name, func(t *testing.T) {
			source := seed(t, "1.7.0", have)
			address, gate := relay(t, source)
			s := openAt(t, address)
			plan := s.Plan(parseWant(t, "segment net-a 100\nmac net-a 02:00:00:00:00:07 10.0.0.2"), vtep.Whole)
			require.Len(t, plan.Ops, 1)
			gate.close()
			done := make(chan error, 1)
			go func() {
				_, err := s.Apply(t.Context(), plan)
				done <- err
			}()
			other := open(t, source, nil)
			poll.True(t, patience, "the insert has come to the source", func() bool {
				return other.Sync(t.Context(), vtep.Reported) == nil && len(of(other.Dump(), "net-a")) == 2
			})
			source.VtepCtl(act...)
			gate.open(t)
			require.NoError(t, <-done)
			poll.Until(t, patience, func() error {
				if err := s.Sync(t.Context(), vtep.Reported); err != nil {
					return err
				}
				if real := open(t, source, nil).Dump(); real != s.Dump() {
					return fmt.Errorf("the session believes\n%s\nand the source has\n%s", s.Dump(), real)
				}
				return nil
			})
		})
	}
}
