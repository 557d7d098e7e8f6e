package reconcile

import (
	"time"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// placements hands the MAC table what sources answer for, as the definitions change. It is
// used under the lock of macReports.
type placements struct {
	// placed are the sets that the table has.
	placed model.Table[model.EndpointSet, *model.EndpointSet]
	// begun: those that stood when the process began have been placed. Of them nobody knows
	// whether a switch has learned a MAC since.
	begun bool
}

// place brings the table up to date, and reports whether other sources are registered than before. It
// costs what the sets hold that have changed.
func (p *placements) place(table *mactable.Table, sets model.Table[model.EndpointSet, *model.EndpointSet], now time.Time) (changed bool) {
	if p.begun && p.placed.Same(sets) {
		return false
	}
	for _, c := range sets.Changes(p.placed) {
		was, set := c.Was, c.Now
		changed = changed || was == nil || set == nil || was.Seq != set.Seq
		if set == nil {
			continue
		}
		if was != nil && was.Seq != set.Seq { // deleted and made anew: what says the same is no news
			table.Renumber(topology.SourceID(was), topology.SourceID(set))
		}
		table.Place(topology.SourceID(set), set.NetworkID, set.MovedSince(was), !p.begun, now)
	}
	p.placed, p.begun = sets, true
	return changed
}

// register adds the numbers of the sets to those of registered databases.
func (p *placements) register(registered map[vtep.DatabaseID]bool) {
	for set := range p.placed.All() {
		registered[topology.SourceID(set)] = true
	}
}
