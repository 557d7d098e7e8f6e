package topology

import (
	"slices"

	"bordergw/model"
)

// Far ends of a network are in no site: every member sends them its own frames, whatever domain it
// is in. Who passes frames on from one tunnel or domain to another does not, since the members that
// the frames come from have sent them there.

// findFarEnds finds for each network of a group the far ends that nothing else floods to: one that is a
// member's address, a source's end point or beyond a border gets its copy as such.
func findFarEnds(g *group) {
	if !slices.ContainsFunc(g.nets, func(p *netPart) bool { return len(p.net.FarEnds) > 0 }) {
		return
	}
	served := map[model.VTEPAddress]bool{}
	for _, p := range g.nets {
		noteServed(p, served)
	}
	for _, p := range g.nets {
		p.farEnds = nil
		for _, a := range p.net.FarEnds {
			if !served[a] {
				p.farEnds = append(p.farEnds, a)
			}
		}
	}
}

// noteServed notes the addresses that a network's members and sources have, and those beyond its relaying borders.
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
	for _, d := range p.domains {
		for _, e := range d.floodTo {
			served[e.Locator.Addr] = true
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
