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

// Nearly all rows of Ucast_Macs_Remote are ours, and it costs a server time to report
// to us what we have just written. We therefore ask a standalone server to report only
// the UUID of an inserted row. During a large push it does not report inserts at all.
// The replies give us our own rows. We read foreign rows by their UUID.
//
// Inserts have a separate monitor for this. If an external writer inserts remote MACs
// and changes something else in one transaction, the server reports it in two messages,
// one right after the other; barrier waits for the second.

const remoteTable = "Ucast_Macs_Remote"

// insertsOnly monitors inserted remote MACs. It asks for a column that is always
// empty, so that the server reports little more than the UUID.
var insertsOnly = []ovsdb.MonitorTable{{Table: remoteTable, Columns: []string{"ipaddr"}, Insert: true}}

// foreignRows is how a session learns of foreign rows. Only the goroutine that applies
// plans uses it.
type foreignRows struct {
	// separate: inserts have a separate monitor. monitor is its id, "" while there is
	// none.
	separate bool
	monitor  string
	// unreported: the server may have rows whose insert it has not reported.
	unreported bool
}

// monitorInserts asks the server to report inserts, unless it does already.
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

// barrier returns when the session has taken all reports that the server has sent until now.
func (s *Session) barrier(ctx context.Context) error {
	_, err := s.conn.Transact(ctx, Database)
	if s.conn.Err() == nil && ctx.Err() == nil {
		return nil // any answer comes after what was said before
	}
	return err
}

// A push is large if it adds at least largePush MACs and at least one part in
// largeShare of the rows that stand. After a smaller push, the search for foreign rows
// would cost more than it saves.
const (
	largePush  = 1000
	largeShare = 4
)

// large reports whether the server should not report the rows that a plan inserts.
func (s *Session) large(ops []Op) bool {
	adds := 0
	for i := range ops {
		if ops[i].Kind == AddMAC {
			adds++
		}
	}
	return s.foreign.monitor != "" && adds >= largePush && adds >= s.remoteMACs()/largeShare
}

// applyLarge applies a plan. During a large push the server does not report inserted
// rows.
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
		return err // the session has ended; or else TakeLock comes before it is used again
	}
	return cmp.Or(s.monitorInserts(ctx), err)
}

func (s *Session) remoteMACs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.remote.macs.len()
}

func (s *Session) muteInserts(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.remote.macs.insertsMuted = yes
}

// resync finds foreign rows that were inserted while the server did not report inserts.
// It does nothing if there was no such time since the last call.
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

// resynced records the rows that are not known yet.
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
		s.state.remote.macs.inserted(id)
	}
	return nil
}

// fetchPending reads the foreign rows of which the server has reported only the UUID.
// The next plan takes them into account.
func (s *Session) fetchPending(ctx context.Context) error {
	for batch := range slices.Chunk(s.pendingRows(), maxBatch) {
		tx := ovsdb.NewTransaction(Database)
		for _, id := range batch {
			tx.Add(ovsdb.Select(remoteTable, ovsdb.ByUUID(id), macColumns...))
		}
		err := s.query(ctx, tx, func(results []ovsdb.Result) error { return s.fetched(batch, results) })
		if err != nil {
			return fmt.Errorf("reading foreign rows: %w", err)
		}
	}
	return nil
}

func (s *Session) pendingRows() []ovsdb.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.remote.macs.pendingRows()
}

// fetched takes over rows that were read by UUID.
func (s *Session) fetched(ids []ovsdb.UUID, results []ovsdb.Result) error {
	for i, id := range ids {
		if err := s.state.remote.read(id, results[i].Rows); err != nil {
			return fmt.Errorf("%s row %s: %w", remoteTable, id, err)
		}
	}
	s.state.remote.macs.settle()
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
