package ovsdb

import (
	"context"
	"slices"
)

// What a caller may ask of the server.

// Ask asks for the databases, for the schema and the model of one of them and, unless
// its name is "", for a lock, all at once: a server with much to do, or far away, takes
// long to come round to each question. The Offer is nil if nothing was answered; an
// RPCError refuses the schema. What else is refused the server does not have.
func (c *Conn) Ask(ctx context.Context, db, lock string) (*Offer, error) {
	var o Offer
	var acquired bool
	var model string
	questions := []question{
		listDBs(&o.Databases).with([]byte("[]")),
		getSchema(&o.Schema).with(append(appendString([]byte("["), db), ']')),
		serviceModel(db, &model),
	}
	if lock != "" {
		questions = append(questions, c.locks.request("lock", lock, &acquired))
	}
	trips, err := c.start(ctx, questions...)
	if err != nil {
		return nil, err
	}
	if err := c.await(ctx, trips[0]); err != nil {
		return nil, err
	}
	if err := c.await(ctx, trips[1]); err != nil {
		return &o, err
	}
	if slices.Contains(o.Databases, serverDB) { // who knows of none may not even say so
		answered, err := c.granted(ctx, trips[2])
		if err != nil {
			return &o, err
		}
		o.Standalone, o.Relay = answered && model == "standalone", answered && model == "relay"
	}
	if lock != "" {
		if o.InLine, err = c.granted(ctx, trips[3]); err != nil {
			return &o, err
		}
	}
	return &o, nil
}

// ListDBs returns the names of the databases (RFC 7047, section 4.1.1).
func (c *Conn) ListDBs(ctx context.Context) ([]string, error) {
	var names []string
	err := c.do(ctx, listDBs(&names).with([]byte("[]")))
	return names, err
}

// Monitor asks for tables and hands their initial rows and
// every later change to h. The initial rows have been handed over when it
// returns. It falls back to older methods when the server refuses a newer one,
// and returns the RPCError of the oldest. The id is for Cancel.
func (c *Conn) Monitor(ctx context.Context, db string, tables []MonitorTable, h Handler) (id string, err error) {
	m := c.NewMonitoring(db, tables, h)
	c.BeginMonitors(ctx, m)
	return m.Wait(ctx)
}

// NewMonitoring is a monitor that is yet to be asked for.
func (c *Conn) NewMonitoring(db string, tables []MonitorTable, h Handler) *Monitoring {
	return &Monitoring{conn: c, db: db, tables: tables, h: h}
}

// BeginMonitors is the first half of Monitor, until the requests are on their way. The
// server does first what comes first, also where it is Wait that finds a method that
// the server knows, if they are waited for in that order.
func (c *Conn) BeginMonitors(ctx context.Context, list ...*Monitoring) {
	questions := make([]question, len(list))
	for i, m := range list {
		questions[i] = m.question()
	}
	trips, err := c.start(ctx, questions...)
	for i, m := range list {
		if m.err = err; err == nil {
			m.trip = trips[i]
		}
	}
}

// Cancel ends a monitor (RFC 7047, section 4.1.7). Its Handler is not called any
// more once this has returned without an error; an RPCError leaves it as it is.
func (c *Conn) Cancel(ctx context.Context, id string) error {
	return c.do(ctx, newCall("monitor_cancel", func([]byte) error {
		delete(c.monitors, id)
		return nil
	}).with(append(appendString([]byte("["), id), ']')))
}

// Transact builds and sends one transaction.
func (c *Conn) Transact(ctx context.Context, db string, ops ...Op) ([]Result, error) {
	return c.Send(ctx, NewTransaction(db, ops...))
}

// Send sends a transaction (RFC 7047, section 4.1.3). The updates it causes have
// been handed to the Handler before it returns, if the server sends them first.
//
// The error is nil (committed), a TransactError or RPCError (refused, except
// for the Kind NoMatch: committed, with results), or wraps ErrNotSent or
// ErrUnknownOutcome; the session has ended with the last.
func (c *Conn) Send(ctx context.Context, t *Transaction) ([]Result, error) {
	return c.Begin(ctx, t).Wait(ctx)
}

// Begin is the first half of Send, until the transaction is on its way. Wait must
// follow.
func (c *Conn) Begin(ctx context.Context, t *Transaction) *Sending {
	s := &Sending{conn: c}
	s.trip, s.err = c.begin(ctx, question{s.call(t), t.request})
	return s
}

// Lock asks for a lock (RFC 7047, section 4.1.8). If another session owns it,
// acquired is false and the server grants it later, see Config.LockChanged.
func (c *Conn) Lock(ctx context.Context, id string) (acquired bool, err error) {
	err = c.do(ctx, c.locks.request("lock", id, &acquired))
	return acquired, err
}

// Steal takes a lock at once, whoever owns it.
func (c *Conn) Steal(ctx context.Context, id string) error {
	var acquired bool
	return c.do(ctx, c.locks.request("steal", id, &acquired))
}

// Unlock gives a lock, or the wait for it, up.
func (c *Conn) Unlock(ctx context.Context, id string) error {
	return c.do(ctx, newCall("unlock", func([]byte) error {
		c.locks.forget(id)
		return nil
	}).with(lockParams(id)))
}

// Locked reports whether this session owns a lock, as far as it knows. Only
// Assert in a transaction makes sure.
func (c *Conn) Locked(id string) bool { return c.Err() == nil && c.locks.owns(id) }
