package vtep

import (
	"context"
	"sync"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// replica is a State under its lock. The connection's reader writes what the server
// reports, and what is read with query; the goroutine that applies plans writes what
// replies say. Nobody sees half of a notification. A transaction of an external writer
// may come in two of them (foreign.go).
type replica struct {
	conn    *ovsdb.Conn
	changed chan struct{} // hints that the database changed

	mu    sync.Mutex
	state *State
	// inUpdate: the reader holds mu until the end of a notification. Only the reader
	// touches it.
	inUpdate bool
}

// Row implements ovsdb.Handler.
func (r *replica) Row(u ovsdb.RowUpdate) error {
	if !r.inUpdate {
		r.mu.Lock()
		r.inUpdate = true
	}
	err := r.state.update(u)
	if err != nil {
		r.release()
	}
	return err
}

// Commit implements ovsdb.Handler.
func (r *replica) Commit() {
	if !r.inUpdate {
		return
	}
	r.release()
	r.notify()
}

func (r *replica) release() {
	r.inUpdate = false
	r.mu.Unlock()
}

func (r *replica) notify() { model.Hint(r.changed) }

// barrier returns when the session has taken all reports that the server has sent until now.
func (r *replica) barrier(ctx context.Context) error {
	_, err := r.conn.Transact(ctx, Database)
	if r.conn.Err() == nil && ctx.Err() == nil {
		return nil // any answer comes after what was said before
	}
	return err
}

// query makes a transaction that only reads. What it finds is taken by the reader,
// with the State locked, before anything that the server says after it; what can not be
// understood ends the session.
func (r *replica) query(ctx context.Context, tx *ovsdb.Transaction, take func([]ovsdb.Result) error) error {
	var bad error
	tx.Committed = func(results []ovsdb.Result) {
		r.mu.Lock()
		defer r.mu.Unlock()
		bad = take(results)
	}
	if _, err := r.conn.Send(ctx, tx); err != nil {
		return err
	}
	if bad != nil {
		r.conn.Close()
	}
	return bad
}
