// Command bordergw is the daemon and its client in one binary.
//
// "bordergw serve" wires store, reconcile and api together and owns the
// process: configuration, listening socket, signals, the order of starting and
// stopping. Every other command is a client that talks to the REST API and
// holds no state. Rules about networks, devices and gateways live in the
// packages below; here, only the command line and the configuration are
// checked.
//
// Exit codes: 0 done; 1 refused, failed or timed out; 2 a mistake in the
// command line or the configuration, in which case nothing was started or
// changed. Results go to standard output, everything else to standard
// error.
//
// The environment is read here and nowhere below: BORDERGW_URL, BORDERGW_TOKEN,
// XDG_STATE_HOME, HOME, and of a service manager NOTIFY_SOCKET, WATCHDOG_USEC and
// WATCHDOG_PID.
package main
