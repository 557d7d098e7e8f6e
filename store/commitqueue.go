package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"bordergw/model"
)

// commitQueue makes durable what rules change (group commit). A commit waits for the
// disk, and hundreds of switches may have something to report at once. So writers queue;
// the first whose turn it is carries out the rules of all who wait, each upon the result
// of the one before, and makes them durable with one commit. Only then is the result
// published.
type commitQueue struct {
	waiting writers
	*published
	// begin starts the change of one writer.
	begin func(base *snapshot) *rules
	// bounds are those of the audit.
	bounds auditBounds

	// mu is held by the one writer; it guards the fields below.
	mu      sync.Mutex
	backend backend
	// unsure is set by a commit that failed: whether it reached the disk is
	// not known, so the next write reads everything anew.
	unsure bool
	// audited is what the audit holds.
	audited auditLog
}

// writer is one rule in the queue.
type writer struct {
	ctx  context.Context
	rule func(*rules) error
	err  error // of the rule, or of the commit
}

// errInterrupted is what a writer is left with if another one's rule panics.
var errInterrupted = unavailable("%w", errors.New("the write in progress was interrupted"))

// writers are those who wait.
type writers struct {
	mu  sync.Mutex // guards all
	all []*writer
}

func (w *writers) join(one *writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, one)
}

func (w *writers) take() []*writer {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.all
	w.all = nil
	return all
}

// write returns when the writer's rule was carried out and its changes are durable.
func (q *commitQueue) write(w *writer) error {
	w.err = errInterrupted
	q.waiting.join(w)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.serve(q.waiting.take())
	return w.err
}

// serve carries out the rules of writers. All that were carried out share the
// fate of the commit: one that changes nothing may rest upon one that does.
func (q *commitQueue) serve(all []*writer) {
	if len(all) == 0 {
		return
	}
	if q.unsure {
		if err := q.reread(); err != nil {
			for _, w := range all {
				w.err = err
			}
			return
		}
	}
	next, audited := q.current.Load(), q.audited
	var changes []change
	for _, w := range all {
		if t := q.run(w, next, &audited); t != nil {
			next, changes = &t.next, append(changes, t.changes...)
		}
	}
	if len(changes) == 0 {
		return
	}
	if err := q.commit(next, audited, changes); err != nil {
		for _, w := range all {
			w.err = cmp.Or(w.err, err)
		}
	}
}

// run carries out one rule. It returns nil if there is nothing to commit.
func (q *commitQueue) run(w *writer, base *snapshot, audited *auditLog) *txn {
	if w.err = w.ctx.Err(); w.err != nil {
		return nil
	}
	w.err = errInterrupted
	r := q.begin(base)
	if w.err = w.rule(r); w.err != nil || len(r.tx.changes) == 0 {
		return nil
	}
	if w.err = r.quarantine.checkSize(); w.err != nil {
		return nil
	}
	log := *audited
	if w.err = r.tx.audit(w.ctx, &log, q.bounds); w.err != nil {
		return nil
	}
	*audited = log
	return &r.tx
}

func (q *commitQueue) commit(next *snapshot, audited auditLog, changes []change) error {
	if err := q.backend.commit(next.Revision, changes); err != nil {
		q.unsure = true
		return unavailable("commit revision %d: %w", next.Revision, err)
	}
	q.audited = audited
	published := *next // without the rules that made it
	q.publish(&published)
	return nil
}

// reread finds out what a failed commit left behind.
func (q *commitQueue) reread() error {
	if err := q.reload(); err != nil {
		return unavailable("read store after a failed commit: %w", err)
	}
	return nil
}

// reload replaces the snapshot by what the backend holds.
func (q *commitQueue) reload() error {
	d, err := loadDefinitions(q.backend)
	if err != nil {
		return err
	}
	if q.audited, err = readAuditLog(q.backend); err != nil {
		return err
	}
	q.unsure = false
	next := newSnapshot(d)
	next.audited = q.audited.last
	q.publish(next)
	return nil
}

// close waits for the writer and closes the backend.
func (q *commitQueue) close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.backend.close()
}

// unavailable asks the caller to try again and keeps the cause for the log.
func unavailable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", model.ErrUnavailable("The definitions can not be stored now."), fmt.Errorf(format, args...))
}
