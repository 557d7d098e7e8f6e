package vtep

import (
	"cmp"
	"fmt"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// noRow is what stands where there is nothing.
const noRow = "nothing"

func (s *State) standing(op *Op) string {
	id, found := s.logical.byName[op.LogicalSwitch]
	switch op.Kind {
	case MoveMAC, DeleteMAC:
		if row, ok := s.remote.macs.byLS[id][op.MAC]; ok && found {
			return "at " + s.locators.usable[row.locator].String() + (&Op{IP: row.ip}).ipString()
		}
	case AddLogicalSwitch, SetLogicalSwitch, DeleteLogicalSwitch:
		if row := s.logical.rows[id]; row != nil {
			return standingSwitch(row)
		}
	case SetFlood, DeleteFlood:
		return s.standingFlood(id)
	case Bind, Rebind, Unbind:
		return s.standingBinding(&op.Detail.Binding)
	case DeleteTunnel, EnableBFD:
		return op.Detail.Tunnel.String()
	}
	return noRow
}

// standingSwitch shows the columns that we write.
func standingSwitch(row *hwvtep.LogicalSwitch) string {
	var key model.VNI
	if row.TunnelKey != nil {
		key = model.VNI(*row.TunnelKey)
	}
	mode, mark := "", row.OtherConfig[MarkKey]
	if row.ReplicationMode != nil {
		mode = *row.ReplicationMode
	}
	return strings.TrimSpace((&LogicalSwitchRow{Description: &row.Description, TunnelKey: &key, ReplicationMode: &mode}).String()) +
		" mark " + cmp.Or(mark, "none")
}

func (s *State) standingFlood(ls ovsdb.UUID) string {
	for _, id := range s.floods.byLS[ls] {
		if row := s.floods.rows[id]; row.MAC == UnknownDst {
			list, _ := s.locators.members(row.LocatorSet)
			return cmp.Or(joinLocators(list), "an empty list")
		}
	}
	return noRow
}

func (s *State) standingBinding(b *Binding) string {
	id, port := s.physical.portOf(b.Switch, b.Port)
	if port == nil {
		return "no such port"
	}
	ref, bound := s.physical.ports.vlans[id][int(b.VLAN)]
	if !bound {
		return noRow
	}
	if row := s.logical.at(ref); row != nil {
		return fmt.Sprintf("bound to %s", model.Shown(row.Name))
	}
	return "bound to a logical switch that is gone"
}
