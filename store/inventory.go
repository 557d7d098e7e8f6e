package store

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"bordergw/model"
)

// SetInventory remembers what was last seen of a device. Order does not matter,
// and when nothing but SeenAt differs nothing is written.
func (s *Store) SetInventory(ctx context.Context, deviceID string, inv model.Inventory) error {
	return s.do(ctx, func(t *txn) error { return t.setInventory(deviceID, inv) })
}

func (t *txn) setInventory(deviceID string, inv model.Inventory) error {
	gd, err := t.device(deviceID)
	if err != nil {
		return err
	}
	inv.Switches = sortedSwitches(inv.Switches)
	inv.SeenAt = wall(inv.SeenAt)
	inv.Record = model.Record{ID: gd.ID, ProjectID: gd.ProjectID}
	for i := range inv.Switches {
		sw := &inv.Switches[i]
		sw.NoSourceNode = slices.Contains(sw.Faults, model.UnsupportedSourceNode)
	}
	var before []model.SwitchInventory
	if old, ok := t.next.Inventories.Get(deviceID); ok {
		before = old.Switches
		for i := range inv.Switches {
			if was, ok := old.Switch(inv.Switches[i].Name); ok && was.NoSourceNode {
				inv.Switches[i].NoSourceNode = true
			}
		}
		if reflect.DeepEqual(old.Switches, inv.Switches) && old.Peer == inv.Peer && old.Revision > gd.Accepted {
			return nil
		}
		inv.Record = old.Record
	}
	inventories.put(t, &inv)
	if !sameNames(before, inv.Switches) {
		t.settleMoved()
	}
	return nil
}

// settleMoved settles the networks of the gateways whose switches are found elsewhere
// now, as one database has lost what another has: what it held may stand there still. A
// switch that is known to be reached over one way more has not moved.
func (t *txn) settleMoved() {
	was, is := newPlaces(t.base), newPlaces(&t.next)
	moved := map[string]bool{}
	for g := range t.next.Gateways.All() {
		for i := range g.Devices {
			before, known := was.Find(&g.Devices[i])
			if !known {
				continue
			}
			after, still := is.Find(&g.Devices[i])
			if !still || is.Registrations().First(before.Device).ID != after.Device.ID {
				moved[g.ID] = true
			}
		}
	}
	if len(moved) == 0 {
		return
	}
	networkIDs := map[string]bool{}
	for c := range t.next.Connections.All() {
		if moved[c.L2GatewayID] {
			networkIDs[c.NetworkID] = true
		}
	}
	t.settle(slices.Sorted(maps.Keys(networkIDs))...)
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
func (t *txn) markRead(gd *model.GatewayDevice, at time.Time) {
	if _, read := t.next.Inventories.Get(gd.ID); read {
		return
	}
	inventories.put(t, &model.Inventory{Record: model.Record{ID: gd.ID, ProjectID: gd.ProjectID}, SeenAt: at})
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
func (t *txn) forgetReplication(deviceID string) {
	old, ok := t.next.Inventories.Get(deviceID)
	if !ok || !slices.ContainsFunc(old.Switches, func(s model.SwitchInventory) bool { return s.NoSourceNode }) {
		return
	}
	inv := *old
	inv.Switches = slices.Clone(old.Switches)
	for i := range inv.Switches {
		inv.Switches[i].NoSourceNode = false
	}
	inventories.put(t, &inv)
}
