package vtep

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// foreignNames are those of the logical switches that a Want leaves alone, in no order.
func foreignNames(s *State, want *Want) (names []string) {
	for _, row := range s.logical.rows {
		if want.owner(s.caps, row) == RowsForeign {
			names = append(names, row.Name)
		}
	}
	return names
}

// standingNamed copies what there is of a logical switch, its MACs in no order; false if there is none of
// that name.
func standingNamed(s *State, want *Want, name string) (out model.StandingSwitch, found bool) {
	id, found := s.logical.byName[name]
	row := s.logical.rows[id]
	if !found || row == nil {
		return out, false
	}
	mark := row.OtherConfig[MarkKey]
	out = model.StandingSwitch{
		Name: name, Description: row.Description, Key: s.logical.vni(name), Owner: want.owner(s.caps, row).String(),
		Wanted: want.Segment(name) != nil, Marked: mark != "" && mark != want.Mark,
		Remote: standingMACs(s, &s.remote.macs, id), Local: standingMACs(s, &s.local.macs, id),
		FloodedAt: localFlood(s, id),
	}
	if row.ReplicationMode != nil {
		out.ReplicationMode = *row.ReplicationMode
	}
	for slot := range s.physical.boundTo(id) {
		out.Bindings = append(out.Bindings, model.BoundPort(slot))
	}
	slices.SortFunc(out.Bindings, model.BoundPort.Compare)
	out.Bindings = slices.Compact(out.Bindings)
	standingFlood(s, id, &out)
	standingBeside(s, id, &out)
	return out, true
}

// localsNamed is standingNamed for what the switch itself has written.
func localsNamed(s *State, name string) (out model.StandingSwitch, found bool) {
	id, found := s.logical.byName[name]
	if !found {
		return out, false
	}
	return model.StandingSwitch{Name: name, Local: standingMACs(s, &s.local.macs, id), FloodedAt: localFlood(s, id)}, true
}

// standingBeside adds what refers to a logical switch and is never written.
func standingBeside(s *State, ls ovsdb.UUID, out *model.StandingSwitch) {
	for at := range s.physical.bound[ls] {
		if port := s.physical.ports.rows[at.port]; port != nil && port.ACLBindings[at.vlan] != "" {
			out.ACLs++
		}
	}
	for _, router := range s.routers {
		for _, ref := range router.SwitchBinding {
			if ref == ls.String() && !slices.Contains(out.Routers, router.Name) {
				out.Routers = append(out.Routers, router.Name)
			}
		}
	}
	slices.Sort(out.Routers)
}

func standingMACs(s *State, t *macTable, ls ovsdb.UUID) []model.StandingMAC {
	out := make([]model.StandingMAC, 0, len(t.byLS[ls]))
	for mac, row := range t.byLS[ls] {
		out = append(out, model.StandingMAC{MAC: mac, At: model.StandingLocator(s.locators.usable[row.locator]), IP: row.ip})
	}
	return out
}

// localFlood are the addresses at which the switch asks to be flooded.
func localFlood(s *State, ls ovsdb.UUID) (out []model.VTEPAddress) {
	for _, id := range s.local.floodsOf[ls] {
		if row := s.local.floods[id]; row.MAC == UnknownDst {
			list, _ := s.locators.members(row.LocatorSet)
			for _, l := range list {
				out = append(out, l.Addr)
			}
		}
	}
	slices.SortFunc(out, model.VTEPAddress.Compare)
	return slices.Compact(out)
}

// standingFlood adds the flood list, and counts the rows that have no place in it nor among the MACs.
func standingFlood(s *State, ls ovsdb.UUID, out *model.StandingSwitch) {
	further, groups := 0, 0
	for _, id := range s.floods.byLS[ls] {
		switch row := s.floods.rows[id]; {
		case row.MAC != UnknownDst:
			groups++
		case out.Floods:
			further++
		default:
			out.Floods = true
			standingMembers(s, row, out)
		}
	}
	bad, duplicates := 0, 0
	for id := range s.remote.macs.extraOf[ls] {
		if s.remote.macs.extra[id].bad {
			bad++
		} else {
			duplicates++
		}
	}
	for _, u := range []model.UnusableRows{
		{What: "group MACs in Mcast_Macs_Remote beside unknown-dst", Count: groups},
		{What: "further unknown-dst rows", Count: further},
		{What: "rows of Ucast_Macs_Remote whose MAC is none", Count: bad},
		{What: "further rows of Ucast_Macs_Remote for a MAC that has one", Count: duplicates},
	} {
		if u.Count > 0 {
			out.Unusable = append(out.Unusable, u)
		}
	}
}

// standingMembers adds the members of the flood row.
func standingMembers(s *State, row *hwvtep.McastMacsRemote, out *model.StandingSwitch) {
	list, all := s.locators.members(row.LocatorSet)
	for _, l := range list {
		out.Flood = append(out.Flood, model.StandingLocator(l))
	}
	if !all {
		out.Unusable = append(out.Unusable, model.UnusableRows{What: "flood rows with locators that are no vxlan_over_ipv4 address", Count: 1})
	}
}
