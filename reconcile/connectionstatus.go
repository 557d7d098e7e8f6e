package reconcile

import (
	"cmp"
	"slices"
	"sync/atomic"

	"bordergw/model"
	"bordergw/reconcile/topology"
)

// connectionStatuses tell how far connections have been realised: what the View says of
// them, and what each switch that has a part in them. Asking changes nothing.
type connectionStatuses struct {
	store   Store
	view    *atomic.Pointer[topology.View]
	workers *workers
	macs    *macReports
}

// of is the status of a connection, by id.
func (cs *connectionStatuses) of(id string) model.ConnectionStatus {
	view := cs.view.Load()
	if view.Outcome(id) == nil || cs.outdated(view, id) {
		return model.ConnectionStatus{State: model.ConnectionPending, Detail: "not planned yet", Conditions: []model.Condition{}}
	}
	return cs.judge(view, view.Outcome(id))
}

// outdated reports whether what defines a connection changed after the View was
// made: what the View says of it is then not what was asked for last.
func (cs *connectionStatuses) outdated(view *topology.View, id string) bool {
	defs := cs.store.Definitions()
	if defs.Revision == view.Revision {
		return false
	}
	c, ok := defs.Connections.Get(id)
	if !ok || c.Revision > view.Revision {
		return true
	}
	if n, ok := defs.Networks.Get(c.NetworkID); ok && n.Revision > view.Revision {
		return true
	}
	g, ok := defs.Gateways.Get(c.L2GatewayID)
	return ok && g.Revision > view.Revision
}

// judge tells what became of a connection: what the View says of it, and what
// each switch that has a part in it.
func (cs *connectionStatuses) judge(view *topology.View, o *topology.Outcome) model.ConnectionStatus {
	j := cs.judgement(view, o)
	return j.status(o)
}

// judgement is what speaks against a connection being realised, and what is to be said besides.
func (cs *connectionStatuses) judgement(view *topology.View, o *topology.Outcome) judgement {
	j := judgement{errors: slices.Clone(o.Errors), waiting: cs.causes(o), revision: view.Revision}
	for i := range o.Parts {
		part := &o.Parts[i]
		w := cs.workers.driver(part.Device.ID)
		j.part(w, part, view.Since)
		j.bfd(w, view, part)
	}
	j.errors = append(j.errors, clashes(view, o)...)
	j.notes = append(j.notes, o.Notes...)
	if len(o.Standby) > 0 {
		j.notes = append(j.notes, "standby: "+model.NamesOf(o.Standby))
	}
	if frozen := cs.macs.frozen(o.Connection.NetworkID); len(frozen) > 0 {
		j.notes = append(j.notes, frozenNote(frozen))
	}
	if c := view.Contested(o.Connection.NetworkID); c != nil {
		j.notes = append(j.notes, c.String())
	}
	return j
}

// causes says what a connection waits for. Of a device that can not be read it says
// why, and not what follows from that.
func (cs *connectionStatuses) causes(o *topology.Outcome) (out []string) {
	for _, text := range o.Waiting {
		if gd := o.ReadFrom[text]; gd != nil {
			text = cmp.Or(cs.workers.get(gd.ID).unread(), text)
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
