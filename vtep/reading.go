package vtep

import (
	"context"
	"maps"
	"slices"

	"bordergw/vtep/ovsdb"
)

// Reading is what a switch is asked to tell of its database. It follows from what the
// switch says of itself, for which a session does not wait: it guesses.
type Reading struct {
	caps Caps
	// apart: inserts of remote MACs have a monitor of their own (strangers.go), which
	// only a standalone server is asked for. It tells what happened to a row of ours in
	// between before it replies to our transaction; a relay tells what has become of
	// all that happened meanwhile.
	apart bool
}

// usual is what most switches are asked: all there is.
var usual = &Reading{caps: capsOf("", monitored), apart: true}

// same reports whether a switch is asked the same.
func (r *Reading) same(o *Reading) bool {
	return r.apart == o.apart && maps.EqualFunc(r.caps.columns, o.caps.columns, slices.Equal)
}

// prepare makes an empty State and the monitors that fill it. The one of inserts comes
// first, so that none is missed.
func (s *Session) prepare(r *Reading) (monitors []*ovsdb.Monitoring) {
	s.mu.Lock()
	s.state = NewState(r.caps)
	s.mu.Unlock()
	if r.apart {
		monitors = append(monitors, s.conn.NewMonitoring(Database, insertsOnly, (*updates)(s)))
	}
	return append(monitors, s.conn.NewMonitoring(Database, r.caps.monitorTables(r.apart), (*updates)(s)))
}

// fill waits until the monitors of a guess have filled the State, or reads again
// what is to be read.
func (s *Session) fill(ctx context.Context, monitors []*ovsdb.Monitoring, guess, r *Reading) error {
	if !guess.same(r) {
		for _, m := range monitors {
			if err := m.Drop(ctx); err != nil {
				return err
			}
		}
		monitors = s.prepare(r)
		for _, m := range monitors {
			m.Begin(ctx)
		}
	}
	if r.apart {
		if err := s.listening(monitors[0].Wait(ctx)); err != nil {
			return err
		}
	}
	_, err := monitors[len(monitors)-1].Wait(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.caps = r.caps
	return err
}
