package frames_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
)

// ourPart is what the controller may take at most to write a move, that one switch reports, to all the others.
const ourPart = 500 * time.Millisecond

// move is what became of one move of a host: how long after the step before it each step came.
type move struct {
	lab.Loss
	learned  time.Duration // plugged in and announced, until the row of the new switch
	reported time.Duration // until all rows of all others, and the new switch's own, are as they are to be
	answered time.Duration // until a ping is answered
	stalled  time.Duration // of all of it, in which the machine was busy
}

// traveller is a host that goes to and fro between a VLAN of its own switch and one of another.
type traveller struct {
	host, home, away   string
	homeVLAN, awayVLAN int
}

// More than five moves of one MAC within three minutes freeze it, hence two hosts.
var travellers = []traveller{{"t1", "sw1", "sw2", 100, 200}, {"u2", "sw2", "sw1", 200, 100}}

// moves has two hosts go to and fro, so many times each, while they are pinged. A move may cost so much silence at
// most; 0 is for stock switches: what their own rounds take.
func (s *scene) moves(times int, most time.Duration) {
	for _, v := range travellers {
		s.Cleanup(func() { s.sendHome(v, times) }) // after the network is gone
	}
	net := s.meet()
	var all []move
	began := time.Now()
	for _, v := range travellers {
		t := s.trace(v.host)
		for n := range times {
			if n%2 == 0 {
				all = append(all, s.moved(t, v.host, v.home, v.away, v.awayVLAN))
			} else {
				all = append(all, s.moved(t, v.host, v.away, v.home, v.homeVLAN))
			}
		}
	}
	s.summary(all)
	if most == 0 {
		most = s.twoRounds(net, began)
	}
	for _, m := range all {
		require.LessOrEqual(s, m.reported, ourPart+m.stalled, "from the new switch's row until the rows of all the others")
		require.LessOrEqual(s, m.Silence, most+m.stalled)
	}
	s.once([]string{"t1", "u2", "h3"}, []string{"t2", "u1"})
}

// meet joins the travellers and h3 in a network. All are known where they are, so that frames are no longer flooded.
func (s *scene) meet() (network string) {
	s.Helper()
	for _, name := range []string{"sw1", "sw2", "sw3"} {
		s.device(name, nil)
	}
	network = s.network("net", vniA)
	s.connect(network, on("sw1", "p2", 100), on("sw2", "p2", 200), on("sw3", "p1", 0))
	s.settled()
	s.reach("t1", "u2", "h3")
	s.onWire("h3", "t1", []hop{{"sw3", "sw1", vniA}})
	s.onWire("h3", "u2", []hop{{"sw3", "sw2", vniA}})
	return network
}

// sendHome puts a host back where others expect it.
func (s *scene) sendHome(v traveller, times int) {
	if times%2 == 1 {
		_, err := s.lab.Move(soon(s.T), v.host, s.lab.Switch(v.away), s.lab.Switch(v.home), v.homeVLAN)
		require.NoError(s, err)
	}
}

// moved takes a host from one switch to a VLAN of another while h3 pings it.
func (s *scene) moved(t *trace, host, from, to string, vlan int) (m move) {
	s.Helper()
	t.await(s, time.Now(), func(at map[string]place) error { return forgotten(at, to) })
	before := s.free.Stalled()
	stream, err := s.lab.Stream("h3", host, pace)
	require.NoError(s, err)
	s.answers(stream, time.Second)
	plugged, err := s.lab.Move(soon(s.T), host, s.lab.Switch(from), s.lab.Switch(to), vlan)
	require.NoError(s, err)
	learned := t.await(s, plugged, func(at map[string]place) error {
		if forgotten(at, to) == nil {
			return fmt.Errorf("%s has not learned %s: %v", to, host, at)
		}
		return nil
	})
	reported := t.await(s, learned, func(at map[string]place) error { return s.located(at, to) })
	s.answers(stream, 3*time.Second)
	answered, ok := stream.AnsweredAfter(plugged)
	require.True(s, ok)
	m = move{learned: learned.Sub(plugged), reported: reported.Sub(learned), answered: answered.Sub(reported)}
	m.Loss, err = stream.Stop()
	require.NoError(s, err)
	m.stalled = s.free.Stalled() - before
	s.onWire("h3", host, []hop{{"sw3", to, vniA}})
	s.reach("t1", "u2", "h3")
	s.Logf("%s moves from %s to %s: learned after %s, rows written after %s, answered after %s; %s", host, from, to,
		ms(m.learned), ms(m.reported), ms(m.answered), m.Loss)
	return m
}

// forgotten finds whether a switch still says that it has a host. When the host comes back before it does not,
// ovs-vtep does not learn it anew, and its database does not report the return; see quickReturn.
func forgotten(at map[string]place, name string) error {
	if at[name].local {
		return fmt.Errorf("%s has it: %v", name, at)
	}
	return nil
}

// located returns what is wrong with the rows once a host is behind a switch.
func (s *scene) located(at map[string]place, home string) error {
	for _, sw := range s.switches {
		want := s.lab.Switch(home).TunnelIP().String()
		if sw.Name == home {
			want = "" // a row of its own would be stale
		}
		if got := at[sw.Name].remote; got != want {
			return fmt.Errorf("%s has the MAC at %q, want %q", sw.Name, got, want)
		}
	}
	return nil
}

// summary logs rows of the table in docs/dataplane.md.
func (s *scene) summary(all []move) {
	s.Helper()
	for _, step := range []struct {
		what string
		of   func(move) time.Duration
	}{
		{"plugged in until the new switch's row", func(m move) time.Duration { return m.learned }},
		{"until the rows of all the others", func(m move) time.Duration { return m.reported }},
		{"until an answer", func(m move) time.Duration { return m.answered }},
		{"silence in all", func(m move) time.Duration { return m.Silence }},
	} {
		var times []time.Duration
		for _, m := range all {
			times = append(times, step.of(m))
		}
		s.Logf("measured: | %s | %s |", step.what, spread(times))
	}
}

// twoRounds logs how long the rounds of stock switches were, and gives what a move may take with them: one round of the
// switch that the host has come to until it is seen, one of its peer's until the row is, and what else there is.
func (s *scene) twoRounds(logicalSwitch string, since time.Time) time.Duration {
	s.Helper()
	var all []time.Duration
	for _, sw := range s.switches {
		looked, err := s.lab.Switch(sw.Name).Rounds(logicalSwitch)
		require.NoError(s, err)
		looked = slices.DeleteFunc(looked, func(t time.Time) bool { return t.Before(since) })
		for i := 1; i < len(looked); i++ {
			all = append(all, looked[i].Sub(looked[i-1]))
		}
	}
	require.NotEmpty(s, all, "rounds of the switches")
	s.Logf("measured: | a round of a switch | %s |", spread(all))
	return 2*slices.Max(all) + ourPart + 2*pace
}

// quickReturn has a host go away and come back before the switch that it came from has forgotten it. That switch then
// does not report the return. Its row is believed at the latest ten seconds after the remote row that places the MAC
// elsewhere, if it still has its own.
func (s *scene) quickReturn() {
	s.meet()
	v := travellers[0]
	t := s.trace(v.host)
	home, away := s.lab.Switch(v.home), s.lab.Switch(v.away)
	left, err := s.lab.Move(soon(s.T), v.host, home, away, v.awayVLAN)
	require.NoError(s, err)
	t.await(s, left, func(at map[string]place) error { return s.located(at, v.away) })
	before := s.free.Stalled()
	back, err := s.lab.Move(soon(s.T), v.host, away, home, v.homeVLAN)
	require.NoError(s, err)
	require.NoError(s, s.lab.Ping(soon(s.T), "h3", v.host))
	reported := t.await(s, back, func(at map[string]place) error { return s.located(at, v.home) })
	s.Logf("measured: | back before it was forgotten, until the rows of all the others | %s |", ms(reported.Sub(back)))
	require.LessOrEqual(s, reported.Sub(back), 10*time.Second+2*emulatorRound+s.free.Stalled()-before)
	s.reach("t1", "u2", "h3")
	s.once([]string{"t1", "u2", "h3"}, []string{"t2", "u1"})
}

// spread is the least, the middle and the greatest of some times, and all of them in order.
func spread(times []time.Duration) string {
	slices.Sort(times)
	texts := make([]string, len(times))
	for i, t := range times {
		texts[i] = ms(t)
	}
	list := strings.Join(texts, ", ")
	if len(times) > 20 {
		list = fmt.Sprint(len(times), " of them")
	}
	return fmt.Sprintf("%s | %s | %s | %s", texts[0], texts[len(texts)/2], texts[len(texts)-1], list)
}

func ms(d time.Duration) string { return d.Round(time.Millisecond).String() }
