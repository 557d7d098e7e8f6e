package reconcile

import (
	"maps"
	"time"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// macSnapshot is what the switches have reported of MACs, as of one moment: a switch
// that is in reported has all that it reported in winners. MACs of one that only
// seemed to have spoken would be taken away from all others.
type macSnapshot struct {
	winners map[string]*mactable.Learned
	// reported is the revision of the definitions of whose networks a device, by id, has
	// said all.
	reported map[string]uint64
	next     time.Time // when the next of it expires
}

func (l *Loop) macTable(defs *model.Definitions, now time.Time) macSnapshot {
	out := macSnapshot{reported: map[string]uint64{}}
	registered := map[vtep.DatabaseID]bool{}
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	all := l.renumber(defs)
	for gd := range defs.Devices.All() {
		registered[topology.DatabaseID(gd)] = true
		out.reported[gd.ID] = l.reported[numberOf(all, gd)]
	}
	maps.DeleteFunc(l.reported, func(db vtep.DatabaseID, _ uint64) bool { return !registered[db] })
	l.macs.RetainDatabases(registered)
	l.macs.RetainNetworks(func(id string) bool {
		_, ok := defs.Networks.Get(id)
		return ok
	})
	out.next = l.macs.Expire(now)
	out.winners = l.macs.Snapshot(now)
	return out
}

// learn takes what the switch of a device, by id, says of its MACs in the networks of
// some definitions.
func (l *Loop) learn(device string, said vtep.Locals, of *model.Definitions) {
	gd, ok := of.Devices.Get(device)
	if !ok {
		return // it is in no network
	}
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	all := l.renumber(of)
	db := numberOf(all, gd)
	before := l.reported[db]
	l.macs.Update(db, said, func(network string) bool {
		n, ok := of.Networks.Get(network)
		return !ok || n.Seq > before
	}, time.Now())
	if said.Full {
		l.reported[db] = max(before, of.Revision)
	}
	l.reportCount++
	l.noteReporter(db, device, l.reportCount, all.Sharing(gd))
}

// disconnected starts the hold of what a switch that has gone away said over a device, by id,
// unless it has said more over another one since; at once when it is no longer registered.
func (l *Loop) disconnected(device string) {
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	for _, db := range l.reportedLast(device) {
		l.macs.Disconnected(db, time.Now())
	}
}

// UnfreezeMAC lets a MAC move again that moved too often, and reports whether
// it was held.
func (l *Loop) UnfreezeMAC(network string, mac model.MAC) bool {
	defer l.facts()
	l.learnMu.Lock()
	defer l.learnMu.Unlock()
	return l.macs.Unfreeze(network, mac, time.Now())
}
