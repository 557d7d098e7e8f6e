package vtep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bordergw/vtep/ovsdb"
)

// batchSize bounds the operations of one transaction: below a hundred the
// server's cost of a transaction shows, far above it grows faster than the
// number of rows (docs/performance.md).
const batchSize = 200

// Rejection is an operation that the switch refused for itself.
type Rejection struct {
	Op  Op
	Err error
}

// Apply sends a plan, one transaction after the other. Operations that the
// switch refuses are set apart until each stands alone, so that they do not
// hold up the others, and are returned. An error means that the session has
// ended or can not be used; what was sent until then stands.
func (s *Session) Apply(ctx context.Context, ops []Op) ([]Rejection, error) {
	s.refused = map[string]bool{}
	var rejected []Rejection
	for _, batch := range batches(ops, batchSize) {
		r, err := s.applyBatch(ctx, batch)
		rejected = append(rejected, r...)
		if err != nil {
			return rejected, err
		}
	}
	return rejected, nil
}

// batches cuts operations into runs of at most limit, between logical switches
// where that is possible.
func batches(ops []Op, limit int) (out [][]Op) {
	for len(ops) > 0 {
		n := min(limit, len(ops))
		if n < len(ops) {
			for cut := n; cut > n/2; cut-- {
				if ops[cut].LogicalSwitch != ops[cut-1].LogicalSwitch {
					n = cut
					break
				}
			}
		}
		out = append(out, ops[:n])
		ops = ops[n:]
	}
	return out
}

// applyBatch sends operations as one transaction, and again without the one at
// fault, or in halves when the server does not say which it is.
func (s *Session) applyBatch(ctx context.Context, batch []Op) (rejected []Rejection, err error) {
	for len(batch) > 0 {
		blamed, err := s.send(ctx, batch)
		var refused *ovsdb.TransactError
		switch {
		case err == nil:
			return rejected, nil
		case !errors.As(err, &refused):
			return rejected, fmt.Errorf("transaction: %w", err)
		case refused.Kind == notOwner:
			return rejected, ErrReader
		case refused.Kind == ovsdb.NoMatch:
			// Committed; only the row at fault had gone. The next plan knows.
			return rejected, nil
		case len(batch) == 1:
			return append(rejected, s.reject(batch[0], refused)), nil
		case blamed < 0:
			return s.halves(ctx, batch, rejected)
		}
		rejected = append(rejected, s.reject(batch[blamed], refused))
		batch = append(batch[:blamed:blamed], batch[blamed+1:]...)
	}
	return rejected, nil
}

// reject sets an operation apart. A logical switch that was to be added and was
// refused may stand by now, made by another hand: nothing of the plan is for it.
func (s *Session) reject(op Op, err error) Rejection {
	if op.Kind == AddLogicalSwitch {
		s.refused[op.LogicalSwitch] = true
	}
	return Rejection{Op: op, Err: err}
}

func (s *Session) halves(ctx context.Context, batch []Op, rejected []Rejection) ([]Rejection, error) {
	for _, half := range [][]Op{batch[:len(batch)/2], batch[len(batch)/2:]} {
		r, err := s.applyBatch(ctx, half)
		rejected = append(rejected, r...)
		if err != nil {
			return rejected, err
		}
	}
	return rejected, nil
}

// send makes one transaction of a batch. With a refusal it gives the index of
// the operation at fault, or -1.
func (s *Session) send(ctx context.Context, batch []Op) (blamed int, err error) {
	e := s.encode(batch)
	if !slices.ContainsFunc(e.source, func(i int) bool { return i >= 0 }) {
		return -1, nil
	}
	s.sent.Add(1)
	_, err = s.conn.Transact(ctx, Database, e.ops...)
	var refused *ovsdb.TransactError
	if errors.As(err, &refused) && refused.Op < len(e.source) {
		return e.source[refused.Op], err
	}
	return -1, err
}

// encode resolves a batch against the database as it stands. An operation whose
// logical switch does not stand is left out: what it depends on was refused.
func (s *Session) encode(batch []Op) *encoder {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := newEncoder(s.state)
	e.refused = s.refused
	s.assert(e)
	for i := range batch {
		// The only error is errDepends, and an unknown kind, which Diff never makes.
		_ = e.encode(i, &batch[i])
	}
	return e
}
