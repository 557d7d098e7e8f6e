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
	events := &eventReporter{Events: got, store: eventStore{defs: defs}}
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

// TestCertificateThatEndsSoonIsReported: it is valid all the while.
func TestCertificateThatEndsSoonIsReported(t *testing.T) {
	got := &told{}
	events := &eventReporter{Events: got, store: eventStore{defs: model.NewDefinitions("s", 1)}}
	var at transitions
	at.changed = events.condition
	for _, reason := range []string{"Valid", certificateExpires, certificateExpires, "Valid"} {
		at.record("device/d", []model.Condition{{Type: model.CertificateValid, True: true, Reason: reason, Message: "it ends"}})
	}
	at.record("device/d", []model.Condition{{Type: model.CertificateValid, Reason: "Expired", Message: "it has ended"}})
	var out [][]string
	for _, l := range got.levels {
		out = append(out, []string{l.Type, l.Value, l.Severity})
	}
	require.Equal(t, [][]string{
		{"device.condition", "yes", model.SeverityInfo}, {"certificate.expiring", "soon", model.SeverityWarning},
		{"device.condition", "yes", model.SeverityInfo}, {"device.condition", "no", model.SeverityWarning},
	}, out)
}

// TestStatusOfConnectionIsReported when it is another one.
func TestStatusOfConnectionIsReported(t *testing.T) {
	got := &told{}
	events := &eventReporter{Events: got, store: eventStore{defs: model.NewDefinitions("s", 1)}}
	c := &model.L2GatewayConnection{Record: model.Record{ID: "c"}, L2GatewayID: "g", NetworkID: "n"}
	events.status(c, &model.ConnectionStatus{State: model.ConnectionError, Detail: "why"}, true)
	events.status(c, &model.ConnectionStatus{State: model.ConnectionActive, Detail: "a note"}, false)
	require.Len(t, got.levels, 2)
	first, second := got.levels[0], got.levels[1]
	require.Equal(t, []any{"connection.status", "status", "ERROR", "why", model.SeverityError, true}, []any{first.Type, first.Aspect, first.Value, first.Message, first.Severity, first.First})
	require.Equal(t, []any{"ACTIVE", "", model.SeverityInfo, false}, []any{second.Value, second.Message, second.Severity, second.First})
}
