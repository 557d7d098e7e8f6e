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

// insertsOnly monitors inserted remote MACs. It asks for a column that is empty in most
// rows, so that the server reports little more than the UUID.
var insertsOnly = []ovsdb.MonitorTable{{Table: remoteTable, Columns: []string{"ipaddr"}, Insert: true}}

// foreignRows is how a session learns of foreign rows. Only the goroutine that applies
// plans uses it.
type foreignRows struct {
	replica *replica
	sizer   *batchSizer
	// separate: inserts have a separate monitor. monitor is its id, "" while there is
	// none.
	separate bool
	monitor  string
	// unreported: the server may have rows whose insert it has not reported.
	unreported bool
}

// monitorInserts asks the server to report inserts, unless it does already.
func (f *foreignRows) monitorInserts(ctx context.Context) error {
	if !f.separate || f.monitor != "" {
		return nil
	}
	return f.monitoring(f.replica.conn.Monitor(ctx, Database, insertsOnly, f.replica))
}

func (f *foreignRows) monitoring(id string, err error) error {
	if err != nil {
		return fmt.Errorf("monitoring remote MACs: %w", err)
	}
	f.separate, f.monitor = true, id
	return nil
}

// A push is large if it adds at least largePush MACs and at least one part in
// largeShare of the rows that stand. After a smaller push, the search for foreign rows
// would cost more than it saves.
const (
	largePush  = 1000
	largeShare = 4
)

// large reports whether the server should not report the rows that a plan inserts.
func (f *foreignRows) large(ops []Op) bool {
	adds := 0
	for i := range ops {
		if ops[i].Kind == AddMAC {
			adds++
		}
	}
	return f.monitor != "" && adds >= largePush && adds >= f.remoteMACs()/largeShare
}

// applyLarge applies a plan. During a large push the server does not report inserted
// rows.
func (f *foreignRows) applyLarge(ctx context.Context, ops []Op, apply func() error) error {
	if !f.large(ops) {
		return apply()
	}
	began := time.Now()
	err := f.replica.conn.Cancel(ctx, f.monitor)
	f.sizer.observe(0, time.Since(began))
	if _, refused := errors.AsType[*ovsdb.RPCError](err); refused {
		return apply()
	}
	if err != nil {
		return fmt.Errorf("cancelling a monitor: %w", err)
	}
	f.monitor, f.unreported = "", true
	f.muteInserts(true)
	err = apply()
	f.muteInserts(false)
	if err != nil && !errors.Is(err, ErrReader) && !errors.Is(err, ErrBlocked) {
		return err // the session has ended; or else TakeLock comes before it is used again
	}
	return cmp.Or(f.monitorInserts(ctx), err)
}

func (f *foreignRows) remoteMACs() int {
	f.replica.mu.Lock()
	defer f.replica.mu.Unlock()
	return f.replica.state.remote.macs.len()
}

func (f *foreignRows) muteInserts(yes bool) {
	f.replica.mu.Lock()
	defer f.replica.mu.Unlock()
	f.replica.state.remote.macs.insertsMuted = yes
}

// resync finds foreign rows that were inserted while the server did not report inserts.
// It does nothing if there was no such time since the last call.
func (f *foreignRows) resync(ctx context.Context) error {
	if !f.unreported {
		return nil
	}
	tx := ovsdb.NewTransaction(Database, ovsdb.Select(remoteTable, nil, "_uuid"))
	if err := f.replica.query(ctx, tx, f.resynced); err != nil {
		return fmt.Errorf("counting remote MACs: %w", err)
	}
	f.unreported = false
	return nil
}

// resynced records the rows that are not known yet.
func (f *foreignRows) resynced(results []ovsdb.Result) error {
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
		f.replica.state.remote.macs.inserted(id)
	}
	return nil
}

// fetchPending reads the foreign rows of which the server has reported only the UUID.
// The next plan takes them into account.
func (f *foreignRows) fetchPending(ctx context.Context) error {
	for batch := range slices.Chunk(f.pendingRows(), maxBatch) {
		tx := ovsdb.NewTransaction(Database)
		for _, id := range batch {
			tx.Add(ovsdb.Select(remoteTable, ovsdb.ByUUID(id), macColumns...))
		}
		err := f.replica.query(ctx, tx, func(results []ovsdb.Result) error { return f.fetched(batch, results) })
		if err != nil {
			return fmt.Errorf("reading foreign rows: %w", err)
		}
	}
	return nil
}

func (f *foreignRows) pendingRows() []ovsdb.UUID {
	f.replica.mu.Lock()
	defer f.replica.mu.Unlock()
	return f.replica.state.remote.macs.pendingRows()
}

// fetched takes over rows that were read by UUID.
func (f *foreignRows) fetched(ids []ovsdb.UUID, results []ovsdb.Result) error {
	for i, id := range ids {
		if err := f.replica.state.remote.read(id, results[i].Rows); err != nil {
			return fmt.Errorf("%s row %s: %w", remoteTable, id, err)
		}
	}
	f.replica.state.remote.macs.settle()
	return nil
}
