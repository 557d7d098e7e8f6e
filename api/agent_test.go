package api_test

import (
	"net/http"
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func TestAgents(t *testing.T) {
	s := newService(t, withHeaders).as("a", "ops", "admin")
	since := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	state := func(alive bool) model.DeviceStatus {
		return model.DeviceStatus{Phase: model.DeviceInSync, Conditions: []model.Condition{{Type: model.Reachable, True: alive, Since: since}}}
	}
	s.status.reports = []model.DeviceReport{
		{ID: "d1", Name: "sw1", Endpoint: "tcp:192.0.2.1:6640", Status: state(true), LogicalSwitches: 3},
		{ID: "d2", Name: "sw2", Status: state(false)},
		{Name: "found", Endpoint: "tcp:192.0.2.9:1"},
	}
	a := s.do("GET", "/v2.0/agents", "")
	require.Equal(t, []any{"sw1", "sw2", "found"}, a.list("agents", "host"))
	require.Equal(t, []any{true, false, false}, a.list("agents", "alive"))
	ids := a.list("agents", "id")
	require.Equal(t, ids, s.do("GET", "/v2.0/agents", "").list("agents", "id"), "the id of a discovered one stays")
	require.NotEmpty(t, ids[2])

	got := s.do("GET", "/v2.0/agents/d2", "").item("agent")
	require.Equal(t, "2026-03-04 04:06:07", got["heartbeat_timestamp"])
	require.Equal(t, []any{"bordergw", "L2 Gateway agent", true}, []any{got["binary"], got["agent_type"], got["admin_state_up"]})
	got = s.do("GET", "/v2.0/agents/d1", "").item("agent")
	beat, err := time.Parse(time.DateTime, got["heartbeat_timestamp"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), beat, time.Minute)
	require.Equal(t, 3.0, got["configurations"].(map[string]any)["logical_switches"])

	require.Equal(t, []any{"sw1"}, s.do("GET", "/v2.0/agents?alive=True&sort_key=host&sort_dir=asc", "").list("agents", "host"))
	require.Equal(t, []any{"d2"}, s.do("GET", "/v2.0/agents.json?limit=1&marker=d1", "").list("agents", "id"))
	s.do("GET", "/v2.0/agents/nope", "").refused(404, "AgentNotFound", "Agent nope could not be found.")
	for _, x := range [][2]string{{"POST", "/v2.0/agents"}, {"DELETE", "/v2.0/agents/d1"}} {
		require.Equal(t, http.StatusMethodNotAllowed, s.do(x[0], x[1], "").status)
	}
	s.do("PUT", "/v2.0/agents/d1", `{"agent":{"admin_state_up":false}}`).refused(400, bad, "Cannot update read-only attribute admin_state_up")

	s.as("u", "p", "member")
	require.Empty(t, s.do("GET", "/v2.0/agents", "").list("agents", "id"))
	s.do("GET", "/v2.0/agents/d1", "").refused(404, "AgentNotFound", "Agent d1 could not be found.")
}
