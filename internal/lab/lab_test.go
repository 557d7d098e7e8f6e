package lab_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bordergw/internal/lab"
	"bordergw/internal/poll"
)

func TestMain(m *testing.M) { os.Exit(lab.RunTests(m)) }

// up starts a lab in a directory of the private /run and stops it when the test ends.
func up(t *testing.T, cfg lab.Config) *lab.Lab {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "lab")
	require.NoError(t, err)
	cfg.Dir = dir
	l, err := lab.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		goleak.VerifyNone(t)
	})
	require.NoError(t, l.Up(soon(t)))
	return l
}

func two() lab.Config {
	return lab.Config{Switches: []lab.SwitchConfig{{Name: "sw1"}, {Name: "sw2"}}}
}

const patience = time.Minute

// soon bounds what takes a second or two, on a machine that is busy with other things.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func vtepCtl(t *testing.T, s *lab.Switch, args ...string) string {
	t.Helper()
	out, err := s.VtepCtl(soon(t), args...)
	require.NoError(t, err)
	return out
}

// join does on one switch what a controller would: a logical switch, flooding to the peer, and a binding last.
func join(t *testing.T, s, peer *lab.Switch, name string, vni int, port string, vlan int) {
	t.Helper()
	vtepCtl(t, s, "add-ls", name, "--", "set", "Logical_Switch", name, fmt.Sprint("tunnel_key=", vni),
		"--", "add-mcast-remote", name, "unknown-dst", peer.TunnelIP().String(),
		"--", "bind-ls", s.Name, port, fmt.Sprint(vlan), name)
}

// silent asserts that a ping is not answered; only meaningful after one on the same path was.
func silent(t *testing.T, l *lab.Lab, from, to string) {
	t.Helper()
	_, err := l.Host(from).Run(soon(t), "ping", "-q", "-c", "2", "-i", "0.2", "-W", "1", l.Host(to).IP.String())
	require.Error(t, err, "%s reaches %s", from, to)
}

func TestFrames(t *testing.T) {
	l := up(t, two())
	sw1, sw2 := l.Switch("sw1"), l.Switch("sw2")
	join(t, sw1, sw2, "flat", 5001, "p1", 0)
	join(t, sw2, sw1, "flat", 5001, "p1", 0)
	join(t, sw1, sw2, "tagged", 5100, "p2", 100)
	join(t, sw2, sw1, "tagged", 5100, "p2", 200)

	c, err := l.Capture(sw1)
	require.NoError(t, err)
	require.NoError(t, l.Ping(soon(t), "h1", "h2"))
	packets, err := c.Stop()
	require.NoError(t, err)
	require.NotEmpty(t, packets)
	for _, p := range packets {
		require.Equal(t, []any{sw2.TunnelIP(), uint32(5001)}, []any{p.To, p.VNI})
	}
	for s, h := range map[*lab.Switch]string{sw1: "h1", sw2: "h2"} {
		poll.True(t, patience, s.Name+" learns the MAC of "+h, func() bool {
			return strings.Contains(vtepCtl(t, s, "list-local-macs", "flat"), l.Host(h).MAC)
		})
	}

	require.NoError(t, l.Ping(soon(t), "t1", "u2"), "VLAN 100 to VLAN 200")
	silent(t, l, "t1", "t2")

	heard(t, l, "h1", "h2")
	answered(t, l, "h1", "h2")
	_, err = l.Move(soon(t), "u2", sw2, sw1, 100)
	require.NoError(t, err)
	require.NoError(t, l.Ping(soon(t), "t1", "u2"), "both behind one switch")

	require.NoError(t, l.SetUnderlay(soon(t), sw2, false))
	silent(t, l, "h1", "h2")
	require.NoError(t, l.SetUnderlay(soon(t), sw2, true))
	require.NoError(t, sw1.RestartEmulator(soon(t)))
	require.NoError(t, l.Ping(soon(t), "h1", "h2"))
}

// heard asserts that a broadcast arrives once, and not at its sender.
func heard(t *testing.T, l *lab.Lab, from, to string) {
	t.Helper()
	ears := map[string]*lab.Ear{}
	for _, name := range []string{from, to} {
		ear, err := l.Host(name).Listen()
		require.NoError(t, err)
		defer func() { require.NoError(t, ear.Close()) }()
		ears[name] = ear
	}
	require.NoError(t, l.Host(from).Broadcast("anybody there"))
	poll.True(t, patience, "it is heard once", func() bool { return ears[to].Heard("anybody there") == 1 })
	require.Zero(t, ears[from].Heard("anybody there"))
}

// answered asserts that a stream between hosts that reach each other loses nothing.
func answered(t *testing.T, l *lab.Lab, from, to string) {
	t.Helper()
	s, err := l.Stream(from, to, 200*time.Millisecond)
	require.NoError(t, err)
	poll.True(t, patience, "three are answered", func() bool { return s.Answers() >= 3 })
	loss, err := s.Stop()
	require.NoError(t, err)
	require.Equal(t, loss.Sent, loss.Answered)
}

func TestFaults(t *testing.T) {
	l := up(t, lab.Config{Switches: []lab.SwitchConfig{{Name: "sw1"}}})
	s := l.Switch("sw1")
	endpoint := s.Endpoint()
	vtepCtl(t, s, "add-ls", "kept")

	require.NoError(t, s.RestartDB(soon(t)))
	require.Equal(t, endpoint, s.Endpoint())
	require.Equal(t, "kept", vtepCtl(t, s, "list-ls"))

	s.Crash()
	require.NoError(t, s.Boot(soon(t)))
	require.Equal(t, endpoint, s.Endpoint())
	require.Equal(t, "kept", vtepCtl(t, s, "list-ls"))

	port := vtepCtl(t, s, "--bare", "--columns=_uuid", "find", "Physical_Port", "name=p1")
	require.NoError(t, s.FlapPort(soon(t), "p1"))
	require.NotEqual(t, port, vtepCtl(t, s, "--bare", "--columns=_uuid", "find", "Physical_Port", "name=p1"))

	require.NoError(t, s.WipeDB(soon(t)))
	require.Empty(t, vtepCtl(t, s, "list-ls"))
	require.Equal(t, "p1\np2", vtepCtl(t, s, "list-ports", "sw1"))
}

func TestSites(t *testing.T) {
	l := up(t, lab.Config{Switches: []lab.SwitchConfig{
		{Name: "leaf", Site: "a"}, {Name: "bgw1", Site: "a", Border: true}, {Name: "bgw2", Site: "b", Border: true},
	}})
	reach := func(from, to string) error {
		return l.PingUnderlay(soon(t), l.Switch(from), l.Switch(to))
	}
	require.Equal(t, "10.250.2.3", l.Switch("bgw2").TunnelIP().String())
	require.NoError(t, reach("leaf", "bgw1"))
	require.NoError(t, reach("bgw1", "bgw2"))
	require.Error(t, reach("leaf", "bgw2"))
}

func TestDatabaseOnly(t *testing.T) {
	cfg := two()
	cfg.DatabaseOnly = true
	cfg.Switches[1].Cable = true
	l := up(t, cfg)
	for s, ports := range map[*lab.Switch]string{l.Switch("sw1"): "p1\np2", l.Switch("sw2"): "p1\np2\nxa\nxb"} {
		require.Equal(t, ports, vtepCtl(t, s, "list-ports", s.Name))
		require.Contains(t, vtepCtl(t, s, "list", "Physical_Switch"), s.TunnelIP().String())
	}
	require.NotEqual(t, l.Switch("sw1").Endpoint(), l.Switch("sw2").Endpoint())
	require.NoError(t, l.Switch("sw1").WipeDB(soon(t)))
	require.Equal(t, "p1\np2", vtepCtl(t, l.Switch("sw1"), "list-ports", "sw1"))
}

func TestRefused(t *testing.T) {
	for name, cfg := range map[string]lab.Config{
		"none":      {},
		"long name": {Switches: []lab.SwitchConfig{{Name: "leaf12"}}},
		"same name": {Switches: []lab.SwitchConfig{{Name: "sw1"}, {Name: "sw1"}}},
	} {
		_, err := lab.New(cfg)
		require.Error(t, err, name)
	}
}

func TestPortTaken(t *testing.T) {
	first := up(t, lab.Config{Switches: []lab.SwitchConfig{{Name: "sw1"}}, DatabaseOnly: true, FirstPort: 16640})
	require.Equal(t, "127.0.0.1:16640", first.Switch("sw1").Endpoint().String())
	second, err := lab.New(lab.Config{Switches: two().Switches[:1], DatabaseOnly: true, FirstPort: 16640, Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()
	require.ErrorContains(t, second.Up(soon(t)), "in use")
}
