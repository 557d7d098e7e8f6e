// Package reconcile keeps every switch at what package topology says that it should hold.
//
//	store ── Definitions ──> topology ──> View ──> a worker per database ──> vtep
//	  ^                                              │
//	  └───────────── inventory, clean-up ────────────┘
//
// The Loop is level-triggered: a notice from the store or a switch only says
// that something may have changed. Each worker owns one session and sends one
// transaction at a time; a session that ends is followed by a new one under
// backoff, forever. No plan is made before the database has been read in full
// and the View takes what was read into account. A missing report is never deletion: a
// switch that is away keeps its place in the Views of the others.
//
// A switch may be dialled and may dial in (Options.Listeners): its newest healthy
// session drives, the others only read. One that no device stands for is listed
// and never written to.
//
// Stopping the Loop leaves every switch as it is.
package reconcile
