// Package vtep drives ONE switch database that speaks the hardware_vtep schema.
//
// It owns the words of vtep(5): LogicalSwitch, Binding, Locator, remote MACs,
// flood lists. A Session keeps a State, the database as it stands, fed by a
// monitor. Diff compares a State with a Want and gives a Plan, a list of
// operations that name things and print; Apply encodes the plan against the
// State of that moment and sends it in guarded transactions.
//
//	Want ──┐
//	       ├─ Diff ─> Plan ─ Apply ─> transactions ─> switch
//	State ─┘                                            │
//	  └───────────────── monitor <──────────────────────┘
//
// It promises: Diff is pure and its output is sorted; row UUIDs never leave
// the package; nothing is written before the whole database has been read;
// only managed rows are written (see ownership.go); a *_Local
// table, tunnel_ips, ports and switches are never written and a locator is
// never deleted; after an unknown outcome the session is over.
//
// The caller runs one Apply at a time for a Session and starts a new Session
// when one ends. The package never retries by itself.
package vtep
