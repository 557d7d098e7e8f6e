package topology

import (
	"cmp"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// hop gives the locator that one side uses towards a target; false when frames
// for it do not leave through a tunnel of that side.
func (g *group) hop(s side, t target) (vtep.Locator, bool) {
	switch {
	case s.outer:
		return g.outerHop(s.m, t)
	case t.far:
		return g.farHop(s.m, t)
	case t.domain == s.m.domain:
		return vtep.Locator{Addr: t.addr, Key: pairKey(s.m, t.member)}, true
	}
	return g.crossHop(s.m, t)
}

// pairKey is the key between two members of one domain: two direct borders use
// the VNI between sites, any other pair the network's. b is nil for an end point of a source.
func pairKey(a, b *member) model.VNI {
	if b != nil && a.border != 0 && a.border == b.border && !a.relays() && !b.relays() {
		return a.key()
	}
	return 0
}

// crossHop leads into another domain.
func (g *group) crossHop(m *member, t target) (vtep.Locator, bool) {
	vni := m.domain.link(t.domain)
	switch {
	case vni == 0:
		return vtep.Locator{Addr: t.addr, Key: m.key()}, t.member != nil && meets(m, t.member)
	case !m.forwards() || m.border != vni:
		return m.domain.exit(vni)
	case m.mode == model.BorderStitch:
		return vtep.Locator{}, false // through the cable
	}
	return vtep.Locator{Addr: t.domain.forwarders[vni].addresses[0], Key: m.key()}, true
}

// meets reports whether two members of domains that nothing else joins reach
// each other as direct borders of one stretch.
func meets(a, b *member) bool {
	return a.border != 0 && a.border == b.border && !a.relays() && !b.relays() && a.domain.link(b.domain) == 0
}

// exit points at the domain's forwarder for a VNI between sites; false when
// there is none.
func (d *domain) exit(vni model.VNI) (vtep.Locator, bool) {
	f := d.forwarders[vni]
	if f == nil {
		return vtep.Locator{}, false
	}
	return vtep.Locator{Addr: f.addresses[0]}, true
}

// farHop leads to an end point that a border's registration names. It lies on
// the stretch of that border.
func (g *group) farHop(m *member, t target) (vtep.Locator, bool) {
	vni := t.member.border
	switch {
	case !t.member.relays():
		if m.domain != t.domain {
			return vtep.Locator{}, false
		}
		l := vtep.Locator{Addr: t.addr}
		if m.border == vni && vni != 0 {
			l.Key = m.key()
		}
		return l, true
	case m.forwards() && m.border == vni:
		return vtep.Locator{Addr: t.addr, Key: m.key()}, m.mode != model.BorderStitch
	}
	return m.domain.exit(vni)
}

// outerHop is for the far side of a stitched border: everything there has the
// VNI between sites, and what belongs to the own domain is behind the cable.
func (g *group) outerHop(m *member, t target) (vtep.Locator, bool) {
	if t.far {
		return vtep.Locator{Addr: t.addr}, t.member.border == m.border && t.member.relays()
	}
	if t.domain == m.domain || m.domain.link(t.domain) != m.border {
		return vtep.Locator{}, false
	}
	return t.domain.exit(m.border)
}

// flood lists where one side sends frames for everybody. Each other host gets
// one copy: members of the domain directly, other domains through their
// forwarders.
func (g *group) flood(s side) []vtep.Endpoint {
	var out []vtep.Endpoint
	if !s.outer {
		out = g.inner(s.m)
	}
	if s.outer || s.m.forwards() && s.m.mode == model.BorderRelay {
		out = append(out, g.between(s)...)
	}
	slices.SortFunc(out, func(x, y vtep.Endpoint) int {
		return cmp.Or(x.Locator.Compare(y.Locator), cmp.Compare(x.Location, y.Location))
	})
	return slices.Compact(out)
}

// inner are the end points of a member's own domain, with those of direct
// borders that lie elsewhere.
func (g *group) inner(m *member) (out []vtep.Endpoint) {
	for _, o := range m.domain.members {
		if !o.floodedTo() || transit(m, o) {
			continue
		}
		for _, a := range o.addresses {
			key := pairKey(m, m.domain.faces[o.device])
			out = append(out, vtep.Endpoint{Locator: vtep.Locator{Addr: a, Key: key}, Location: o.db()})
		}
		// The others of the domain send there themselves; a relay would add a copy.
		if !o.relays() && !(m.forwards() && m.mode == model.BorderRelay) {
			out = append(out, g.farFlood(side{m: m}, o)...)
		}
	}
	if m.endpoints {
		out = append(out, m.domain.floodTo...)
	}
	for _, a := range m.farEnds {
		out = append(out, vtep.Endpoint{Locator: vtep.Locator{Addr: a}})
	}
	if m.border == 0 || m.relays() {
		return out
	}
	for _, p := range g.nets {
		for _, o := range p.members {
			if o.domain != m.domain && meets(m, o) && len(o.addresses) > 0 {
				out = append(out, vtep.Endpoint{Locator: vtep.Locator{Addr: o.addresses[0], Key: m.key()}, Location: o.db()})
			}
		}
	}
	return out
}

// transit reports whether a flooded frame between two forwarders of a domain
// would come from other sites and go on to others: that way frames go round. A
// border that is down may forward still, as it did when it was last reached.
func transit(a, b *member) bool {
	return a.device != b.device && a.forwards() && (b.forwards() || b.relays() && b.down)
}

// farFlood are the far end points that a member's registration names, as one
// side reaches them.
func (g *group) farFlood(s side, o *member) (out []vtep.Endpoint) {
	var beyond *spot // of most there is none
	for e := range o.farEntries() {
		if beyond == nil {
			beyond = &spot{member: o, domain: o.domain}
		}
		if l, ok := g.hop(s, target{spot: beyond, addr: e.VTEPAddress, far: true}); ok {
			out = append(out, vtep.Endpoint{Locator: l})
		}
	}
	return out
}

// between are the end points of a forwarder's stretch: the forwarders of the
// other domains and the far end points.
func (g *group) between(s side) (out []vtep.Endpoint) {
	key := s.m.key()
	if s.outer {
		key = 0
	}
	for _, p := range g.nets {
		for _, d := range p.domains {
			f := d.forwarders[s.m.border]
			if d == s.m.domain || s.m.domain.link(d) != s.m.border {
				continue
			}
			out = append(out, vtep.Endpoint{Locator: vtep.Locator{Addr: f.addresses[0], Key: key}, Location: f.db()})
		}
		for _, o := range p.members {
			if o.relays() && o.border == s.m.border {
				out = append(out, g.farFlood(s, o)...)
			}
		}
	}
	return out
}

// floodOf is a member's flood list as its own database would hold it.
func (g *group) floodOf(m *member) []vtep.Endpoint {
	return slices.DeleteFunc(g.flood(side{m: m}), func(e vtep.Endpoint) bool {
		return e.Location == m.db() || slices.Contains(m.addresses, e.Locator.Addr)
	})
}

// floodLength is how many locators a member's flood list has in its own database.
func (g *group) floodLength(m *member) int {
	list := g.floodOf(m) // sorted by locator
	n := 0
	for i := range list {
		if i == 0 || list[i].Locator != list[i-1].Locator {
			n++
		}
	}
	return n
}
