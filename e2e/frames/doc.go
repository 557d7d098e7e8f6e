// Package frames holds the tests of the built program that send real frames through emulated switches (internal/lab).
//
// The test program builds bordergw once, moves into namespaces of its own and runs `bordergw serve` beside the
// switches. Everything is configured by the REST API. Switches are the distribution's unmodified ovs-vtep, but for
// borders in mode relay: testdata/relay.py makes of the same ovs-vtep a device that relays between tunnels.
//
// Labs are shared: what needs the same switches is a subtest of one test, in sequence, and each subtest removes what
// it has created and sees the switches come clean. A ping is retried until it is answered; that a ping is not answered
// is only claimed where another on the same path is.
//
// BORDERGW_E2E=full adds the scenarios with three sites. Lines with "measured:" (go test -v) are the numbers of
// docs/dataplane.md.
package frames
