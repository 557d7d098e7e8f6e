package frames_test

import (
	"fmt"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
)

// pace of the pings by which losses are measured.
const pace = 200 * time.Millisecond

// measured pings from one host to another while something happens, and after it until there have been as many answers
// as the given time has without loss. Limits of what it returns are for a machine that is not busy: stalled is the
// time that was not so.
func (s *scene) measured(what, from, to string, after time.Duration, happens func()) (loss lab.Loss, stalled time.Duration) {
	s.Helper()
	s.reach(from, to)
	before := s.free.Stalled()
	stream, err := s.lab.Stream(from, to, pace)
	require.NoError(s, err)
	s.answers(stream, time.Second)
	happens()
	s.answers(stream, after)
	loss, err = stream.Stop()
	require.NoError(s, err)
	s.Logf("measured: | %s | %d of %d | %s |", what, loss.Sent-loss.Answered, loss.Sent, loss.Silence.Round(10*time.Millisecond))
	return loss, s.free.Stalled() - before
}

// answers waits for as many answers more as the stream has in a time without loss.
func (s *scene) answers(stream *lab.Stream, worth time.Duration) {
	s.Helper()
	want := stream.Answers() + int(worth/pace)
	eventually(s.T, patience, func() error {
		if got := stream.Answers(); got < want {
			return fmt.Errorf("%d of %d answers", got, want)
		}
		return nil
	})
}

// emulatorRound is how long the distribution's switch takes at most to see what has changed, on a busy machine: it looks
// once a second, and does with 30 to 150 child processes what it finds.
const emulatorRound = 6 * time.Second

// redialed is how long it takes at most until a switch that was away for a moment is dialled again.
const redialed = time.Second

// untilBound is how long it takes from now, when the switch's ports are there, until there is a binding.
// Time that the machine was busy does not count.
func (s *scene) untilBound(sw *lab.Switch) time.Duration {
	s.Helper()
	p := probe{address: sw.Endpoint().String()}
	defer p.close()
	began := s.free.Counted()
	eventually(s.T, patience, func() error {
		if !p.bound() {
			return fmt.Errorf("no port of %s is bound", sw.Name)
		}
		return nil
	})
	took := s.free.Counted() - began
	s.Logf("ports of %s are bound after %s", sw.Name, ms(took))
	return took
}

// faults lets everything fail that can, under ping.
func faults(s *scene) {
	for _, name := range []string{"sw1", "sw2", "sw3"} {
		s.device(name, nil)
	}
	s.connect(s.network("net", 0), on("sw1", "p1", 0), on("sw2", "p1", 0), on("sw3", "p2", 100))
	s.settled()
	s.reach("h1", "h2", "t3")
	sw1 := s.lab.Switch("sw1")
	restart := func() { require.NoError(s, sw1.RestartEmulator(soon(s.T))) }
	s.ctl.end(s.T, syscall.SIGTERM)
	alone, _ := s.measured("emulator restart without a controller", "h1", "h2", 5*time.Second, restart)
	s.ctl.run(s.T)
	for _, f := range []struct {
		what   string
		most   time.Duration // that may be lost in a row
		happen func()
	}{
		{"controller restart", 0, func() { s.ctl.end(s.T, syscall.SIGTERM); s.ctl.run(s.T) }},
		{"controller kill -9", 0, func() { s.ctl.end(s.T, syscall.SIGKILL); s.ctl.run(s.T) }},
		{"database restart", emulatorRound, func() { require.NoError(s, sw1.RestartDB(soon(s.T))) }},
		{"emulator restart", alone.Silence + emulatorRound, restart},
		{"port flap", 3 * emulatorRound, func() {
			require.NoError(s, sw1.FlapPort(soon(s.T), "p1"))
			require.LessOrEqual(s, s.untilBound(sw1), ourPart)
		}},
		{"database wipe", 2 * emulatorRound, func() {
			require.NoError(s, sw1.WipeDB(soon(s.T)))
			require.LessOrEqual(s, s.untilBound(sw1), redialed+ourPart)
		}},
	} {
		loss, stalled := s.measured(f.what, "h1", "h2", 5*time.Second, f.happen)
		if f.most == 0 {
			require.Equal(s, loss.Sent, loss.Answered, f.what)
		} else {
			require.LessOrEqual(s, loss.Silence, f.most+stalled, f.what)
		}
		s.settled()
		s.reach("h1", "h2", "t3")
	}
	s.once([]string{"h1", "h2", "t3"}, []string{"t1", "u2", "h3"})
}
