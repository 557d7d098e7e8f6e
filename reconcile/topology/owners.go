package topology

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// owners classes the logical switches of a database, for the devices that share it.
type owners struct {
	networks   model.Table[model.Network, *model.Network]
	tombstones model.Table[model.Tombstone, *model.Tombstone]
	holdings   model.Holdings
	sharing    []*model.GatewayDevice
}

// Of implements vtep.Owners.
func (o *owners) Of(name string, key *int) vtep.Ownership {
	for _, gd := range o.sharing {
		if o.holdings.Of(gd.ID, name).Has(key) {
			return vtep.Held
		}
	}
	id := strings.TrimSuffix(name, vtep.BorderSuffix)
	_, known := o.networks.Get(id)
	if _, removed := o.tombstones.Get(id); known || removed {
		return vtep.Managed
	}
	return vtep.Foreign
}

// Since implements vtep.Owners.
func (o *owners) Since(was vtep.Owners) (iter.Seq[string], bool) {
	then, ok := was.(*owners)
	sameID := func(a, b *model.GatewayDevice) bool { return a.ID == b.ID }
	if !ok || !slices.EqualFunc(o.sharing, then.sharing, sameID) {
		return nil, false
	}
	return func(yield func(string) bool) {
		both := func(id string) bool { return yield(id) && yield(id+vtep.BorderSuffix) }
		for id := range o.networks.Changes(then.networks) {
			if !both(id) {
				return
			}
		}
		for id := range o.tombstones.Changes(then.tombstones) {
			if !both(id) {
				return
			}
		}
		for c := range o.holdings.Changes(then.holdings) {
			if h := cmp.Or(c.Now, c.Was); o.shares(h.DeviceID) && !yield(h.Name) {
				return
			}
		}
	}, true
}

// shares reports whether a device, by id, reaches the database.
func (o *owners) shares(device string) bool {
	return slices.ContainsFunc(o.sharing, func(gd *model.GatewayDevice) bool { return gd.ID == device })
}
