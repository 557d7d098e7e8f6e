package topology

import (
	"slices"

	"bordergw/model"
)

// Far ends of a network are in no site: every member sends them its own frames, whatever domain it
// is in. Who passes frames on from one tunnel or domain to another does not, since the members that
// the frames come from have sent them there. A far end never takes a connection down.

// admitFarEnds has every member flood to the far ends of its network that nothing else of it floods to, unless its
// flood list would be longer than the switch can have. One that is a member's address, a source's end point or
// beyond a border gets its copy as such.
func admitFarEnds(g *group) {
	if !slices.ContainsFunc(g.nets, func(p *netPart) bool { return len(p.net.FarEnds) > 0 }) {
		return
	}
	served, flooded := map[model.VTEPAddress]bool{}, map[model.VTEPAddress][]*domain{}
	for _, p := range g.nets {
		noteServed(p, served)
		for _, d := range p.domains {
			for _, e := range d.floodTo {
				flooded[e.Locator.Addr] = append(flooded[e.Locator.Addr], d)
			}
		}
	}
	for _, p := range g.nets {
		p.farEnds = slices.DeleteFunc(slices.Clone(p.net.FarEnds), func(a model.VTEPAddress) bool { return served[a] })
		if len(p.farEnds) == 0 {
			continue
		}
		for _, m := range p.members {
			admitFarEndsTo(g, m, m.domain.faces[m.device], flooded)
		}
	}
}

// admitFarEndsTo decides for a member, whose logical switch is that of face. flooded are the domains in which an address
// is an end point of a source: it has its copy from there, unless the member is in it and does not flood to it.
func admitFarEndsTo(g *group, m, face *member, flooded map[model.VTEPAddress][]*domain) {
	if !floodsFarEnds(face) {
		return
	}
	face.farEnds = slices.DeleteFunc(slices.Clone(m.domain.part.farEnds), func(a model.VTEPAddress) bool {
		return slices.ContainsFunc(flooded[a], func(d *domain) bool { return d != m.domain || face.endpoints })
	})
	profile := effectiveProfile(m)
	if most := maxFlood(profile); most > 0 && g.floodLength(face) > most {
		face.farEnds = nil
		m.note("device %s: profile %s floods to %d end points: it sends no flooded frames to the far ends of network %s",
			m.device.DisplayName(), profile.Name, most, m.domain.part.net.ID)
	}
}

// noteServed notes the addresses that a network's members have, and those beyond its relaying borders.
func noteServed(p *netPart, served map[model.VTEPAddress]bool) {
	for _, m := range p.members {
		for _, a := range m.addresses {
			served[a] = true
		}
		if !m.relays() {
			continue
		}
		for e := range m.farEntries() {
			served[e.VTEPAddress] = true
		}
	}
}

// floodsFarEnds reports whether a member sends to the far ends what is flooded.
func floodsFarEnds(m *member) bool { return !m.forwards() && m.mode != model.BorderRelay }

// noteFarEnds tells of ports whose flooded frames do not reach the far ends.
func noteFarEnds(g *group) {
	for _, p := range g.nets {
		if len(p.farEnds) == 0 {
			continue
		}
		for _, m := range p.members {
			if face := m.domain.faces[m.device]; len(m.bindings) > 0 && !floodsFarEnds(face) {
				m.note("device %s passes frames on in network %s: what its own ports flood does not reach the far ends", m.device.DisplayName(), p.net.ID)
			}
		}
	}
}
