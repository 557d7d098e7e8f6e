// Package connector has the sessions with switch databases: it dials, takes switches that
// dial in, tells which device a switch is, hands a newer session over for an older one, and
// lets at most one session write a switch (Leases). It delivers sessions to the workers of
// package reconcile.
//
// It never plans and never writes a row, and it does not change definitions.
package connector
