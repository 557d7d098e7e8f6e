package reconcile

import (
	"time"

	"bordergw/model"
	"bordergw/reconcile/topology"
)

// young are the networks that have come into the View since the caution of the start,
// not longer ago than that lasts: their rows may stand from former times, and not all
// their switches have been asked which MACs they have.
// The time is when the next of them is so no longer.
func (l *Loop) young(defs *model.Definitions, was *topology.View, now time.Time) (young map[string]bool, next time.Time) {
	if was != nil && was.Revision != defs.Revision {
		l.noteJoined(defs, was, now)
	}
	young = map[string]bool{}
	for id, since := range l.joined {
		if due := since.Add(l.opts.Settle); due.After(now) {
			young[id], next = true, earlier(next, due)
		} else {
			delete(l.joined, id)
		}
	}
	return young, next
}

// noteJoined notes which networks have connections that had none.
func (l *Loop) noteJoined(defs *model.Definitions, was *topology.View, now time.Time) {
	for c := range defs.Connections.All() {
		if _, known := was.Carried[c.NetworkID]; !known {
			l.joined[c.NetworkID] = now
		}
	}
}
