package vtep

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"bordergw/vtep/ovsdb"
)

// ErrNotVTEP says that the server has no hardware_vtep database, or one whose
// schema is none.
var ErrNotVTEP = errors.New("not a hardware VTEP")

// Session is one session with one switch database, with the database as it
// stands. It does not reconnect: Done is closed when it ends, and Err says why.
//
// One goroutine at a time may call TakeLock, Sync, Apply and the Steps of a Survey; any
// goroutine may call the other methods.
type Session struct {
	conn    *ovsdb.Conn
	replica replica
	lock    writeLock
	foreign foreignRows
	sender  sender
	planner planner // under the replica's lock
}

// Opening is how a session is opened.
type Opening struct {
	ovsdb.Config
	// Mark is that of the controller that is going to TakeLock, "" if it is not
	// known. Its lock is asked for, but not taken from anybody.
	Mark string
	// Patience is how long the switch may say nothing while all that it has is read, where
	// that is longer than at other times.
	Patience time.Duration
}

// Open reads the whole database over a connection and keeps up with it from
// then on. It owns the connection, also when it fails.
func Open(ctx context.Context, c net.Conn, how Opening) (*Session, error) {
	s := &Session{}
	s.connect(c, how.Config)
	if err := s.read(ctx, how); err != nil {
		s.conn.Close()
		return nil, err
	}
	return s, nil
}

// connect starts the connection that all parts of the session share.
func (s *Session) connect(c net.Conn, cfg ovsdb.Config) {
	changed := make(chan struct{}, 1)
	cfg.LockChanged = func(_ string, held bool) {
		if held {
			s.lock.granted()
		}
		s.replica.notify()
	}
	s.replica.changed, s.lock.changed = changed, changed
	s.lock.sizer, s.foreign.sizer = &s.sender.sizer, &s.sender.sizer
	s.foreign.replica = &s.replica
	s.sender.replica, s.sender.lock = &s.replica, &s.lock
	s.conn = ovsdb.NewConn(c, cfg)
	s.replica.conn, s.lock.conn = s.conn, s.conn
}

// read asks what the switch is, and then for all that it has.
func (s *Session) read(ctx context.Context, how Opening) error {
	if how.Mark != "" {
		s.lock.asked = lockName(how.Mark)
	}
	offer, err := s.conn.Ask(ctx, Database, s.lock.asked)
	switch {
	case offer == nil:
		return fmt.Errorf("%w: listing databases: %w", ovsdb.ErrNoAnswer, err)
	case !slices.Contains(offer.Databases, Database):
		return fmt.Errorf("%w: the server has no database %s", ErrNotVTEP, Database)
	case err != nil:
		return fmt.Errorf("reading the schema: %w", err)
	}
	s.lock.inLine = offer.InLine
	s.lock.unasserted.Store(offer.Relay) // its locks are its own; the source knows nothing of them
	caps, err := NewCaps(offer.Schema)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotVTEP, err)
	}
	s.replica.state = NewState(caps)
	s.replica.state.size.share = how.Share
	s.conn.SetPatience(how.Patience)
	defer s.conn.SetPatience(0)
	if err := s.monitor(ctx, caps, offer.Standalone); err != nil {
		return fmt.Errorf("reading the database: %w", err)
	}
	return nil
}

// monitor reads everything. A standalone server reports each change of a managed row
// before it replies to our next transaction. A relay reports only the net effect of all
// changes. A standalone server gets a separate monitor for inserts of remote MACs. It
// comes first, so that none is missed.
func (s *Session) monitor(ctx context.Context, caps Caps, alone bool) error {
	var monitors []*ovsdb.Monitoring
	if alone {
		monitors = append(monitors, s.conn.NewMonitoring(Database, insertsOnly, &s.replica))
	}
	monitors = append(monitors, s.conn.NewMonitoring(Database, caps.monitorTables(alone), &s.replica))
	s.conn.BeginMonitors(ctx, monitors...)
	if alone {
		if err := s.foreign.monitoring(monitors[0].Wait(ctx)); err != nil {
			return err
		}
	}
	_, err := monitors[len(monitors)-1].Wait(ctx)
	return err
}

// Changed delivers a hint after the database changed, whoever changed it.
func (s *Session) Changed() <-chan struct{} { return s.replica.changed }

// Done is closed when the session has ended; Err says why.
func (s *Session) Done() <-chan struct{} { return s.conn.Done() }

// Err is the reason of the end, nil while the session stands.
func (s *Session) Err() error { return s.conn.Err() }

// Close ends the session and leaves the switch as it is.
func (s *Session) Close() error { return s.conn.Close() }

// Silence is how long the switch has sent nothing at all. It is asked for an echo
// after 5 s.
func (s *Session) Silence() time.Duration { return s.conn.Silence() }

// Transactions counts those sent since the session began.
func (s *Session) Transactions() uint64 { return s.sender.sent.Load() }

// Plan compares a Want with the database as it stands. It changes nothing, and may be
// called by any goroutine at any time.
func (s *Session) Plan(want *Want, mode Mode) *Plan {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.planner.plan(want, s.replica.state, mode)
}

// Compare plans what a Want asks for otherwise than another one, and leaves out what differs from both. It
// changes nothing, not even what Incremental plans remember.
func (s *Session) Compare(was, want *Want) *Plan {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return compare(was, want, s.replica.state)
}

// Sweep begins a Sweep of what Incremental plans remember. Its Stop must be called at the end.
func (s *Session) Sweep() *Sweep { return newSweep(&s.replica, &s.planner, sliceWeight) }

// Apply sends a plan, which may be empty. It takes a plan of Session.Plan up: an Incremental plan
// looks from then on at what has changed since, and at what this one had to write. Operations
// that the switch refuses are set apart until each stands alone, so that they do not hold up the
// others, and are returned. ErrReader and ErrBlocked mean that nothing can be written now, over a
// session that stands; any other error that it has ended. What was sent until then stands.
func (s *Session) Apply(ctx context.Context, plan *Plan) (rejected []Rejection, err error) {
	s.confirm(plan)
	if plan.Empty() {
		return nil, nil
	}
	err = s.foreign.applyLarge(ctx, plan.Ops, func() error {
		rejected, err = s.sender.apply(ctx, plan.Ops)
		return err
	})
	return rejected, err
}

func (s *Session) confirm(plan *Plan) {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	s.planner.confirm(plan, s.replica.state)
}

// TakeLock makes this session the one that writes for the controller with that
// mark: it takes the lock from any other session, which was there before and is
// most likely dead. Every transaction asserts it from then on. A server without
// locks is written without.
func (s *Session) TakeLock(ctx context.Context, mark string) error {
	if err := s.foreign.monitorInserts(ctx); err != nil { // the worker before may have ended in a large push
		return err
	}
	return s.lock.take(ctx, mark)
}

// Writer reports whether this session may write.
func (s *Session) Writer() bool { return s.lock.held() }
