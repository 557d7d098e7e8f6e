package topology

import (
	"math"

	"bordergw/model"
	"bordergw/vtep"
)

// reporting is how far the switches have reported: the revision of the definitions of
// whose networks they have said which MACs they have.
type reporting struct {
	least     uint64 // of all
	byAddress map[model.VTEPAddress]uint64
	byDB      map[vtep.DatabaseID]dbReporting
}

// dbReporting is what a database has reported all of, and its addresses.
type dbReporting struct {
	upTo      uint64
	addresses []model.VTEPAddress
}

// reporting finds how far the switches of the devices have reported.
func (in *compilation) reporting() *reporting {
	if in.reports != nil {
		return in.reports
	}
	in.reports = &reporting{math.MaxUint64, map[model.VTEPAddress]uint64{}, map[vtep.DatabaseID]dbReporting{}}
	for id, upTo := range in.Reported {
		gd, registered := in.Definitions.Devices.Get(id)
		if registered {
			in.reports.add(DatabaseID(gd), in.registrations().Switches(gd), upTo)
		}
	}
	return in.reports
}

func (s *reporting) add(db vtep.DatabaseID, switches []model.SwitchInventory, upTo uint64) {
	if len(switches) == 0 {
		return
	}
	s.least = min(s.least, upTo)
	of := dbReporting{upTo: upTo}
	for _, sw := range switches {
		for _, ip := range sw.TunnelIPs {
			if h, shared := s.byAddress[ip]; !shared || upTo < h {
				s.byAddress[ip] = upTo
			}
			of.addresses = append(of.addresses, ip)
		}
	}
	s.byDB[db] = of
}

// unreportedAmong gives the addresses that reporting.among does, nil while all are taken to have
// reported.
func (in *compilation) unreportedAmong(net *model.Network, flood []vtep.Endpoint) map[model.VTEPAddress]bool {
	if !in.GrowOnly && !in.Young[net.ID] {
		return nil
	}
	return in.reporting().among(net, flood)
}

// located are the addresses at which a member of a segment is not that has not reported yet and whose own
// address is not known; nil if there is no such member.
func (in *compilation) located(net *model.Network, seg *vtep.Segment) map[model.VTEPAddress]bool {
	if !seg.Incomplete || !in.GrowOnly && !in.Young[net.ID] {
		return nil
	}
	return in.known()
}

// among gives the addresses of a network's flood list whose switches have not reported
// of it, and those of databases that it has any address of: MACs behind a switch
// stay for the sake of another one of its database that is a member. Nil for none.
func (s *reporting) among(net *model.Network, flood []vtep.Endpoint) (out map[model.VTEPAddress]bool) {
	if s.least >= net.Seq {
		return nil
	}
	add := func(ip model.VTEPAddress) {
		if out == nil {
			out = map[model.VTEPAddress]bool{}
		}
		out[ip] = true
	}
	for _, e := range flood {
		if upTo, known := s.byAddress[e.Locator.Addr]; known && upTo < net.Seq {
			add(e.Locator.Addr)
		}
		if of := s.byDB[e.Location]; of.upTo < net.Seq {
			for _, ip := range of.addresses {
				add(ip)
			}
		}
	}
	return out
}

// unchangedReporting tells whether those have not reported that had not when the group was built.
func (v *groupView) unchangedReporting(in *compilation) bool {
	for i, seg := range v.segments {
		now := vtep.Segment{Unreported: in.unreportedAmong(v.of[i], seg.Flood), Located: in.located(v.of[i], seg)}
		if !seg.KeepsSame(&now) {
			return false
		}
	}
	return true
}
