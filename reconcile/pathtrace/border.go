package pathtrace

import (
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// hears reports whether a logical switch has a locator with a key of its own for another switch.
func (s *Switch) hears(ls string, from *Switch, vni model.VNI) bool {
	rows, _ := s.Database.Rows(ls)
	return slices.ContainsFunc(rows.Flood, func(l vtep.Locator) bool { return l.Key == vni && slices.Contains(from.Addresses, l.Addr) })
}

// entrance is from which side of a border that relays a frame comes through a tunnel.
func (s *Switch) entrance(ls string, o *exit, next vtep.Locator) entrance {
	if next.Key != 0 || o.ls != ls || o.Site != s.Site {
		return fromSites
	}
	return fromSite
}

// cable is the logical switch at the other end of a border's cable, false if there is none.
func (s *Switch) cable(ls string) (other string, has bool) {
	if len(s.StitchPorts) != 2 {
		return "", false
	}
	other, outer := strings.CutSuffix(ls, vtep.BorderSuffix)
	if !outer {
		other = ls + vtep.BorderSuffix
	}
	_, stands := s.Database.Rows(other)
	return other, stands || s.segment(other) != nil
}

// stitched is the end of the cable that is bound to a logical switch.
func (s *Switch) stitched(ls string) (vtep.Slot, bool) {
	rows, _ := s.Database.Rows(ls)
	i := slices.IndexFunc(rows.Bindings, func(b vtep.Slot) bool { return slices.Contains(s.StitchPorts, b.Port) })
	if i < 0 {
		return vtep.Slot{}, false
	}
	return rows.Bindings[i], true
}
