// Package rig is what the tests of the fault model and the chaos run stand on:
// a controller without its command line, on a store of its own, against real
// ovsdb-servers and peers that misbehave.
//
// A Site owns a store in a temporary directory and a reconcile.Loop that runs
// until the test ends or Stop. Start may follow Stop, on the same store. A Proxy
// stands between controller and switch and cuts, delays or holds what passes. A
// Peer is a switch of a few lines that says whatever a test wants.
//
// The picture of a database is read by JSON-RPC of the package's own, not by the
// code under test. Every failure ends the test. The package never looks inside
// the packages it tests.
package rig
