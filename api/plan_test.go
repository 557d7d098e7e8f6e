package api_test

import (
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
	"bordergw/model"
)

// longPlan is a Status with one device for which that many steps are planned.
type longPlan struct {
	api.Status
	steps int
}

func (p longPlan) Plans(limit int) iter.Seq[model.DevicePlan] {
	shown := p.steps
	if limit > 0 {
		shown = min(limit, shown)
	}
	steps := func(yield func(string) bool) {
		for n := range shown {
			if !yield(fmt.Sprintf("add mac net-a 02:00:00:00:00:%02x -> 192.0.2.%d", n%250, n%250)) {
				return
			}
		}
	}
	return func(yield func(model.DevicePlan) bool) {
		yield(model.DevicePlan{ID: "d", Name: "hw1", Known: true, Count: p.steps, Steps: steps})
	}
}

func planning(t *testing.T, steps int) *service {
	return newService(t, func(c *api.Config) { c.Status = longPlan{c.Status, steps} })
}

// TestPlanOfOneStep: the count is in plain English.
func TestPlanOfOneStep(t *testing.T) {
	require.Equal(t, "device hw1 (d): 1 step\n  add mac net-a 02:00:00:00:00:00 -> 192.0.2.0\n", planning(t, 1).do("GET", "/v1/plan", "").text)
	require.Contains(t, planning(t, 2).do("GET", "/v1/plan?limit=1", "").text, "  and 1 more step, limit 0 shows all\n")
}

// TestF69_PlanIsLimited: a plan lists a thousand steps of a device, or as many as are
// asked for, and says how many more there are.
func TestF69_PlanIsLimited(t *testing.T) {
	s := planning(t, 2500)
	for query, c := range map[string]struct{ steps, more int }{
		"": {1000, 1500}, "limit=2": {2, 2498}, "limit=2500": {2500, 0}, "limit=0": {2500, 0},
	} {
		text := s.do("GET", "/v1/plan?"+query, "").text
		require.True(t, strings.HasPrefix(text, "device hw1 (d): 2500 steps\n"), text)
		require.Equal(t, c.steps, strings.Count(text, "  add mac "), query)
		said := fmt.Sprintf("  and %d more steps, limit 0 shows all\n", c.more)
		require.Equal(t, c.more > 0, strings.HasSuffix(text, said), query)

		p := s.do("GET", "/v1/plan?format=json&"+query, "").json()["plans"].([]any)[0].(map[string]any)
		require.Len(t, p["steps"], c.steps, query)
		if c.more == 0 {
			require.NotContains(t, p, "more_steps", query)
		} else {
			require.EqualValues(t, c.more, p["more_steps"], query)
		}
	}
	require.Equal(t, http.StatusBadRequest, s.do("GET", "/v1/plan?limit=-1", "").status)
}

// TestF69_PlanIsStreamed: all of a long plan is sent while it is made, as text and JSON.
func TestF69_PlanIsStreamed(t *testing.T) {
	s := planning(t, 100_000)
	for _, format := range []string{"text", "json"} {
		w := &pieces{ResponseRecorder: httptest.NewRecorder()}
		s.http.ServeHTTP(w, httptest.NewRequest("GET", "/v1/plan?limit=0&format="+format, nil))
		require.Equal(t, http.StatusOK, w.Code)
		require.Greater(t, w.written, 4<<20)
		require.LessOrEqual(t, w.largest, 64<<10)
	}
}

// TestPlanOfOneDevice in both forms, by id and name.
func TestPlanOfOneDevice(t *testing.T) {
	s := newService(t)
	id := s.hardware("sw1", "10.0.0.1")
	steps := func(yield func(string) bool) { _ = yield("one") && yield("two") }
	s.status.plans = []model.DevicePlan{{ID: "other", Name: "sw2"}, {ID: id, Name: "sw1", Known: true, Count: 2, Steps: steps}}
	for _, ref := range []string{id, "sw1"} {
		require.Equal(t, "device sw1 ("+id+"): 2 steps\n  one\n  two\n", s.do("GET", "/v1/plan?device="+ref, "").text)
		require.Equal(t, []any{"sw1"}, s.do("GET", "/v1/plan?format=json&device="+ref, "").list("plans", "name"))
	}
	require.Len(t, s.do("GET", "/v1/plan?format=json", "").list("plans", "name"), 2)
	s.do("GET", "/v1/plan?device=sw2", "").refused(404, "GatewayDeviceNotFound", "Gateway device sw2 does not exist")
	s.status.plans = nil
	s.do("GET", "/v1/plan?device=sw1", "").refused(404, "GatewayDeviceNotFound", "Gateway device sw1 does not exist")
}
