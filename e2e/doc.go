// Package e2e holds the acceptance tests of the built program.
//
// They build bordergw once, with the race detector if they have it themselves,
// run it as a user would, and look at it from outside only: its REST API, its
// command line, its exit code, and the databases of real ovsdb-servers that
// stand for switches. They need no privilege and no network but loopback. None
// of them uses a package of the program but the test servers.
//
// What a database must hold is written down by hand or computed in
// expect_test.go from what the API shows, without the code under test.
package e2e
