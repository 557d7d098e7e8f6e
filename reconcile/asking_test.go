package reconcile_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// ask asks a thousand times for status, plan and metrics.
func (s *site) ask(t *testing.T, registry *prometheus.Registry, conn string) {
	for range 1000 {
		for p := range s.loop.Plans(0) {
			require.True(t, p.Known)
		}
		s.loop.ConnectionStatus(conn)
		for _, tor := range s.tors {
			s.loop.DeviceStatus(tor.id)
		}
		_, err := registry.Gather()
		require.NoError(t, err)
	}
}

func (s *site) transitions(conn string) (out []time.Time) {
	all := s.loop.ConnectionStatus(conn).Conditions
	for _, tor := range s.tors {
		all = append(all, s.loop.DeviceStatus(tor.id).Conditions...)
	}
	for _, c := range all {
		out = append(out, c.Since)
	}
	return out
}

func (s *site) transactions() (out []uint64) {
	for _, r := range s.loop.DeviceReports() {
		out = append(out, r.Transactions)
	}
	return out
}

// TestAskingChangesNothing: status, plans and metrics are asked for a thousand times
// between two changes. Transition times and what is sent next are as without.
func TestAskingChangesNothing(t *testing.T) {
	sent := func(t *testing.T, asking bool) []uint64 {
		registry := prometheus.NewRegistry()
		s := newSite(t, 2, reconcile.Options{Registry: registry})
		net := s.network()
		conn := s.connect(net, "", s.tors...)
		s.active(conn)
		s.eventually(func() bool { return stable(s, conn) }, "the conditions are recorded")
		since, before := s.transitions(conn), s.transactions()
		if asking {
			s.ask(t, registry, conn)
		}
		require.Equal(t, since, s.transitions(conn))
		require.Equal(t, before, s.transactions())

		s.tors[0].VtepCtl("add-ucast-local", net, "02:00:00:00:00:01", s.tors[0].tunnelIP)
		s.holds(s.tors[1], net, "02:00:00:00:00:01", s.tors[0].tunnelIP)
		if asking {
			s.ask(t, registry, conn)
		}
		s.tors[0].VtepCtl("del-port", s.tors[0].name, "p1")
		s.eventually(func() bool { return s.loop.ConnectionStatus(conn).State == model.ConnectionPending }, "the port is missing")
		s.eventually(func() bool { return stable(s, conn) }, "the conditions are recorded")
		now := s.transitions(conn)
		if asking {
			s.ask(t, registry, conn)
		}
		require.Equal(t, now, s.transitions(conn))
		after := s.transactions()
		for i := range after {
			after[i] -= before[i]
		}
		return after
	}
	var with, without []uint64
	t.Run("asking", func(t *testing.T) { with = sent(t, true) })
	t.Run("not asking", func(t *testing.T) { without = sent(t, false) })
	require.Equal(t, without, with)
}

// stable reports whether all transition times are recorded: one that is not is that of
// the question.
func stable(s *site, conn string) bool {
	first := s.transitions(conn)
	for i, again := range s.transitions(conn) {
		if i >= len(first) || !again.Equal(first[i]) {
			return false
		}
	}
	return true
}
