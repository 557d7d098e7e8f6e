package vtep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"bordergw/vtep/ovsdb"

	notation "github.com/ovn-org/libovsdb/ovsdb"
)

// Rejection is an operation that the switch refused for itself.
type Rejection struct {
	Op  Op
	Err error
}

// sender sends plans, one at a time. Only the goroutine that applies plans uses it, but
// for sent and doubted.
type sender struct {
	replica *replica
	lock    *writeLock
	sizer   batchSizer
	sent    atomic.Uint64 // transactions
	// doubted: an answer does not go with what is known, see Session.Doubt.
	doubted atomic.Bool
	// added are the logical switches that the plan under way has added, under the
	// replica's lock.
	added map[string]ovsdb.UUID
}

// apply sends one transaction after the other. While one is under way, what the
// one before has added is taken over and the next one is made, so that the switch
// need not wait for it.
func (s *sender) apply(ctx context.Context, ops []Op) ([]Rejection, error) {
	s.added = map[string]ovsdb.UUID{}
	defer s.settle()
	var rejected []Rejection
	var now *flight
	var last outcome
	for len(ops) > 0 {
		s.take(last)
		if now == nil {
			now = s.begin(ctx, ops)
		}
		batch, rest := ops[:now.covers], ops[now.covers:]
		next := s.follow(now, rest)
		results, err := s.wait(ctx, now)
		last = outcome{now.encoder, results}
		if err != nil {
			s.take(last)
			last = outcome{}
			next = nil // it was made for what did not come to be, and not sent
			r, err := s.judge(ctx, batch, now.encoder, err)
			rejected = append(rejected, r...)
			if err != nil {
				return rejected, err
			}
		}
		ops, now = rest, next
	}
	s.take(last)
	return rejected, nil
}

// cut is the length of the first run of about limit operations, between logical
// switches where that is possible.
func cut(ops []Op, limit int) int {
	if len(ops) <= max(limit, min(limit+limit*3/5, maxBatch)) {
		return len(ops) // a transaction more costs the server more than a larger one
	}
	n := min(limit, len(ops))
	for at := n; at > n/2; at-- {
		if ops[at].LogicalSwitch != ops[at-1].LogicalSwitch {
			return at
		}
	}
	return n
}

// resend sends operations as one transaction, each for itself, so that the server's
// answer shows which one it refuses.
func (s *sender) resend(ctx context.Context, batch []Op) ([]Rejection, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	f := &flight{encoder: s.encode(batch, again)}
	if !f.empty() {
		f.sending = s.replica.conn.Begin(ctx, f.tx)
	}
	results, err := s.wait(ctx, f)
	s.take(outcome{f.encoder, results})
	return s.judge(ctx, batch, f.encoder, err)
}

// judge looks at the outcome of a transaction. Operations that were refused
// together are sent again without the one at fault, or in halves when the server
// does not say which it is.
func (s *sender) judge(ctx context.Context, batch []Op, e *encoder, err error) ([]Rejection, error) {
	if err == nil {
		return nil, nil
	}
	refused, one := errors.AsType[*ovsdb.TransactError](err)
	switch {
	case !refusal(err):
		return nil, fmt.Errorf("transaction: %w", err)
	case isNotOwner(err):
		return nil, ErrReader
	case (!one || refused.Op == 0) && s.lock.cannotAssert(ctx, e):
		return s.resend(ctx, batch)
	case !one || refused.Kind == readOnly:
		return nil, fmt.Errorf("%w: %w", ErrBlocked, err)
	}
	s.doubt(refused)
	switch {
	case refused.Kind == ovsdb.NoMatch:
		// Committed; only the row at fault had gone. The next plan knows.
		return nil, nil
	case e.made == ahead || e.joint:
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

// blamed is the index of the operation at fault, none if that is not known.
func (e *encoder) blamed(refused *ovsdb.TransactError) int {
	if refused.Op < len(e.source) {
		return e.source[refused.Op]
	}
	return none
}

// flight is a transaction of a plan, under way if there is anything to send.
type flight struct {
	*encoder
	sending *ovsdb.Sending
}

// begin sends the first of some operations.
func (s *sender) begin(ctx context.Context, ops []Op) *flight {
	f := &flight{encoder: s.encode(ops[:cut(ops, s.sizer.size())], fresh)}
	if !f.empty() {
		f.sending = s.replica.conn.Begin(ctx, f.tx)
	}
	return f
}

// follow has the first of some operations sent when a transaction has been
// carried out; nil if it can not be made yet, or if there is nothing to send.
func (s *sender) follow(f *flight, ops []Op) *flight {
	if len(ops) == 0 || f.sending == nil {
		return nil
	}
	e := s.encode(ops[:cut(ops, s.sizer.size())], ahead)
	if e == nil || e.empty() {
		return nil
	}
	return &flight{encoder: e, sending: f.sending.Then(e.tx)}
}

func (s *sender) wait(ctx context.Context, f *flight) ([]ovsdb.Result, error) {
	if f.sending == nil {
		return nil, nil
	}
	s.sent.Add(1)
	results, err := f.sending.Wait(ctx)
	if err == nil {
		s.sizer.observe(f.covers, f.sending.Took())
	}
	return results, err
}

// empty reports whether nothing of the plan is in it.
func (e *encoder) empty() bool {
	return !slices.ContainsFunc(e.source, func(i int) bool { return i != none })
}

// outcome is a transaction with its results, nil if it was not carried out.
type outcome struct {
	*encoder
	results []ovsdb.Result
}

// encode resolves operations against the database as it stands. One whose
// logical switch does not stand is left out: what it depends on was refused.
// Ahead of the end of another transaction it is nil if something is needed that
// does not stand yet.
func (s *sender) encode(batch []Op, made moment) *encoder {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	e := newEncoder(s.replica.state, s.added, len(batch))
	e.covers, e.made = len(batch), made
	s.lock.assert(e)
	for i := 0; i < len(batch); {
		n := 1
		if made != again {
			n = together(batch[i:])
		}
		// Other errors are errDepends, and an unknown kind, which Diff never makes.
		if err := e.encode(i, batch[i:i+n]); errors.Is(err, errNotYet) {
			return nil
		}
		i += n
	}
	return e
}

// take takes over what a transaction has added. If the server has reported such a row
// since, its report counts.
func (s *sender) take(o outcome) {
	if o.results == nil {
		return
	}
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	for name, r := range o.added {
		s.added[name] = o.results[r.n].UUID
	}
	for i := range o.macs {
		m := &o.macs[i]
		s.replica.state.remote.added(o.results[m.n].UUID, macExtra{mac: m.mac, ip: m.ip, ls: m.ls.resolve(o.results), locator: m.locator.resolve(o.results)})
	}
}

// settle notes that no transaction is under way.
func (s *sender) settle() {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	s.replica.state.remote.macs.settle()
}

// doubt notes an answer to a transaction. Some refusals say that a row is there, or is
// not, against what is known.
func (s *sender) doubt(refused *ovsdb.TransactError) {
	switch refused.Unwrap().(type) {
	case *notation.ConstraintViolation, *notation.ReferentialIntegrityViolation, *notation.TimedOut:
		s.doubted.Store(true)
	}
	if refused.Kind == ovsdb.NoMatch {
		s.doubted.Store(true)
	}
}
