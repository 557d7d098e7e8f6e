package vtep

import (
	"bordergw/model"
	"bordergw/vtep/hwvtep"
)

// Ownership. hardware_vtep has no external_ids, so that a row is ours by what
// it hangs on: a Logical_Switch by its mark (schema 1.5.1 and later) or, where
// it has none, by what is remembered of the switch (Held); bindings, remote MACs
// and flood lists by their Logical_Switch. Everything else is foreign and is never
// written: a name alone says nothing, as an external writer may use the same one.

// removable reports whether a logical switch that is not wanted may be removed
// now.
func (w *Want) removable(c Caps, row *hwvtep.LogicalSwitch) bool {
	owned := w.ownership(row.Name, row.TunnelKey)
	switch mark, marked := markOf(c, row); {
	case !marked:
		return owned == Held
	case mark != w.Mark:
		return row.TunnelKey != nil && w.Standby.Of(row.Name) == model.VNI(*row.TunnelKey)
	}
	return owned != Foreign || w.Prune
}

// markOf is the mark of a logical switch, and whether it has any.
func markOf(c Caps, row *hwvtep.LogicalSwitch) (mark string, marked bool) {
	if !c.OtherConfig {
		return "", false
	}
	mark, marked = row.OtherConfig[MarkKey]
	return mark, marked
}

// adoptable reports whether a logical switch of a wanted name can be taken
// over: it is ours, or somebody wrote it for the same network and VNI (or none
// yet). A row of that name with another VNI carries somebody else's traffic.
func (w *Want) adoptable(c Caps, row *hwvtep.LogicalSwitch, seg *Segment) bool {
	mark, marked := markOf(c, row)
	return row.TunnelKey == nil || *row.TunnelKey == int(seg.TunnelKey) ||
		marked && mark == w.Mark || !marked && w.ownership(row.Name, row.TunnelKey) == Held
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
