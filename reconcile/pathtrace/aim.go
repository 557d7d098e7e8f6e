package pathtrace

import (
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// aim is the host that frames are to come to. It tells which tunnels and cables lead there.
type aim struct {
	fabric Fabric
	to     *Host
}

// nearness says how near a copy of a flooded frame comes to the host.
type nearness int

const (
	nowhere   nearness = iota
	anyBorder          // to a border that may pass it on
	itsBorder          // to a border of the host's site
	itsSwitch
)

// near says how near a member of a flood list is to the host.
func (a *aim) near(o *exit, l vtep.Locator) nearness {
	if near := a.leads(o, l); near > nowhere && a.passes(o, l) {
		return near
	}
	return nowhere
}

// leads is near without a look at where the frame came from. It looks at no switch that can not lead to the host.
func (a *aim) leads(o *exit, l vtep.Locator) nearness {
	s := a.fabric.Switch(a.to.device())
	switch {
	case o.asked && l != o.expected:
		return nowhere
	case o.asked, a.isAt(s, l.Addr):
		return itsSwitch
	case !a.toBorder(l.Addr) || !a.member(s):
		return nowhere
	}
	if n := a.owner(l.Addr); s != nil && n.Site == s.Site && n.segment(a.to.Network) != nil {
		return itsBorder
	}
	return anyBorder
}

// isAt reports whether an address is that of the host's switch, or of the end point that it is behind.
func (a *aim) isAt(s *Switch, addr model.VTEPAddress) bool {
	if a.to.beyond() {
		return addr == a.to.Entry.Endpoint
	}
	return s != nil && slices.Contains(s.Addresses, addr)
}

// toBorder reports whether an address is that of a border.
func (a *aim) toBorder(addr model.VTEPAddress) bool {
	ids := a.fabric.Owners(addr)
	return len(ids) > 0 && a.fabric.Border(ids[0])
}

// member reports whether the host's switch, nil for one that is not ours, is in the host's network, by
// what it is to hold or holds. No border leads to one that is not.
func (a *aim) member(s *Switch) bool {
	if s == nil || s.segment(a.to.Network) != nil || s.Database == nil {
		return true
	}
	_, stands := s.Database.Rows(a.to.Network)
	return stands
}

// beyondCable says how near the other end of a border's cable is to the host: the inner side leads to its
// own site, the outer one to all others.
func (a *aim) beyondCable(o *exit) nearness {
	s := a.fabric.Switch(a.to.device())
	network, outer := strings.CutSuffix(o.ls, vtep.BorderSuffix)
	here := s != nil && s.Site == o.Site && network == a.to.Network
	if here == outer {
		return itsBorder
	}
	return anyBorder
}

// passes reports whether a frame may leave through a tunnel. A border that relays never sends one back to
// the side that it came from, its site or the other sites (split horizon). On which side an address is
// that no registered switch has is not known.
func (a *aim) passes(o *exit, l vtep.Locator) bool {
	if o.by != fromSite && o.by != fromSites {
		return true
	}
	n := a.owner(l.Addr)
	if n == nil {
		return true
	}
	toSites := l.Key != 0 || n.Site != o.Site || n.segment(o.ls) == nil
	return toSites == (o.by == fromSite)
}

// owner is the switch that has a tunnel address: of several the one of the host, else the first
// registered; nil for none.
func (a *aim) owner(addr model.VTEPAddress) *Switch {
	ids := a.fabric.Owners(addr)
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		if id == a.to.device() {
			return a.fabric.Switch(id)
		}
	}
	return a.fabric.Switch(ids[0])
}
