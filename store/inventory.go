package store

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"bordergw/model"
)

// inventoryRules keep what was last seen of each device. A device with an inventory may
// hold rows of ours; one without holds none.
type inventoryRules struct {
	tx      *txn
	cleanup *cleanup
}

func (r *inventoryRules) set(deviceID string, inv model.Inventory) error {
	r.tx.reports = true
	gd, err := r.tx.next.device(deviceID)
	if err != nil {
		return err
	}
	old, known := r.tx.next.Inventories.Get(deviceID)
	if !known {
		old = &model.Inventory{Record: model.Record{ID: gd.ID, ProjectID: gd.ProjectID}}
	}
	inv.Record = old.Record
	inv.Switches = withReplication(old, sortedSwitches(inv.Switches))
	inv.SeenAt = wall(inv.SeenAt)
	again := known && inv.SeenAt.Equal(old.SeenAt) // what is left of the old look
	overtaken := known && !again && r.seenOverOthers(gd).After(old.SeenAt)
	if known && !overtaken && reflect.DeepEqual(old.Switches, inv.Switches) && old.Peer == inv.Peer && old.Revision > gd.Accepted {
		return nil
	}
	inventories.put(r.tx, &inv)
	if !again {
		r.seeLast(gd, inv)
	}
	if overtaken || !sameNames(old.Switches, inv.Switches) {
		r.settleMoved(gd)
		r.inherit(&inv)
	}
	return nil
}

// inherit has the device clean what is left of deleted ones that reached the same database.
func (r *inventoryRules) inherit(inv *model.Inventory) {
	for _, old := range r.tx.next.retiredLike(inv) {
		if old.IsReached(inv) {
			r.cleanup.inherit(old, inv.ID)
		}
	}
}

// withReplication notes which switches can not replicate flooded frames, by what they
// say now or said before.
func withReplication(old *model.Inventory, switches []model.SwitchInventory) []model.SwitchInventory {
	for i := range switches {
		sw := &switches[i]
		was, ok := old.Switch(sw.Name)
		sw.NoSourceNode = ok && was.NoSourceNode || slices.Contains(sw.Faults, model.UnsupportedSourceNode)
	}
	return switches
}

// seeLast makes a look the last one at its database, even if a clock that was ahead
// gave an earlier look a later time.
func (r *inventoryRules) seeLast(gd *model.GatewayDevice, inv model.Inventory) {
	for o := range r.tx.next.Inventories.All() {
		if o.ID == gd.ID || o.SeenAt.Before(inv.SeenAt) {
			continue
		}
		if others := r.seenOverOthers(gd); !others.Before(inv.SeenAt) {
			inv.SeenAt = others.Add(1)
			inventories.put(r.tx, &inv)
		}
		return
	}
}

// seenOverOthers is when another device that reaches the same database was last seen,
// zero for never.
func (r *inventoryRules) seenOverOthers(gd *model.GatewayDevice) (at time.Time) {
	for _, o := range r.tx.next.Registrations().Sharing(gd) {
		inv, ok := r.tx.next.Inventories.Get(o.ID)
		if ok && o.ID != gd.ID && inv.SeenAt.After(at) {
			at = inv.SeenAt
		}
	}
	return at
}

// settleMoved settles the networks of the gateways whose switches are found elsewhere
// now, as one database has lost what another has: what it held may stand there still. A
// switch that is known to be reached over one way more has not moved.
func (r *inventoryRules) settleMoved(gd *model.GatewayDevice) {
	was, is := newPlaces(r.tx.base), newPlaces(&r.tx.next)
	var moved []reference
	for _, ref := range slices.Concat(was.references(gd), is.references(gd)) {
		before, known := was.find(ref)
		if !known {
			continue
		}
		after, still := is.find(ref)
		if !still || is.Registrations().First(before.Device).ID != after.Device.ID {
			moved = append(moved, ref)
		}
	}
	r.cleanup.settleNaming(moved)
}

// sameNames reports whether two looks show the same switches, as far as it matters for
// where a switch is found.
func sameNames(a, b []model.SwitchInventory) bool {
	return slices.EqualFunc(a, b, func(x, y model.SwitchInventory) bool {
		return x.Name == y.Name && x.Missing == y.Missing && x.Fingerprint == y.Fingerprint && slices.Equal(x.TunnelIPs, y.TunnelIPs)
	})
}

// markRead notes that a device may hold rows of ours, although nothing is known of
// its switches yet.
func (r *inventoryRules) markRead(gd *model.GatewayDevice, at time.Time) {
	if _, read := r.tx.next.Inventories.Get(gd.ID); read {
		return
	}
	inventories.put(r.tx, &model.Inventory{Record: model.Record{ID: gd.ID, ProjectID: gd.ProjectID}, SeenAt: at})
}

// sortedSwitches copies in a fixed order; empty lists become nil, as they are
// when read back.
func sortedSwitches(switches []model.SwitchInventory) []model.SwitchInventory {
	out := slices.SortedFunc(slices.Values(switches), func(a, b model.SwitchInventory) int { return strings.Compare(a.Name, b.Name) })
	for i := range out {
		s := &out[i]
		s.TunnelIPs = slices.SortedFunc(slices.Values(s.TunnelIPs), model.VTEPAddress.Compare)
		s.Faults = slices.Sorted(slices.Values(s.Faults))
		s.Ports = slices.SortedFunc(slices.Values(s.Ports), func(a, b model.PortInventory) int { return cmp.Compare(a.Name, b.Name) })
		for j := range s.Ports {
			s.Ports[j].Faults = slices.Sorted(slices.Values(s.Ports[j].Faults))
		}
	}
	return out
}

// forgetReplication forgets what a device's switches said of replication: its
// profile says otherwise now.
func (r *inventoryRules) forgetReplication(deviceID string) {
	old, ok := r.tx.next.Inventories.Get(deviceID)
	if !ok || !slices.ContainsFunc(old.Switches, func(s model.SwitchInventory) bool { return s.NoSourceNode }) {
		return
	}
	inv := *old
	inv.Switches = slices.Clone(old.Switches)
	for i := range inv.Switches {
		inv.Switches[i].NoSourceNode = false
	}
	inventories.put(r.tx, &inv)
}
