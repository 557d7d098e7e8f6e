// Package ovsdbtest runs real ovsdb-server processes with the hardware_vtep
// schema for tests.
//
// A Server owns one process, one temporary directory with the database, one
// unix socket and one TCP port of 127.0.0.1 that stays the same over Stop and
// Run. Everything is removed when the test ends, and the kernel kills the
// process should the test binary die first. Managers written into the database
// are dialled, as on a switch.
//
// The test plays the switch or a second controller with VtepCtl and Transact
// and looks at the outcome with Rows, Dump and Transactions. None of these uses
// the code under test. Every failure ends the test; a missing ovsdb-server does
// too, with the command that installs it. Methods of one Server must not be
// called concurrently with Run, Stop, Pause, Resume or Wipe.
package ovsdbtest
