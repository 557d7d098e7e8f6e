package topology

import (
	"iter"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// owners classes the logical switches of a database, for the devices that share it. One without
// our mark is Tombstoned only with the VNI that was ours: with another one it was never adopted.
// Names of the second logical switch of a stitched network are nobody else's.
type owners struct {
	networks   model.Table[model.Network, *model.Network]
	tombstones model.Table[model.Tombstone, *model.Tombstone]
	sharing    []*model.GatewayDevice
}

// Of implements vtep.Owners.
func (o *owners) Of(name string, key *int) vtep.Ownership {
	id, second := strings.CutSuffix(name, vtep.BorderSuffix)
	_, known := o.networks.Get(id)
	t, removed := o.tombstones.Get(id)
	switch {
	case removed && t.PendingOn(o.sharing) && (second || key == nil || *key == int(t.VNI)):
		return vtep.Tombstoned
	case known || removed:
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
	}, true
}
