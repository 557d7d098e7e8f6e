package vtep

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// Foreign are the names of the logical switches that a Want leaves alone, in no order.
func (s *Session) Foreign(want *Want) (names []string) {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	have := s.replica.state
	for _, row := range have.logical.rows {
		if want.owner(have.caps, row) == RowsForeign {
			names = append(names, row.Name)
		}
	}
	return names
}

// StandingSwitch copies all that there is of a logical switch; false if there is none of that name.
// A Want says whose it is.
func (s *Session) StandingSwitch(want *Want, name string) (model.StandingSwitch, bool) {
	out, found := s.copySwitch(want, name)
	byMAC := func(a, b model.StandingMAC) int { return a.MAC.Compare(b.MAC) }
	slices.SortFunc(out.Remote, byMAC) // may take long: nobody waits for it
	slices.SortFunc(out.Local, byMAC)
	return out, found
}

func (s *Session) copySwitch(want *Want, name string) (out model.StandingSwitch, found bool) {
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	have := s.replica.state
	id, found := have.logical.byName[name]
	row := have.logical.rows[id]
	if !found || row == nil {
		return out, false
	}
	mark := row.OtherConfig[MarkKey]
	out = model.StandingSwitch{
		Name: name, Description: row.Description, Key: have.logical.vni(name), Owner: want.owner(have.caps, row).String(),
		Wanted: want.Segment(name) != nil, Marked: mark != "" && mark != want.Mark,
		Remote: standingMACs(have, &have.remote.macs, id), Local: standingMACs(have, &have.local.macs, id),
		FloodedAt: localFlood(have, id),
	}
	for slot := range have.physical.boundTo(id) {
		out.Bindings = append(out.Bindings, model.BoundPort(slot))
	}
	slices.SortFunc(out.Bindings, model.BoundPort.Compare)
	out.Bindings = slices.Compact(out.Bindings)
	standingFlood(have, id, &out)
	return out, true
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
