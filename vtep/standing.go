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

// Standing says what the switch has now where an operation is about to write, for
// people. It changes nothing.
func (s *Session) Standing(op *Op) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.standing(op)
}

func (s *State) standing(op *Op) string {
	id, found := s.lsByName[op.LogicalSwitch]
	switch op.Kind {
	case MoveMAC, DeleteMAC:
		if row, ok := s.ucastRemote.byLS[id][op.MAC]; ok && found {
			return "at " + s.locators[row.locator].String()
		}
	case AddLogicalSwitch, SetLogicalSwitch, DeleteLogicalSwitch:
		if row := s.logical[id]; row != nil {
			return s.standingSwitch(row)
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
func (s *State) standingSwitch(row *hwvtep.LogicalSwitch) string {
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
	ref := ls.String()
	for _, row := range s.mcastRemote {
		if row.LogicalSwitch == ref && row.MAC == UnknownDst {
			list, _ := s.members(row.LocatorSet)
			return cmp.Or(joinLocators(list), "an empty list")
		}
	}
	return noRow
}

func (s *State) standingBinding(b *Binding) string {
	_, port := s.portOf(b.Switch, b.Port)
	if port == nil {
		return "no such port"
	}
	ref, bound := port.VLANBindings[int(b.VLAN)]
	if !bound {
		return noRow
	}
	id, err := ovsdb.ParseUUID(ref)
	if row := s.logical[id]; err == nil && row != nil {
		return fmt.Sprintf("bound to %s", model.Shown(row.Name))
	}
	return "bound to a logical switch that is gone"
}
