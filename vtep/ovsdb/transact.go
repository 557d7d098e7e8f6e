package ovsdb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"time"
)

// Result is the outcome of one operation.
type Result struct {
	UUID  UUID            // of the inserted row
	Count int             // of rows matched by update, mutate, delete
	Rows  json.RawMessage // read by select: an array of row objects
}

// Transaction is a list of operations in the making. It may be built while
// another one is under way, and is sent once.
type Transaction struct {
	// Committed, if set, is called by the reader with the results, before anything
	// is taken that the server sent after the reply.
	Committed func([]Result)

	text     []byte // the request as far as it goes
	expected []expected
}

// NewTransaction begins a transaction on a database.
func NewTransaction(db string, ops ...Op) *Transaction {
	t := &Transaction{text: appendString([]byte(`{"method":"transact","params":[`), db)}
	for _, op := range ops {
		t.Add(op)
	}
	return t
}

// opSize is about what an operation takes, in bytes.
const opSize = 192

// Grow makes room for n more operations.
func (t *Transaction) Grow(n int) {
	t.text = append(buffers.get(1 << bits.Len(uint(len(t.text)+n*opSize)))[:0], t.text...)
	t.expected = slices.Grow(t.expected, n)
}

// Add appends an operation.
func (t *Transaction) Add(op Op) {
	t.text = append(append(t.text, ','), op.json...)
	t.expected = append(t.expected, op.expected)
}

// Insert is Add(Insert(...)) for the many.
func (t *Transaction) Insert(table, name string, row ...Column) {
	t.text = appendInsert(append(t.text, ','), table, name, row)
	t.expected = append(t.expected, expected{yield: yieldUUID})
}

func (t *Transaction) request(id uint64) []byte {
	return append(strconv.AppendUint(append(t.text, `],"id":`...), id, 10), '}')
}

// Len is the number of operations.
func (t *Transaction) Len() int { return len(t.expected) }

// Sending is a transaction under way.
type Sending struct {
	conn    *Conn
	trip    *trip
	err     error // it was not sent
	results []Result
	refused *TransactError
	next    *Sending
}

// Then has a transaction follow this one, for which nobody has waited yet. It is
// on its way as soon as the reply has come that says that this one was carried
// out in full; else it is not sent at all. It must be waited for after this one.
func (s *Sending) Then(t *Transaction) *Sending {
	s.next = &Sending{conn: s.conn}
	if s.err != nil {
		s.next.err = s.err
		return s.next
	}
	s.next.trip = &trip{call: s.next.call(t)}
	s.conn.follow(s.trip, s.next.trip, t.request)
	return s.next
}

func (s *Sending) call(t *Transaction) *call {
	cl := newCall("transact", nil)
	cl.decode = func(raw []byte) (err error) {
		s.results, s.refused, err = parseResults(raw, t.expected)
		cl.carried = err == nil && s.refused == nil
		if err == nil && s.results != nil && t.Committed != nil {
			t.Committed(s.results)
		}
		return err
	}
	cl.total = s.conn.cfg.Progress + time.Duration(t.Len())*time.Millisecond
	return cl
}

// Wait is the second half of Send.
func (s *Sending) Wait(ctx context.Context) ([]Result, error) {
	if s.err != nil {
		return nil, s.err
	}
	err := s.conn.await(ctx, s.trip)
	if s.next != nil && s.next.err == nil && !s.conn.calls.unfollow(s.trip) {
		s.next.err = fmt.Errorf("transact: %w: the one before was not carried out", ErrNotSent)
	}
	switch {
	case err != nil:
		return nil, unlessRefused(err)
	case s.refused != nil:
		return s.results, s.refused
	}
	return s.results, nil
}

// Took is the time from sending to the reply. To be called after Wait, which had
// no error.
func (s *Sending) Took() time.Duration { return s.trip.end.Sub(s.trip.start) }

// unlessRefused turns the failure of a sent transaction into ErrUnknownOutcome,
// unless the server has said that it did nothing.
func unlessRefused(err error) error {
	if _, ok := err.(*RPCError); ok {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnknownOutcome, err)
}

// parseResults reads the result of a transaction of ops. An error means that it
// does not show what happened.
func parseResults(raw []byte, ops []expected) ([]Result, *TransactError, error) {
	s := scanner{data: raw}
	results := make([]Result, 0, len(ops))
	s.open('[')
	n := 0
	var refused, noMatch *TransactError
	for ; s.more(']', n); n++ {
		var r opResult
		r.read(&s)
		switch {
		case refused != nil: // the rest is null
		case r.refused != nil:
			refused = r.refused
			refused.Op = n
		case n >= len(ops):
			s.fail("error of the commit")
		case !r.holds(ops[n].yield):
			s.fail(fmt.Sprintf("whole result of operation %d before this", n))
		case ops[n].must && r.Count == 0 && noMatch == nil:
			noMatch = &TransactError{Op: n, Kind: NoMatch}
			fallthrough
		default:
			results = append(results, r.Result)
		}
	}
	if err := s.finish(); err != nil {
		return nil, nil, err
	}
	switch {
	case refused != nil && refused.Op <= len(ops):
		return nil, refused, nil
	case refused != nil || n != len(ops):
		return nil, nil, protocolf("%d results of %d operations", n, len(ops))
	}
	return results, noMatch, nil
}

// opResult is one element of a transaction's result.
type opResult struct {
	Result
	object, hasUUID, hasCount bool
	refused                   *TransactError
}

// holds reports whether everything is there that a successful operation yields.
func (r *opResult) holds(y yield) bool {
	switch y {
	case yieldUUID:
		return r.hasUUID
	case yieldCount:
		return r.hasCount
	case yieldRows:
		return r.Rows != nil
	}
	return r.object
}

func (r *opResult) read(s *scanner) {
	if s.peek() == 'n' {
		s.literal()
		return
	}
	r.object = true
	var kind, details []byte
	s.open('{')
	for n := 0; s.more('}', n); n++ {
		switch string(s.key()) {
		case "uuid":
			r.UUID, r.hasUUID = ReadRef(s.value())
		case "count":
			var n int64
			n, r.hasCount = ReadInt(s.value())
			r.Count, r.hasCount = int(n), r.hasCount && n >= 0
		case "rows":
			if s.peek() == '[' {
				r.Rows = bytes.Clone(s.value())
			}
		case "error":
			kind = s.text()
		case "details":
			details = s.value()
		default:
			s.value()
		}
	}
	if kind != nil {
		r.refused = &TransactError{Kind: clip(string(kind))}
		var text string
		_ = json.Unmarshal(details, &text) // meant for people; anything but a string is left out
		r.refused.Details = clip(text)
	}
}
