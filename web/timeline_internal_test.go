package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestTimeline: the bar of a condition is full, in order, and says what was when.
func TestTimeline(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	hours := func(h float64) time.Time { return now.Add(-time.Duration(h * float64(time.Hour))) }
	change := func(h float64, from string) event {
		return event{Event: model.Event{Time: hours(h), Data: map[string]any{"from": from}}}
	}
	for name, c := range map[string]struct {
		so      bool
		since   time.Time
		changes []event
		want    []string
		widths  []float64
	}{
		"as it was for days":       {true, hours(100), nil, []string{"yes"}, []float64{100}},
		"made six hours ago":       {true, hours(6), nil, []string{"", "yes"}, []float64{75, 25}},
		"broken six hours ago":     {false, hours(6), []event{change(6, "yes")}, []string{"yes", "no"}, []float64{75, 25}},
		"to and fro":               {true, hours(6), []event{change(18, "yes"), change(6, "no")}, []string{"yes", "no", "yes"}, []float64{25, 50, 25}},
		"not known before":         {false, hours(12), []event{change(12, "")}, []string{"", "no"}, []float64{50, 50}},
		"an event without a value": {true, hours(12), []event{{Event: model.Event{Time: hours(12)}}}, []string{"", "yes"}, []float64{50, 50}},
		"this moment":              {true, now, nil, []string{""}, []float64{100}},
		"a clock that goes wrong":  {true, now.Add(time.Hour), nil, []string{""}, []float64{100}},
	} {
		t.Run(name, func(t *testing.T) {
			spans := spansOf(model.Condition{Type: model.Programmed, True: c.so, Since: c.since}, c.changes, now)
			var statuses []string
			at := 0.0
			for i, s := range spans {
				statuses = append(statuses, s.Status)
				require.InDelta(t, at, s.From, 1e-6)
				require.InDelta(t, c.widths[i], s.Width, 1e-6)
				at += s.Width
			}
			require.Equal(t, c.want, statuses)
			require.InDelta(t, 100, at, 1e-6)
		})
	}
}

// TestTimelineIsReadWithoutColours: what was so is higher than what was not, and that than what is not known.
func TestTimelineIsReadWithoutColours(t *testing.T) {
	require.Greater(t, span{Status: "yes"}.Height(), span{Status: "no"}.Height())
	require.Greater(t, span{Status: "no"}.Height(), span{}.Height())
	now := time.Now()
	line := timeline{model.Condition{Type: "Bound"}, []span{{Status: "yes", Begin: now.Add(-2 * time.Hour), End: now}, {Status: "no", Begin: now, End: now.Add(3 * time.Minute)}}}
	require.Equal(t, "Bound in the last day: yes for 2 h, no for 3 min", line.InWords())
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min", 3 * time.Hour: "3 h", 47 * time.Hour: "47 h", 72 * time.Hour: "3 days"} {
		require.Equal(t, want, ago(d))
	}
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	require.Equal(t, "11:00:00", clock(now.Add(-time.Hour), now))
	require.Equal(t, "2026-11-29 12:00:00", clock(now.Add(-48*time.Hour), now))
}
