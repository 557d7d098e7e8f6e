package topology

import (
	"bordergw/model"
	"bordergw/vtep"
	"cmp"
	"maps"
	"slices"
	"strings"
)

// assemble gathers each device's share of all networks.
func (v *View) assemble(in *compilation, prev *View) {
	defs := in.Definitions
	known := knownAddresses(defs)
	all := in.registrations()
	drive := func(gd *model.GatewayDevice, prune bool) {
		switches := all.Switches(gd)
		v.Wants[gd.ID] = &vtep.Want{
			Self: DatabaseID(gd), Mark: defs.StoreID, Ownership: ownershipOn(defs, all.Sharing(gd)), Known: known,
			SourceNode: sourceNode(gd, switches), MACsFull: macsFull(switches), GrowOnly: in.GrowOnly, Prune: prune,
		}
	}
	for gd := range defs.Devices.All() {
		if gd.Driven() && all.First(gd) == gd {
			drive(gd, in.Prune)
		}
	}
	for r := range defs.Retired.All() {
		drive(&r.GatewayDevice, true) // an operator removed it: all of ours goes
	}
	for _, id := range slices.Sorted(maps.Keys(v.groups)) {
		for dev, share := range v.groups[id].shares {
			v.shares[dev] = append(v.shares[dev], share)
			for _, net := range share.stitched {
				if v.stitched[dev] == nil {
					v.stitched[dev] = map[string]bool{}
				}
				v.stitched[dev][net] = true
			}
		}
	}
	for dev, w := range v.Wants {
		if !v.regather(dev, w, prev) {
			v.gather(dev, w)
		}
	}
	v.tunnels(defs, all)
	v.shareWants()
}

// shareWants gives every way to a database the one wish that there is for it.
func (v *View) shareWants() {
	all := v.basis.places.Registrations()
	for gd := range v.basis.definitions.Devices.All() {
		first := all.First(gd)
		if first == gd {
			continue
		}
		v.Wants[gd.ID] = v.Wants[first.ID]
		if s := v.stitched[first.ID]; s != nil {
			v.stitched[gd.ID] = s
		}
	}
}

// gather puts together what a device's networks want of it.
func (v *View) gather(dev string, w *vtep.Want) {
	for _, s := range v.shares[dev] {
		w.Segments = append(w.Segments, s.segments...)
		w.Bindings = append(w.Bindings, s.bindings...)
	}
	slices.SortFunc(w.Segments, func(a, b *vtep.Segment) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(w.Bindings, vtep.Binding.Compare)
	if v.divideVLANs(dev, w) {
		delete(v.shares, dev)
	}
}

// regather takes over what a device's networks wanted of it before, if that is the same:
// what stands on a large switch is not to cost others anything. It reports whether it is.
func (v *View) regather(dev string, w *vtep.Want, prev *View) bool {
	if prev == nil || prev.Wants[dev] == nil || len(prev.shares[dev]) == 0 || !slices.Equal(prev.shares[dev], v.shares[dev]) {
		return false
	}
	w.Segments, w.Bindings = prev.Wants[dev].Segments, prev.Wants[dev].Bindings
	return true
}

// tunnels asks for BFD between two switches that both run it: on one end alone
// it stays down for ever.
func (v *View) tunnels(defs *model.Definitions, all *model.Registrations) {
	runs := map[vtep.DatabaseID]bool{}
	for gd := range defs.Devices.All() {
		runs[DatabaseID(gd)] = gd.Driven() && profileOf(gd).BFD
	}
	for gd := range defs.Devices.All() {
		switches := all.Switches(gd)
		w := v.Wants[gd.ID]
		if len(switches) == 0 || w == nil || !runs[w.Self] {
			continue
		}
		w.TunnelRows = profileOf(gd).TunnelRows
		for _, sw := range switches {
			if sw.Missing {
				continue
			}
			for _, seg := range w.Segments {
				for _, e := range seg.Flood {
					if e.Location != w.Self && runs[e.Location] && !slices.Contains(sw.TunnelIPs, e.Locator.Addr) {
						w.Tunnels = append(w.Tunnels, vtep.Tunnel{Switch: sw.Name, Remote: e.Locator.Addr})
					}
				}
			}
		}
		slices.SortFunc(w.Tunnels, vtep.Tunnel.Compare)
		w.Tunnels = slices.Compact(w.Tunnels)
	}
}

// divideVLANs leaves each VLAN of a port to one network. The store refuses
// clashes that it can see; two names that turn out to be one switch it can not.
// The older connection has the VLAN. It reports whether there was a clash.
func (v *View) divideVLANs(dev string, w *vtep.Want) bool {
	w.Bindings = slices.Compact(w.Bindings)
	if !clash(w.Bindings) {
		return false
	}
	owner := map[vtep.Binding]vtep.Binding{}
	for _, o := range v.byAge() {
		for _, p := range o.Parts {
			if p.Device.ID != dev {
				continue
			}
			for _, b := range p.Bindings {
				key := b
				key.LogicalSwitch = ""
				if first, taken := owner[key]; !taken {
					owner[key] = b
				} else if first != b {
					v.Clashes[o.Connection.ID] = append(v.Clashes[o.Connection.ID], b)
				}
			}
		}
	}
	w.Bindings = slices.SortedFunc(maps.Values(owner), vtep.Binding.Compare)
	return true
}

// clash reports whether two of the sorted bindings are of one VLAN of a port.
func clash(bindings []vtep.Binding) bool {
	for i := 1; i < len(bindings); i++ {
		if bindings[i-1].Compare(bindings[i]) == 0 {
			return true
		}
	}
	return false
}

// byAge lists the outcomes, those of the oldest connections first.
func (v *View) byAge() []*Outcome {
	return slices.SortedFunc(maps.Values(v.Outcomes), func(a, b *Outcome) int {
		return cmp.Compare(a.Connection.Seq, b.Connection.Seq)
	})
}

// ownershipOn classes the logical switches of a device. One without our mark is
// Tombstoned only with the VNI that was ours: with another one it was never adopted.
// Names of the second logical switch of a stitched network are nobody else's.
func ownershipOn(defs *model.Definitions, sharing []*model.GatewayDevice) func(name string, key *int) vtep.Ownership {
	return func(name string, key *int) vtep.Ownership {
		id, second := strings.CutSuffix(name, vtep.BorderSuffix)
		_, known := defs.Networks.Get(id)
		t, removed := defs.Tombstones.Get(id)
		switch {
		case removed && t.PendingOn(sharing) && (second || key == nil || *key == int(t.VNI)):
			return vtep.Tombstoned
		case known || removed:
			return vtep.Managed
		}
		return vtep.Foreign
	}
}

// knownAddresses are the tunnel addresses of all registered switches: one that
// leaves a flood list leaves it for a reason, not for lack of facts.
func knownAddresses(defs *model.Definitions) map[model.VTEPAddress]bool {
	return addressesOf(defs, func(string) bool { return true })
}

// addressesOf are the tunnel addresses of the switches of chosen devices.
func addressesOf(defs *model.Definitions, chosen func(id string) bool) map[model.VTEPAddress]bool {
	out := map[model.VTEPAddress]bool{}
	for inv := range defs.Inventories.All() {
		if !chosen(inv.ID) {
			continue
		}
		for _, s := range inv.Switches {
			for _, ip := range s.TunnelIPs {
				out[ip] = true
			}
		}
	}
	return out
}
