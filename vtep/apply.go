package vtep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bordergw/vtep/ovsdb"
)

// Rejection is an operation that the switch refused for itself.
type Rejection struct {
	Op  Op
	Err error
}

// Apply sends a plan, one transaction after the other. While one is under way,
// what the one before has added is taken over and the next one is made, so that
// the switch need not wait for it. Operations that the switch refuses are set
// apart until each stands alone, so that they do not hold up the others, and are
// returned. An error means that the session has ended or can not be used; what
// was sent until then stands.
func (s *Session) Apply(ctx context.Context, ops []Op) ([]Rejection, error) {
	s.added = map[string]ovsdb.UUID{}
	var rejected []Rejection
	var next *encoder
	var last outcome
	for len(ops) > 0 {
		e := next
		next = nil // each is sent once
		if e == nil {
			s.take(&last)
			e = s.encode(ops[:cut(ops, s.pace.size())], false)
		}
		batch := ops[:e.covers]
		ops = ops[e.covers:]
		results, err := s.send(ctx, e, func() {
			s.take(&last)
			next = s.encode(ops[:cut(ops, s.pace.size())], true)
		})
		if results != nil {
			last = outcome{e, results}
		}
		if err == nil {
			continue
		}
		next = nil // it was made for what did not come to be
		s.take(&last)
		r, err := s.judge(ctx, batch, e, err)
		rejected = append(rejected, r...)
		if err != nil {
			return rejected, err
		}
	}
	s.take(&last)
	return rejected, nil
}

// outcome is a transaction that was carried out, with its results.
type outcome struct {
	*encoder
	results []ovsdb.Result
}

// cut is the length of the first run of at most limit operations, between
// logical switches where that is possible.
func cut(ops []Op, limit int) int {
	n := min(limit, len(ops))
	if n == len(ops) {
		return n
	}
	for at := n; at > n/2; at-- {
		if ops[at].LogicalSwitch != ops[at-1].LogicalSwitch {
			return at
		}
	}
	return n
}

// resend sends operations as one transaction.
func (s *Session) resend(ctx context.Context, batch []Op) ([]Rejection, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	e := s.encode(batch, false)
	results, err := s.send(ctx, e, nil)
	s.take(&outcome{e, results})
	return s.judge(ctx, batch, e, err)
}

// judge looks at the outcome of a transaction. Operations that were refused
// together are sent again without the one at fault, or in halves when the server
// does not say which it is.
func (s *Session) judge(ctx context.Context, batch []Op, e *encoder, err error) ([]Rejection, error) {
	var refused *ovsdb.TransactError
	switch {
	case err == nil:
		return nil, nil
	case !errors.As(err, &refused):
		return nil, fmt.Errorf("transaction: %w", err)
	case refused.Kind == notOwner:
		return nil, ErrReader
	case refused.Kind == ovsdb.NoMatch:
		// Committed; only the row at fault had gone. The next plan knows.
		return nil, nil
	case e.ahead:
		return s.resend(ctx, batch) // a locator that stood may have gone since
	case len(batch) == 1:
		return []Rejection{{Op: batch[0], Err: refused}}, nil
	}
	if i := e.blamed(refused); i >= 0 {
		rest, err := s.resend(ctx, slices.Concat(batch[:i], batch[i+1:]))
		return append(rest, Rejection{Op: batch[i], Err: refused}), err
	}
	first, err := s.resend(ctx, batch[:len(batch)/2])
	if err != nil {
		return first, err
	}
	second, err := s.resend(ctx, batch[len(batch)/2:])
	return append(first, second...), err
}

// blamed is the index of the operation at fault, -1 if that is not known.
func (e *encoder) blamed(refused *ovsdb.TransactError) int {
	if refused.Op < len(e.source) {
		return e.source[refused.Op]
	}
	return -1
}

// send makes one transaction and calls meanwhile, if set, while it is under way.
func (s *Session) send(ctx context.Context, e *encoder, meanwhile func()) ([]ovsdb.Result, error) {
	if !slices.ContainsFunc(e.source, func(i int) bool { return i >= 0 }) {
		return nil, nil
	}
	s.sent.Add(1)
	took := s.pace.start(e.covers)
	tx := s.conn.Begin(ctx, e.tx)
	if meanwhile != nil {
		meanwhile()
	}
	results, err := tx.Wait(ctx)
	took()
	return results, err
}

// encode resolves operations against the database as it stands. One whose
// logical switch does not stand is left out: what it depends on was refused.
// Ahead of the end of another transaction it is nil if something is needed that
// does not stand yet, or if there is nothing to send.
func (s *Session) encode(batch []Op, ahead bool) *encoder {
	if ahead && len(batch) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := newEncoder(s.state, s.added)
	e.covers, e.ahead = len(batch), ahead
	s.assert(e)
	for i := range batch {
		// Other errors are errDepends, and an unknown kind, which Diff never makes.
		if err := e.encode(i, &batch[i]); errors.Is(err, errNotYet) {
			return nil
		}
	}
	return e
}

// take takes over what a transaction has added, once. What the server has told
// since of such a row counts for more.
func (s *Session) take(o *outcome) {
	if o.results == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, r := range o.added {
		s.added[name] = o.results[r.n].UUID
	}
	for i := range o.macs {
		m := &o.macs[i]
		s.state.addedRemote(o.results[m.n].UUID, macExtra{mac: m.mac, ls: m.ls.resolve(o.results), locator: m.locator.resolve(o.results)})
	}
	s.state.ucastRemote.settle()
	*o = outcome{}
}
