package ovsdb

import (
	"context"
	"errors"
)

// Asking is what a server is asked at the beginning of a session.
type Asking struct {
	Database string
	// Lock is one that is to be had if nobody has it, "" for none.
	Lock string
	// Monitors are those that the answers will most likely ask for. Each is to be waited
	// for or dropped afterwards.
	Monitors []*Monitoring
}

// Offer is what a server says of itself at the beginning.
type Offer struct {
	Databases []string
	// Schema is that of the database that was asked for (RFC 7047, section 4.1.2); nil
	// if it was not given. It is not to be changed: sessions share it.
	Schema *Schema
	// Standalone: the server serves the database by itself, not as one of a cluster nor
	// as a relay (ovsdb-server(5), _Server, Database.model). False for one that is too
	// old to say.
	Standalone bool
	// Queued: another session has the lock, and this one waits for it.
	Queued bool
}

// Ask asks everything at once, as a server with much to do, or far away, takes long to
// come round to each question. The Offer is nil if nothing was answered; an RPCError
// refuses the schema. What else is refused the server does not have.
func (c *Conn) Ask(ctx context.Context, a Asking) (*Offer, error) {
	var o Offer
	acquired := true
	questions := []question{
		listDBs(&o.Databases).with([]byte("[]")),
		getSchema(&o.Schema).with(append(appendString([]byte("["), a.Database), ']')),
		standalone(a.Database, &o.Standalone),
	}
	if a.Lock != "" {
		questions = append(questions, c.lockCall("lock", a.Lock, &acquired).with(lockParams(a.Lock)))
	}
	first := len(questions)
	for _, m := range a.Monitors {
		questions = append(questions, m.question())
	}
	trips, err := c.start(ctx, questions...)
	if err != nil {
		return nil, err
	}
	for i, m := range a.Monitors {
		m.trip = trips[first+i]
	}
	if err := c.await(ctx, trips[0]); err != nil {
		return nil, err
	}
	if err := c.await(ctx, trips[1]); err != nil {
		return &o, err
	}
	for _, t := range trips[2:first] {
		if err := c.await(ctx, t); !answered(err) {
			return &o, err
		}
	}
	o.Queued = !acquired
	return &o, nil
}

// standalone asks for the model of a database; anything but an answer leaves it
// unknown.
func standalone(db string, yes *bool) question {
	tx := NewTransaction("_Server", Select("Database", []Cond{Where("name", "==", String(db))}, "model"))
	return question{newCall("transact", func(raw []byte) error {
		var results []struct{ Rows []struct{ Model string } }
		*yes = decode(raw, &results) == nil && len(results) == 1 && len(results[0].Rows) == 1 && results[0].Rows[0].Model == "standalone"
		return nil
	}), tx.request}
}

// answered reports whether the server has answered a call, be it that it refuses.
func answered(err error) bool {
	_, refused := errors.AsType[*RPCError](err)
	return err == nil || refused
}
