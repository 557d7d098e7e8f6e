package reconcile

import (
	"cmp"
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// What a switch reports of its MACs counts for its database, which has the number of the
// first registered of the devices that reach it: over whichever way it is reported, it is the
// same that it was before over another. When that device becomes another one, what was
// reported gets its number.

// reporter is the device over which a database reported last.
type reporter struct {
	device string
	// order is the greater the later it reported.
	order uint64
	// ways are the devices that reached the database then or since, the reporter first.
	ways []string
}

// numberOf is the number of the database that a device reaches.
func numberOf(all *model.Registrations, gd *model.GatewayDevice) vtep.DatabaseID {
	return topology.DatabaseID(all.First(gd))
}

// renumber gives databases the numbers that they have by some definitions, or by later ones
// that it was called with before: a worker may come with those of a moment ago. It is
// called with the lock held.
func (r *macReports) renumber(defs *model.Definitions) *model.Registrations {
	all := defs.Registrations()
	if all == r.numbered || defs.Revision < r.numberedAt {
		return r.numbered
	}
	r.numbered, r.numberedAt = all, defs.Revision
	for _, db := range slices.Sorted(maps.Keys(r.reporters)) {
		was := r.reporters[db]
		gd := was.registered(defs)
		if gd == nil {
			delete(r.reporters, db)
			continue
		}
		if to := numberOf(all, gd); to != db {
			r.table.Renumber(db, to)
			r.reported[to] = max(r.reported[to], r.reported[db])
			delete(r.reported, db)
			delete(r.reporters, db)
			db = to
		}
		r.noteReporter(db, was.device, was.order, all.Sharing(gd))
	}
	return all
}

// registered is the reporter if it is registered, else the first that shared its database.
func (t *reporter) registered(defs *model.Definitions) *model.GatewayDevice {
	for _, id := range t.ways {
		if gd, ok := defs.Devices.Get(id); ok {
			return gd
		}
	}
	return nil
}

// noteReporter notes who reported of a database, unless another one did later.
func (r *macReports) noteReporter(db vtep.DatabaseID, device string, order uint64, sharing []*model.GatewayDevice) {
	if r.reporters[db].order > order {
		return
	}
	ways := []string{device}
	for _, gd := range sharing {
		if gd.ID != device {
			ways = append(ways, gd.ID)
		}
	}
	r.reporters[db] = reporter{device, order, ways}
}

// reportedLast lists the databases that a device was the last to report of.
func (r *macReports) reportedLast(device string) (out []vtep.DatabaseID) {
	for db, t := range r.reporters {
		if t.device == device {
			out = append(out, db)
		}
	}
	slices.SortFunc(out, cmp.Compare[vtep.DatabaseID])
	return out
}
