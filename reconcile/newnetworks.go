package reconcile

import (
	"time"

	"bordergw/model"
	"bordergw/reconcile/topology"
)

// newNetworks are the networks that have come into the View since the caution of the start,
// not longer ago than that lasts: their rows may stand from former times, and not all
// their switches have been asked which MACs they have. It is Run's own.
type newNetworks struct {
	settle time.Duration
	// since is when each came, for as long as that is recent.
	since map[string]time.Time
	// known are all networks of the last View.
	known model.Table[model.Network, *model.Network]
	// connections are those of the last View.
	connections model.Table[model.L2GatewayConnection, *model.L2GatewayConnection]
}

// madeAnew lists the networks, by id, that were deleted since the last View and made anew with
// their ids. A View that is made from ids does not show that they are others.
func (n *newNetworks) madeAnew(defs *model.Definitions) (out []string) {
	if n.known.Same(defs.Networks) {
		return nil
	}
	for id, c := range defs.Networks.Changes(n.known) {
		if c.Was != nil && c.Now != nil && c.Was.Seq != c.Now.Seq {
			out = append(out, id)
		}
	}
	n.known = defs.Networks
	return out
}

// at lists those of a time, and returns when the next of them is new no longer. was is the
// last View, which has none of those that come now.
func (n *newNetworks) at(defs *model.Definitions, was *topology.View, now time.Time) (young map[string]bool, next time.Time) {
	if was == nil {
		n.connections = defs.Connections
	} else {
		n.note(defs, was, now)
	}
	young = map[string]bool{}
	for id, since := range n.since {
		if due := since.Add(n.settle); due.After(now) {
			young[id], next = true, earlier(next, due)
		} else {
			delete(n.since, id)
		}
	}
	return young, next
}

// note notes which networks have connections that had none.
func (n *newNetworks) note(defs *model.Definitions, was *topology.View, now time.Time) {
	for _, c := range defs.Connections.Changes(n.connections) {
		if c.Now != nil && !was.Carries(c.Now.NetworkID) {
			n.since[c.Now.NetworkID] = now
		}
	}
	n.connections = defs.Connections
}
