package vtep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"bordergw/vtep/ovsdb"
)

// Nearly all rows of Ucast_Macs_Remote are ours, and it costs a server time to tell
// us what we have just told it. One that is standalone is therefore asked to say of
// an inserted row no more than that it is there, and while many are inserted not
// even that. Our rows are known from the replies; those of another hand are read by
// their UUID.
//
// Inserts have a monitor of their own for this. A transaction of another hand that
// inserts remote MACs and does something else is told in two messages, close behind
// each other; barrier waits for the second.

const remoteTable = "Ucast_Macs_Remote"

// insertsOnly asks for the remote MACs that are inserted: for a column that nobody
// sets here, and by that for the UUID.
var insertsOnly = []ovsdb.MonitorTable{{Table: remoteTable, Columns: []string{"ipaddr"}, Insert: true}}

// strangers is how a session comes to know of rows of another hand. It is used by
// the goroutine that applies plans.
type foreignRows struct {
	// apart: inserts have a monitor of their own, "" while there is none.
	separate bool
	monitor  string
	// missed: rows were inserted while nothing told of them.
	unreported bool
}

// listen has the server tell of inserts, if it does not.
func (s *Session) monitorInserts(ctx context.Context) error {
	if !s.foreign.separate || s.foreign.monitor != "" {
		return nil
	}
	return s.monitoringInserts(s.conn.Monitor(ctx, Database, insertsOnly, (*updates)(s)))
}

func (s *Session) monitoringInserts(id string, err error) error {
	if err != nil {
		return fmt.Errorf("monitoring remote MACs: %w", err)
	}
	s.foreign.separate, s.foreign.monitor = true, id
	return nil
}

// barrier returns when all has been taken that the server has said until now.
func (s *Session) barrier(ctx context.Context) error {
	_, err := s.conn.Transact(ctx, Database)
	if s.conn.Err() == nil && ctx.Err() == nil {
		return nil // any answer comes after what was said before
	}
	return err
}

// A push is large from largePush MACs on, if it adds one part in largeShare of what
// stands. To look for rows of another hand after a smaller one would cost more than
// it saves.
const (
	largePush  = 1000
	largeShare = 4
)

// large reports whether the server is better not to tell of what a plan inserts.
func (s *Session) large(ops []Op) bool {
	adds := 0
	for i := range ops {
		if ops[i].Kind == AddMAC {
			adds++
		}
	}
	return s.foreign.monitor != "" && adds >= largePush && adds >= s.remoteMACs()/largeShare
}

// quietly applies a plan; the server does not tell of inserted rows meanwhile if
// there are many.
func (s *Session) applyLarge(ctx context.Context, ops []Op, apply func() error) error {
	if !s.large(ops) {
		return apply()
	}
	began := time.Now()
	err := s.conn.Cancel(ctx, s.foreign.monitor)
	s.sizer.observe(0, time.Since(began))
	if _, refused := errors.AsType[*ovsdb.RPCError](err); refused {
		return apply()
	}
	if err != nil {
		return fmt.Errorf("cancelling a monitor: %w", err)
	}
	s.foreign.monitor, s.foreign.unreported = "", true
	s.muteInserts(true)
	err = apply()
	s.muteInserts(false)
	if err != nil && !errors.Is(err, ErrReader) && !errors.Is(err, ErrBlocked) {
		return err // the session has ended; or else Claim comes before it is used again
	}
	return cmp.Or(s.monitorInserts(ctx), err)
}

func (s *Session) remoteMACs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.ucastRemote.len()
}

func (s *Session) muteInserts(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.ucastRemote.insertsMuted = yes
}

// recount finds rows that another hand inserted while the server did not tell of
// them. It does nothing if there was no such time since the last call.
func (s *Session) resync(ctx context.Context) error {
	if !s.foreign.unreported {
		return nil
	}
	tx := ovsdb.NewTransaction(Database, ovsdb.Select(remoteTable, nil, "_uuid"))
	if err := s.query(ctx, tx, s.resynced); err != nil {
		return fmt.Errorf("counting remote MACs: %w", err)
	}
	s.foreign.unreported = false
	return nil
}

// counted notes the rows that are not known.
func (s *Session) resynced(results []ovsdb.Result) error {
	var rows []struct {
		ID json.RawMessage `json:"_uuid"`
	}
	if err := json.Unmarshal(results[0].Rows, &rows); err != nil {
		return err
	}
	for _, row := range rows {
		id, ok := ovsdb.ReadRef(row.ID)
		if !ok {
			return errWire
		}
		s.state.ucastRemote.inserted(id)
	}
	return nil
}

// readNamed reads the rows that another hand has added, of which the server tells
// no more than that they are there. What is planned next is planned with them.
func (s *Session) fetchPending(ctx context.Context) error {
	for batch := range slices.Chunk(s.pendingRows(), maxBatch) {
		tx := ovsdb.NewTransaction(Database)
		for _, id := range batch {
			tx.Add(ovsdb.Select(remoteTable, ovsdb.ByUUID(id), macColumns...))
		}
		err := s.query(ctx, tx, func(results []ovsdb.Result) error { return s.fetched(batch, results) })
		if err != nil {
			return fmt.Errorf("reading rows of another hand: %w", err)
		}
	}
	return nil
}

func (s *Session) pendingRows() []ovsdb.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.ucastRemote.pendingRows()
}

// completed takes over rows that were read one by one.
func (s *Session) fetched(ids []ovsdb.UUID, results []ovsdb.Result) error {
	for i, id := range ids {
		if err := s.state.readRemote(id, results[i].Rows); err != nil {
			return fmt.Errorf("%s row %s: %w", remoteTable, id, err)
		}
	}
	s.state.ucastRemote.settle()
	return nil
}

// query makes a transaction that only reads. What it finds is taken by the reader,
// with mu held, before anything that the server says after it; what can not be
// understood ends the session.
func (s *Session) query(ctx context.Context, tx *ovsdb.Transaction, take func([]ovsdb.Result) error) error {
	var bad error
	tx.Committed = func(results []ovsdb.Result) {
		s.mu.Lock()
		defer s.mu.Unlock()
		bad = take(results)
	}
	if _, err := s.conn.Send(ctx, tx); err != nil {
		return err
	}
	if bad != nil {
		s.conn.Close()
	}
	return bad
}
