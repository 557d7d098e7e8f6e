package ovsdb

import (
	"context"
	"errors"
	"slices"
)

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
	// Relay: the server passes transactions on to another one (ovsdb(7), relay service
	// model).
	Relay bool
	// InLine: this session has the lock that was asked for, or waits for it. Either way
	// it can not ask for it again before it has given it up.
	InLine bool
}

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
		questions = append(questions, c.lockCall("lock", lock, &acquired).with(lockParams(lock)))
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

// serverDB is the database in which a server speaks of itself (ovsdb-server(5)).
const serverDB = "_Server"

// serviceModel asks for the model of a database; anything but an answer leaves it
// unknown.
func serviceModel(db string, model *string) question {
	tx := NewTransaction(serverDB, Select("Database", []Cond{Where("name", "==", String(db))}, "model"))
	return question{newCall("transact", func(raw []byte) error {
		var results []struct{ Rows []struct{ Model string } }
		if decode(raw, &results) == nil && len(results) == 1 && len(results[0].Rows) == 1 {
			*model = results[0].Rows[0].Model
		}
		return nil
	}), tx.request}
}

// granted is await for a call that may be refused: then it is false.
func (c *Conn) granted(ctx context.Context, t *trip) (bool, error) {
	err := c.await(ctx, t)
	if _, refused := errors.AsType[*RPCError](err); refused {
		return false, nil
	}
	return err == nil, err
}
