package reconcile

import (
	"slices"
	"sync"
	"time"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// macReports is what all switches have reported of their MACs: the MAC table, and of which
// networks each database has reported all. The two change together, under one lock: a
// database counts as reported only together with the MACs that it reported. Workers write,
// the Loop and whoever asks for a status read.
type macReports struct {
	// changed asks for a new View.
	changed func()

	mu    sync.Mutex
	table *mactable.Table
	// reported is the revision of the definitions whose networks a database has reported all
	// its MACs of: those that were created later it has said nothing of.
	reported map[vtep.DatabaseID]uint64
	// reporters are who reported of each database last, by the numbers of numbered; count is
	// how often any did.
	reporters  map[vtep.DatabaseID]reporter
	numbered   *model.Registrations
	numberedAt uint64 // the revision of those definitions
	count      uint64
	// placements are what sources answer for.
	placements placements
	roll       roll
	// networks are those of the last snapshot.
	networks model.Table[model.Network, *model.Network]
}

func newMACReports(table *mactable.Table, changed func()) *macReports {
	return &macReports{changed: changed, table: table, reported: map[vtep.DatabaseID]uint64{}, reporters: map[vtep.DatabaseID]reporter{}}
}

// macSnapshot is what the switches have reported of MACs, as of one moment: a switch
// that is in reported has all that it reported in winners. MACs of one that only
// seemed to have reported would be taken away from all others.
type macSnapshot struct {
	winners mactable.Winners
	// reported is the revision of the definitions of whose networks a device, by id, has
	// reported all.
	reported map[string]uint64
	next     time.Time // when the next of it expires
}

// snapshot takes the winners and who has reported, both of one moment. It forgets what is
// of no registered device, of no network and too old.
func (r *macReports) snapshot(defs *model.Definitions, now time.Time) macSnapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.renumber(defs)
	if r.placements.place(r.table, defs.Endpoints, now) {
		r.roll.registered = nil
	}
	if r.roll.made(all, defs) {
		r.roll.showAgain(all, defs, r.reported)
	} else {
		r.callRoll(all, defs)
	}
	out := macSnapshot{reported: r.roll.shown}
	r.forgetNetworks(defs)
	out.next = r.table.Expire(now)
	out.winners = r.table.Snapshot(now)
	return out
}

// forgetNetworks drops what is known of networks that are gone. The lock is held.
func (r *macReports) forgetNetworks(defs *model.Definitions) {
	for id, c := range defs.Networks.Changes(r.networks) {
		if c.Now == nil {
			r.table.Forget(id)
		}
	}
	r.networks = defs.Networks
	for _, id := range r.table.TakeMade() {
		if _, ok := defs.Networks.Get(id); !ok {
			r.table.Forget(id)
		}
	}
}

// learn takes what the switch of a device, by id, reports of its MACs in the networks of
// some definitions.
func (r *macReports) learn(device string, said vtep.Locals, of *model.Definitions) {
	r.take(device, said, of, said.Full)
}

// take is learn, with whether the switch has now reported all its MACs in all these networks.
func (r *macReports) take(device string, said vtep.Locals, of *model.Definitions, complete bool) {
	gd, ok := of.Devices.Get(device)
	if !ok {
		return // it is in no network
	}
	defer r.changed()
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.renumber(of)
	db := numberOf(all, gd)
	before := r.reported[db]
	r.table.Update(db, said, func(network string) bool {
		n, ok := of.Networks.Get(network)
		return !ok || n.Seq > before
	}, time.Now())
	if complete {
		r.reported[db] = max(before, of.Revision)
	}
	r.roll.note(db, all.Sharing(gd))
	r.count++
	r.noteReporter(db, device, r.count, all.Sharing(gd))
}

// disconnected starts the hold of what a switch that has gone away reported over a device, by
// id, unless it has reported more over another one since; at once when it is no longer registered.
func (r *macReports) disconnected(device string) {
	defer r.changed()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, db := range r.reportedLast(device) {
		r.table.Disconnected(db, time.Now())
	}
}

// unfreeze lets a MAC move again that moved too often, and reports whether it was held.
func (r *macReports) unfreeze(network string, mac model.MAC) bool {
	defer r.changed()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.Unfreeze(network, mac, time.Now())
}

// frozen are the MACs of a network that stand still because they moved too often.
func (r *macReports) frozen(network string) []model.MAC {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.Frozen(network)
}

// countFrozen is the number of MACs that stand still.
func (r *macReports) countFrozen() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.CountFrozen()
}

// recall gives the MAC table what an earlier process remembered, and what sources answer for
// as of the same definitions: what they say later is news.
func (r *macReports) recall(defs *model.Definitions, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.renumber(defs)
	for m := range defs.Moves.All() {
		was := mactable.Move{Key: mactable.Key{Network: m.NetworkID, MAC: m.MAC}, Seq: m.Number}
		if gd, ok := defs.Devices.Get(m.DeviceID); ok {
			was.Database, was.Endpoint = numberOf(all, gd), m.VTEPAddress
		} else if set, ok := defs.Endpoints.Get(m.DeviceID); ok {
			was.Database = topology.SourceID(set) // it says itself where the MAC is
		} else {
			continue
		}
		r.table.Recall(was, now)
	}
	r.placements.place(r.table, defs.Endpoints, now)
}

// takeFrozen takes, once, the MACs that stand still from now on, and reports whether there
// are moves to be taken.
func (r *macReports) takeFrozen() (frozen []mactable.Key, moved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.TakeFrozen(), r.table.Moved()
}

// takeMoves takes the moves since it was last called.
func (r *macReports) takeMoves() []mactable.Move {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.TakeMoves()
}

// maxKnown bounds how many MACs are looked at while the table is locked.
const maxKnown = 256

// known tells what is known of some MACs, in their order. The lock is given up now and then.
func (r *macReports) known(keys []mactable.Key, now time.Time) []mactable.Known {
	out := make([]mactable.Known, 0, len(keys))
	for part := range slices.Chunk(keys, maxKnown) {
		r.mu.Lock()
		for _, k := range part {
			out = append(out, r.table.Known(k, now))
		}
		r.mu.Unlock()
	}
	return out
}
