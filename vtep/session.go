package vtep

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// ErrNotVTEP says that the server has no hardware_vtep database, or one whose
// schema is none.
var ErrNotVTEP = errors.New("not a hardware VTEP")

// Session is one session with one switch database, with the database as it
// stands. It does not reconnect: Done is closed when it ends, and Err says why.
type Session struct {
	conn    *ovsdb.Conn
	changed chan struct{}
	sent    atomic.Uint64
	lock    atomic.Pointer[string] // asserted in every transaction; nil for none
	queued  atomic.Bool            // in the queue for lock
	// unasserted: the server grants locks but can not hold a transaction to one.
	unasserted atomic.Bool
	mark       string // of the last TakeLock

	// asked is the lock that was asked for when the session was opened, "" for none;
	// inLine: it has not been given up since, whoever has it now.
	asked  string
	inLine bool

	// doubted: an answer does not go with what is known, see Doubt.
	doubted atomic.Bool

	sizer   batchSizer
	foreign foreignRows

	mu    sync.Mutex
	state *State
	// added are the logical switches that the Apply under way has added.
	added   map[string]ovsdb.UUID
	planner planner
	// inUpdate: the reader holds mu until the end of a notification, so that nobody
	// sees half of one. Only the reader touches it. A transaction of an external
	// writer may come in two notifications (foreign.go).
	inUpdate bool
}

// Opening is how a session is opened.
type Opening struct {
	ovsdb.Config
	// Mark is that of the controller that is going to TakeLock, "" if it is not
	// known. Its lock is asked for, but not taken from anybody.
	Mark string
}

// Open reads the whole database over a connection and keeps up with it from
// then on. It owns the connection, also when it fails.
func Open(ctx context.Context, c net.Conn, how Opening) (*Session, error) {
	s := &Session{changed: make(chan struct{}, 1)}
	how.LockChanged = func(_ string, held bool) {
		if held {
			s.queued.Store(false)
		}
		s.notify()
	}
	s.conn = ovsdb.NewConn(c, how.Config)
	if err := s.read(ctx, how); err != nil {
		s.conn.Close()
		return nil, err
	}
	return s, nil
}

// read asks what the switch is, and then for all that it has.
func (s *Session) read(ctx context.Context, how Opening) error {
	if how.Mark != "" {
		s.asked = lockName(how.Mark)
	}
	offer, err := s.conn.Ask(ctx, Database, s.asked)
	switch {
	case offer == nil:
		return fmt.Errorf("%w: listing databases: %w", ovsdb.ErrNoAnswer, err)
	case !slices.Contains(offer.Databases, Database):
		return fmt.Errorf("%w: the server has no database %s", ErrNotVTEP, Database)
	case err != nil:
		return fmt.Errorf("reading the schema: %w", err)
	}
	s.inLine = offer.InLine
	s.unasserted.Store(offer.Relay) // its locks are its own; the source knows nothing of them
	caps, err := NewCaps(offer.Schema)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotVTEP, err)
	}
	s.state = NewState(caps)
	s.state.size.share = how.Share
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
		monitors = append(monitors, s.conn.NewMonitoring(Database, insertsOnly, (*updates)(s)))
	}
	monitors = append(monitors, s.conn.NewMonitoring(Database, caps.monitorTables(alone), (*updates)(s)))
	s.conn.BeginMonitors(ctx, monitors...)
	if alone {
		if err := s.monitoringInserts(monitors[0].Wait(ctx)); err != nil {
			return err
		}
	}
	_, err := monitors[len(monitors)-1].Wait(ctx)
	return err
}

// updates is the Session as the connection's reader sees it.
type updates Session

// Row implements ovsdb.Handler.
func (u *updates) Row(r ovsdb.RowUpdate) error {
	if !u.inUpdate {
		u.mu.Lock()
		u.inUpdate = true
	}
	err := u.state.update(r)
	if err != nil {
		u.release()
	}
	return err
}

// Commit implements ovsdb.Handler.
func (u *updates) Commit() {
	if !u.inUpdate {
		return
	}
	u.release()
	(*Session)(u).notify()
}

func (s *Session) notify() { model.Hint(s.changed) }

func (u *updates) release() {
	u.inUpdate = false
	u.mu.Unlock()
}

// Changed delivers a hint after the database changed, whoever changed it.
func (s *Session) Changed() <-chan struct{} { return s.changed }

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
func (s *Session) Transactions() uint64 { return s.sent.Load() }

// Plan compares a Want with the database as it stands. It changes nothing, and may be
// called by any goroutine at any time.
func (s *Session) Plan(want *Want, mode Mode) *Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.planner.plan(want, s.state, mode)
}
