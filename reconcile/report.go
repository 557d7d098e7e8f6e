package reconcile

import (
	"slices"
	"sync"

	"bordergw/model"
	"bordergw/vtep"
)

// networkReports is which networks a switch has reported its MACs of in this session. A worker
// reports those that change, and all of them when there is a network of which not all have
// been reported.
type networkReports struct {
	// complete are the networks, as they were defined then, of which all MACs have been
	// reported. One that is defined anew is another one: what was reported of it before
	// has been forgotten. It is the worker's own.
	complete map[string]*model.Network

	mu sync.Mutex
	// left: a network was given up, or made anew with its id, so that what was reported of
	// it may be forgotten;
	// joined are those that have come since MACs were last reported.
	left   bool
	joined []string
}

// changed reports, once, whether there are networks of which not all MACs have been
// reported.
func (r *networkReports) changed(defs *model.Definitions) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.left || slices.ContainsFunc(r.joined, func(name string) bool {
		n, ok := defs.Networks.Get(name)
		return !ok || r.complete[name] != n
	})
	r.left, r.joined = false, nil
	return changed
}

// note notes which networks come and go from one list of segments to the next.
func (r *networkReports) note(was, is vtep.Segments) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for network, c := range is.Changes(was) {
		switch {
		case r.left: // all MACs are reported anyway, however long the switch is away
		case c.Now == nil:
			r.left, r.joined = true, nil
		case c.Was == nil:
			r.joined = append(r.joined, network)
		}
	}
}

// again has all MACs be reported once more if a network that the switch is to carry was made
// anew, and reports whether.
func (r *networkReports) again(carried vtep.Segments, anew []string) bool {
	if !slices.ContainsFunc(anew, func(name string) bool { return carried.Get(name) != nil }) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left, r.joined = true, nil
	return true
}
