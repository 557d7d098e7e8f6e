package reconcile

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// told keeps what is reported.
type told struct {
	noEvents
	levels []model.Level
}

func (r *told) Became(l model.Level) { r.levels = append(r.levels, l) }

// eventStore has definitions and nothing else.
type eventStore struct {
	Store
	defs *model.Definitions
}

func (s eventStore) Definitions() *model.Definitions { return s.defs }

func TestConditionsAreReportedOnce(t *testing.T) {
	defs := model.NewDefinitions("s", 1)
	defs.Networks = defs.Networks.With(&model.Network{Record: model.Record{ID: "n"}, Name: "blue"})
	defs.Gateways = defs.Gateways.With(&model.L2Gateway{Record: model.Record{ID: "g"}, Name: "gw1"})
	defs.Connections = defs.Connections.With(&model.L2GatewayConnection{Record: model.Record{ID: "c"}, L2GatewayID: "g", NetworkID: "n"})
	got := &told{}
	events := &eventReporter{got, eventStore{defs: defs}}
	var at transitions
	at.changed = events.condition
	is := func(yes bool) []model.Condition {
		return []model.Condition{condition(model.Programmed, yes, "Programmed", "NotProgrammed", "why")}
	}
	at.record("connection/c", is(false))
	at.record("connection/c", is(false))
	at.record("connection/c", is(true))
	at.record("connection/gone", is(true))
	at.record("device/d", is(true))
	require.Len(t, got.levels, 2)
	first, second := got.levels[0], got.levels[1]
	require.Equal(t, []any{"gw1/blue", "no", true, "why"}, []any{first.Object.Name, first.Value, first.First, first.Message})
	require.Equal(t, []any{"gw1/blue", "yes", false, ""}, []any{second.Object.Name, second.Value, second.First, second.Message})

	events.phase("d", model.DeviceReading, "")
	events.phase("d", model.DeviceUnreachable, "it closed the connection")
	require.Equal(t, model.SeverityError, got.levels[2].Severity)
	require.Len(t, got.levels, 3)
	last := events.contested("d", "", nil, nil)
	require.Equal(t, last, events.contested("d", last, nil, nil))
	require.Len(t, got.levels, 5, "what is as before is not told")
}
