package store

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"bordergw/model"
)

// A commit waits for the disk, and hundreds of switches may have something to
// say at once. Writers stand in line; the first whose turn it is carries out the
// rules of all who wait, each upon the result of the one before, and makes them
// durable with one commit.

// line is the writers who wait.
type line struct {
	mu      sync.Mutex
	writers []*writer
}

// writer is one rule in line.
type writer struct {
	ctx  context.Context
	rule func(*txn) error
	err  error // of the rule, or of the commit
}

// errInterrupted is what a writer is left with if another one's rule panics.
var errInterrupted = unavailable("%w", errors.New("the write in progress was interrupted"))

func (l *line) join(w *writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writers = append(l.writers, w)
}

func (l *line) take() []*writer {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.writers
	l.writers = nil
	return all
}

// write runs one rule and makes its changes durable.
func write[R any](ctx context.Context, s *Store, rule func(*txn) (R, error)) (R, error) {
	var none, r R
	w := &writer{ctx: ctx, err: errInterrupted, rule: func(t *txn) (err error) {
		r, err = rule(t)
		return err
	}}
	s.line.join(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve(s.line.take())
	if w.err != nil {
		return none, w.err
	}
	return r, nil
}

// do is write for rules without a result.
func (s *Store) do(ctx context.Context, rule func(*txn) error) error {
	_, err := write(ctx, s, func(t *txn) (struct{}, error) { return struct{}{}, rule(t) })
	return err
}

// serve carries out the rules of writers. All that were carried out share the
// fate of the commit: one that changes nothing may rest upon one that does.
func (s *Store) serve(writers []*writer) {
	if len(writers) == 0 {
		return
	}
	if s.unsure {
		if err := s.reread(); err != nil {
			for _, w := range writers {
				w.err = err
			}
			return
		}
	}
	standing := s.current.Load()
	next, numbers, audited := standing.Definitions, standing.index, s.audited
	var changes []change
	for _, w := range writers {
		if t := s.run(w, next, numbers, &audited); t != nil {
			next, numbers, changes = &t.next, t.numbers, append(changes, t.changes...)
		}
	}
	if len(changes) == 0 {
		return
	}
	if err := s.commit(&snapshot{next, numbers}, audited, changes); err != nil {
		for _, w := range writers {
			w.err = cmp.Or(w.err, err)
		}
	}
}

// run carries out one rule. It returns nil if there is nothing to commit.
func (s *Store) run(w *writer, base *model.Definitions, numbers index, audited *auditLog) *txn {
	if w.err = w.ctx.Err(); w.err != nil {
		return nil
	}
	w.err = errInterrupted
	t := begin(s, base, numbers)
	if w.err = w.rule(t); w.err != nil || len(t.changes) == 0 {
		return nil
	}
	if w.err = t.checkReleased(numbers); w.err != nil {
		return nil
	}
	log := *audited
	if w.err = t.audit(w.ctx, &log); w.err != nil {
		return nil
	}
	*audited = log
	return t
}

func (s *Store) commit(next *snapshot, audited auditLog, changes []change) error {
	if err := s.backend.commit(next.Revision, changes); err != nil {
		s.unsure = true
		return unavailable("commit revision %d: %w", next.Revision, err)
	}
	s.audited = audited
	s.current.Store(next)
	s.notices.send()
	return nil
}
