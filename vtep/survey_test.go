package vtep_test

import (
	"fmt"
	"testing"
	"time"

	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// surveyed asks everything once.
func surveyed(t testing.TB, s *vtep.Session, turn int) (asked int, longest time.Duration, err error) {
	for v := s.Survey(turn); !v.Done(); asked++ {
		began := time.Now()
		if _, err = v.Step(t.Context()); err != nil {
			return asked, longest, err
		}
		longest = max(longest, time.Since(began))
	}
	return asked, longest, nil
}

// A Survey does not blame a server that reports its changes, whatever an external writer
// does meanwhile. Nor does it blame one that does not report our own inserts.
func TestSurveyAgreesWithATruthfulServer(t *testing.T) {
	for _, version := range []string{"1.3.0", "1.7.0"} {
		server := seed(t, version, oneSwitch+"ls theirs key 900\n")
		s := open(t, server, nil)
		want := largeWant(t, 3, 200)
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			rival(server, stop)
		}()
		for turn := range 30 {
			if turn%5 == 0 {
				require.NoError(t, s.Sync(t.Context(), vtep.Reported))
				_, err := s.Apply(t.Context(), s.Plan(want, vtep.Whole))
				require.NoError(t, err)
			}
			_, _, err := surveyed(t, s, turn)
			require.NoError(t, err)
		}
		close(stop)
		<-ended
	}
}

// pushed inserts remote MACs in bulk.
func pushed(t testing.TB, s *vtep.Session, nets, macs int) {
	want := largeWant(t, nets, macs)
	for plan := s.Plan(want, vtep.Whole); !plan.Empty(); plan = s.Plan(want, vtep.Whole) {
		require.Empty(t, applied(t, s, plan.Ops))
	}
}

// A table of many rows is asked for in pieces; a row that is inserted, changed or
// deleted without a report is found in each.
func TestSurveyOfALargeTable(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	pushed(t, s, 3, 4000)
	asked, _, err := surveyed(t, s, 0)
	require.NoError(t, err)
	require.Greater(t, asked, 3)
	for name, act := range map[string]func(*vtep.Session){
		"new":         func(s *vtep.Session) { s.Forget("net-1", largeMAC(1, 7)) },
		"has gone":    func(s *vtep.Session) { s.Invent("net-1", largeMAC(9, 9)) },
		"has changed": func(s *vtep.Session) { s.Misplace("net-1", largeMAC(1, 7)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, server, nil)
			act(s)
			var found *vtep.UnreportedError
			for turn := 0; found == nil; turn++ {
				require.Less(t, turn, 32)
				v := s.Survey(turn)
				for !v.Done() && found == nil {
					_, err := v.Step(t.Context())
					if err != nil {
						require.ErrorAs(t, err, &found)
					}
				}
			}
			require.Len(t, found.Rows, 1)
			require.ErrorContains(t, found, name)
			require.ErrorContains(t, found, "Ucast_Macs_Remote 02:00")
			require.ErrorContains(t, found, " of net-")
		})
	}
}

// A refusal that does not go with what is known is noted.
func TestDoubt(t *testing.T) {
	server := seed(t, "1.7.0", oneSwitch)
	s := open(t, server, nil)
	plan := s.Plan(parseWant(t, "segment net-a 100"), vtep.Whole)
	require.Empty(t, applied(t, s, plan.Ops))
	require.False(t, s.Doubted())
	_, err := s.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.True(t, s.Doubted(), "the name is there already")
	require.False(t, s.Doubted())
}

func BenchmarkSurvey(b *testing.B) {
	for _, macs := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(macs), func(b *testing.B) {
			server := seed(b, "1.7.0", oneSwitch)
			s := open(b, server, nil)
			pushed(b, s, max(1, macs/2500), min(macs, 2500))
			var asked int
			var longest time.Duration
			turn := 0
			_, _, err := surveyed(b, s, turn) // what the server still says of the push comes before its answers
			require.NoError(b, err)
			in := s.Received()
			for b.Loop() {
				n, most, err := surveyed(b, s, turn)
				require.NoError(b, err)
				asked, longest, turn = n, max(longest, most), turn+1
			}
			b.ReportMetric(float64(asked), "questions")
			b.ReportMetric(float64(longest.Milliseconds()), "ms-longest")
			b.ReportMetric(float64(s.Received()-in)/float64(turn), "bytes/round")
		})
	}
}

// TestSurveyAsksInPieces: no question reads many rows, of whatever table; a row that is not as
// known is found in each.
func TestSurveyAsksInPieces(t *testing.T) {
	text := oneSwitch
	for i := range 600 {
		text += fmt.Sprintf("ls theirs-%d key %d\nremote theirs-%d %s 10.0.0.2\nlocal theirs-%d %s 10.0.0.1\n", i, 1000+i, i, largeMAC(1, i), i, largeMAC(2, i))
	}
	server := seed(t, "1.7.0", text)
	s := open(t, server, nil)
	require.LessOrEqual(t, s.Survey(0).MostAsked(), 250)
	_, _, err := surveyed(t, s, 0)
	require.NoError(t, err)
	for name, act := range map[string]func(){
		"Logical_Switch theirs-7 has changed": func() { s.Redescribe("theirs-7") },
		"Logical_Switch theirs-8 is new":      func() { s.ForgetSwitch("theirs-8") },
	} {
		t.Run(name, func(t *testing.T) {
			s = open(t, server, nil)
			act()
			var found *vtep.UnreportedError
			for v := s.Survey(1); !v.Done() && found == nil; {
				_, err := v.Step(t.Context())
				if err != nil {
					require.ErrorAs(t, err, &found)
				}
			}
			require.ErrorContains(t, found, name)
		})
	}
}
