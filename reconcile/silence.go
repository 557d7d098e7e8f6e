package reconcile

import (
	"maps"

	"bordergw/model"
	"bordergw/vtep"
)

// silence is who has said nothing of stations since the start, while that counts.
type silence struct {
	byAddress map[model.VTEPAddress]bool
	byDB      map[vtep.DatabaseID][]model.VTEPAddress
}

// unheard finds the switches of the devices that have not spoken.
func (in *Input) unheard() *silence {
	if in.silent != nil {
		return in.silent
	}
	in.silent = &silence{map[model.VTEPAddress]bool{}, map[vtep.DatabaseID][]model.VTEPAddress{}}
	if !in.GrowOnly {
		return in.silent
	}
	for id := range in.Unheard {
		gd, registered := in.Definitions.Devices.Get(id)
		if registered {
			in.silent.add(databaseID(gd), in.registrations().Switches(gd))
		}
	}
	return in.silent
}

func (s *silence) add(db vtep.DatabaseID, switches []model.SwitchInventory) {
	for _, sw := range switches {
		for _, ip := range sw.TunnelIPs {
			s.byAddress[ip] = true
			s.byDB[db] = append(s.byDB[db], ip)
		}
	}
}

// among gives the silent addresses of a flood list, and those of databases that it
// has any address of: stations behind a switch stay for the sake of another one
// of its database that is a member. Nil for none.
func (s *silence) among(flood []vtep.Endpoint) (out map[model.VTEPAddress]bool) {
	add := func(ip model.VTEPAddress) {
		if out == nil {
			out = map[model.VTEPAddress]bool{}
		}
		out[ip] = true
	}
	if len(s.byAddress) == 0 {
		return nil
	}
	for _, e := range flood {
		if s.byAddress[e.Locator.Addr] {
			add(e.Locator.Addr)
		}
		for _, ip := range s.byDB[e.Home] {
			add(ip)
		}
	}
	return out
}

// hears reports whether those are silent that were when the group was built.
func (v *groupView) hears(in *Input) bool {
	for _, seg := range v.segments {
		if !maps.Equal(seg.Unheard, in.unheard().among(seg.Flood)) {
			return false
		}
	}
	return true
}
