package vtep

import (
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
)

// Ownership. hardware_vtep has no external_ids, so that a row is ours by what
// it hangs on: a Logical_Switch by its mark (schema 1.5.1 and later) or, where
// it can carry none or a user has just removed it, by its name on a switch that
// the network is connected to; bindings, remote MACs and flood lists by their
// Logical_Switch. Everything else is foreign and is never written.

// removable reports whether a logical switch that is not wanted may be removed
// now.
func (w *Want) removable(c Caps, row *hwvtep.LogicalSwitch) bool {
	owned := w.ownership(row.Name, row.TunnelKey)
	mark, marked := row.OtherConfig[MarkKey]
	switch {
	case owned == Tombstoned && !marked:
		return true
	case !c.OtherConfig:
		return owned == Managed && w.named(row.Name)
	}
	return marked && mark == w.Mark && (owned != Foreign || w.Prune)
}

// named reports whether the name of a known network makes a logical switch without a mark managed: only on a
// switch that a connection of the network names. An external writer may have one network on two switches; where it
// was adopted from one of these, the row on the other is still the writer's. The name of a second logical switch is
// nobody else's.
func (w *Want) named(name string) bool {
	return w.Standby.Has(name) || strings.HasSuffix(name, BorderSuffix)
}

// adoptable reports whether a logical switch of a wanted name can be taken
// over: it is ours, or somebody wrote it for the same network and VNI (or none
// yet). A row of that name with another VNI carries somebody else's traffic.
func (w *Want) adoptable(c Caps, row *hwvtep.LogicalSwitch, seg *Segment) bool {
	return !c.OtherConfig ||
		row.OtherConfig[MarkKey] == w.Mark ||
		row.TunnelKey == nil ||
		*row.TunnelKey == int(seg.TunnelKey)
}

// occupant names the foreign logical switch that has one of the VLANs of a port, see
// Session.Occupant.
func (w *Want) occupant(have *State, sw, port string, vlans []model.VLAN) string {
	id, _ := have.physical.portOf(sw, port)
	bound := have.physical.ports.vlans[id]
	if len(bound) == 0 {
		return ""
	}
	for _, vlan := range vlans {
		if ls := have.logical.at(bound[int(vlan)]); ls != nil && w.owner(have.caps, ls) == RowsForeign {
			return model.Shown(ls.Name)
		}
	}
	return ""
}
