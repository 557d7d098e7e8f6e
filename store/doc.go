// Package store keeps what operators defined, durably.
//
// It owns the records of package model: it gives them their ids, sequence and
// revision, checks every rule that needs more than one record (references,
// names in use, VLANs taken on a port, tunnel keys) and is the only place where
// a network's VNI is decided. It also keeps what was last seen of the switches
// and what remains to be cleaned up on them.
//
// It promises that a call that returned nil is on disk, that a call that
// returned an error changed nothing, and that readers never wait: Definitions
// hands out an immutable snapshot, writers build the next one beside it. A
// refusal is a *model.Error; any other error is a fault of ours or of the disk.
//
// A write runs in one order (commitQueue): take the writer's lock, let a rule (rules:
// a function on the snapshot, no I/O) say which records change, commit these in one
// transaction of the backend, publish the new snapshot, give notice. Rules change
// records through the tables only. They know nothing of the backend and the backend knows nothing of
// rules, so that a second backend needs no second set of rules.
//
// The caller checks what can be checked on a single attribute (types, ranges,
// lengths), and must not modify records that it was handed. The store never
// talks to a switch, and never removes a user's object because a switch or
// port went away.
package store
