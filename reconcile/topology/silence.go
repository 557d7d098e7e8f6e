package topology

import (
	"maps"
	"math"

	"bordergw/model"
	"bordergw/vtep"
)

// silence is how far the switches have been heard: the revision of the definitions of
// whose networks they have said which stations they have.
type silence struct {
	in        *Input
	least     uint64 // of all
	byAddress map[model.VTEPAddress]uint64
	byDB      map[vtep.DatabaseID]spoken
}

// spoken is what a database has said all of, and its addresses.
type spoken struct {
	heard     uint64
	addresses []model.VTEPAddress
}

// unheard finds how far the switches of the devices have been heard.
func (in *Input) unheard() *silence {
	if in.silent != nil {
		return in.silent
	}
	in.silent = &silence{in, math.MaxUint64, map[model.VTEPAddress]uint64{}, map[vtep.DatabaseID]spoken{}}
	if !in.GrowOnly && len(in.Young) == 0 {
		return in.silent
	}
	for id, heard := range in.Heard {
		gd, registered := in.Definitions.Devices.Get(id)
		if registered {
			in.silent.add(DatabaseID(gd), in.registrations().Switches(gd), heard)
		}
	}
	return in.silent
}

func (s *silence) add(db vtep.DatabaseID, switches []model.SwitchInventory, heard uint64) {
	if len(switches) == 0 {
		return
	}
	s.least = min(s.least, heard)
	of := spoken{heard: heard}
	for _, sw := range switches {
		for _, ip := range sw.TunnelIPs {
			if h, shared := s.byAddress[ip]; !shared || heard < h {
				s.byAddress[ip] = heard
			}
			of.addresses = append(of.addresses, ip)
		}
	}
	s.byDB[db] = of
}

// among gives the addresses of a network's flood list whose switches have not spoken
// of it, and those of databases that it has any address of: stations behind a switch
// stay for the sake of another one of its database that is a member. Nil for none.
func (s *silence) among(net *model.Network, flood []vtep.Endpoint) (out map[model.VTEPAddress]bool) {
	if s.least >= net.Seq || !s.in.GrowOnly && !s.in.Young[net.ID] {
		return nil
	}
	add := func(ip model.VTEPAddress) {
		if out == nil {
			out = map[model.VTEPAddress]bool{}
		}
		out[ip] = true
	}
	for _, e := range flood {
		if heard, known := s.byAddress[e.Locator.Addr]; known && heard < net.Seq {
			add(e.Locator.Addr)
		}
		if of := s.byDB[e.Home]; of.heard < net.Seq {
			for _, ip := range of.addresses {
				add(ip)
			}
		}
	}
	return out
}

// hears reports whether those are silent that were when the group was built.
func (v *groupView) hears(in *Input) bool {
	for i, seg := range v.segments {
		if !maps.Equal(seg.Unreported, in.unheard().among(v.of[i], seg.Flood)) {
			return false
		}
	}
	return true
}
