package reconcile

import (
	"strings"
	"sync"

	"bordergw/model"
	"bordergw/vtep"
)

// maxUnreported bounds the networks that are noted between two reports of a worker. With more of
// them, it reports all MACs.
const maxUnreported = 1 << 12

// networkReports is which networks a switch has reported its MACs of in this session. A worker
// reports those that change, and all of a network of which not all have been reported.
type networkReports struct {
	// complete are the networks, as they were defined then, of which all MACs have been
	// reported. One that is defined anew is another one: what was reported of it before
	// has been forgotten. They and networks are the worker's own.
	complete map[string]*model.Network
	// networks are all of when MACs were last reported anew.
	networks model.Table[model.Network, *model.Network]

	mu sync.Mutex
	// changed are the networks, by id, that have come or gone since; true where what was reported
	// may be forgotten, or believed otherwise: the network was given up, or made anew with its id,
	// or its MACs are seen through another site's. all stands for any, where there were too many.
	changed map[string]bool
	all     bool
}

// anew takes, once, of what all MACs have to be reported, as of some definitions; false for nothing.
func (r *networkReports) anew(defs *model.Definitions) (vtep.Anew, bool) {
	changed, all := r.take()
	if all {
		return vtep.Anew{All: true}, true
	}
	var out vtep.Anew
	for id, void := range changed {
		if void {
			delete(r.complete, id)
		}
		if n, ok := defs.Networks.Get(id); ok && r.complete[id] != n {
			out.Names = append(out.Names, id)
		}
	}
	if len(out.Names) == 0 {
		return vtep.Anew{}, false
	}
	// A report speaks for all networks that there are: also those that no switch carries yet.
	for id, c := range defs.Networks.Changes(r.networks) {
		if _, named := changed[id]; !named && c.Now != nil && (c.Was == nil || c.Was.Seq != c.Now.Seq) {
			out.Names = append(out.Names, id)
		}
	}
	return out, true
}

func (r *networkReports) take() (changed map[string]bool, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed, all = r.changed, r.all
	r.changed, r.all = nil, false
	return changed, all
}

// begin notes that MACs are about to be reported anew as of some definitions.
func (r *networkReports) begin(anew vtep.Anew, defs *model.Definitions) {
	for id, c := range defs.Networks.Changes(r.networks) {
		if c.Now == nil {
			delete(r.complete, id)
		}
	}
	r.networks = defs.Networks
	if anew.All || r.complete == nil {
		r.complete = map[string]*model.Network{}
	}
	for _, id := range anew.Names {
		delete(r.complete, id)
	}
}

// note notes which networks come and go from one list of segments to the next.
func (r *networkReports) note(was, is vtep.Segments) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, c := range is.Changes(was) {
		if c.Now == nil || c.Was == nil {
			id, second := strings.CutSuffix(name, vtep.BorderSuffix)
			r.add(id, second || c.Now == nil)
		}
	}
}

func (r *networkReports) add(id string, void bool) {
	switch {
	case r.all:
	case len(r.changed) >= maxUnreported:
		r.changed, r.all = nil, true
	default:
		if r.changed == nil {
			r.changed = map[string]bool{}
		}
		r.changed[id] = r.changed[id] || void
	}
}

// again has all MACs of networks that were made anew be reported once more if the switch is to
// carry them, and reports whether.
func (r *networkReports) again(carried vtep.Segments, anew []string) (any bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range anew {
		if carried.Get(id) != nil {
			r.add(id, true)
			any = true
		}
	}
	return any
}
