package ovsdb

import notation "github.com/ovn-org/libovsdb/ovsdb"

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

// serverDB is the database in which a server speaks of itself (ovsdb-server(5)).
const serverDB = "_Server"

// serviceModel asks for the model of a database; anything but an answer leaves it
// unknown.
func serviceModel(db string, model *string) question {
	tx := NewTransaction(serverDB, Select("Database", []Cond{Where("name", notation.ConditionEqual, String(db))}, "model"))
	return question{newCall("transact", func(raw []byte) error {
		var results []struct{ Rows []struct{ Model string } }
		if decode(raw, &results) == nil && len(results) == 1 && len(results[0].Rows) == 1 {
			*model = results[0].Rows[0].Model
		}
		return nil
	}), tx.request}
}
