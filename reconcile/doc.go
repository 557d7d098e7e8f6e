// Package reconcile turns definitions and facts into what each switch should
// hold and keeps every switch there.
//
// It is the only place where Neutron's words become those of hardware_vtep.
//
//	store ── Definitions ──> Compile ──> View ──> a worker per database ──> vtep
//	  ^                                              │
//	  └───────────── inventory, clean-up ────────────┘
//
// Compile is pure: no I/O, clock, randomness or logging, and the same input
// gives the same View. A network's part of a View is rebuilt only when one of
// the records it was made from changed, and is shared by all its switches.
//
// The Loop is level-triggered: a notice from the store or a switch only says
// that something may have changed. Each worker owns one session and sends one
// transaction at a time; a session that ends is followed by a new one under
// backoff, forever. No plan is made before the database has been read in full
// and the View takes what was read into account. Silence is never deletion: a
// switch that is away keeps its place in the Views of the others.
//
// A switch may be dialled and may dial in (Options.Listeners): its newest healthy
// session drives, the others only read. One that no device stands for is listed
// and never written to.
//
// Stopping the Loop leaves every switch as it is.
package reconcile
