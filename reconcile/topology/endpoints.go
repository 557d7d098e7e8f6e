package topology

import (
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// What another program answers for never takes a connection down: a machine that starts
// somewhere must not. Where its end points cannot be flooded to, the connections say so.

// divideEndpoints puts the sets into the domains of their sites. An address that sources put
// into two sites gets one copy of a flooded frame, in the first of them.
func (p *netPart) divideEndpoints() {
	at := map[model.VTEPAddress]*domain{}
	for _, set := range p.endpoints {
		d := p.domainOf(set.Site)
		if d == nil {
			continue
		}
		d.endpoints = append(d.endpoints, set)
		for _, a := range set.Addresses {
			if at[a] == nil {
				at[a] = d
			}
			if at[a] == d {
				d.floodTo = append(d.floodTo, vtep.Endpoint{Locator: vtep.Locator{Addr: a}, Location: SourceID(set)})
			}
		}
	}
}

// domainOf is where the end points of a site are, nil if no switch carries the network there.
func (p *netPart) domainOf(site string) *domain {
	relayed := slices.ContainsFunc(p.members, (*member).relays)
	for _, d := range p.domains {
		if !relayed || d.site == site {
			return d
		}
	}
	return nil
}

// admitEndpoints has every member flood to the end points of its domain, unless its flood
// list would be longer than the switch can have.
func (g *group) admitEndpoints() {
	for _, p := range g.nets {
		p.noteLost()
		for _, d := range p.domains {
			for _, m := range d.members {
				g.admitTo(m, d.faces[m.device])
			}
		}
	}
}

// admitTo decides for a member, whose logical switch is that of face.
func (g *group) admitTo(m, face *member) {
	if len(m.domain.endpoints) == 0 {
		return
	}
	face.endpoints = true
	profile := effectiveProfile(m)
	if most := maxFlood(profile); most > 0 && g.floodLength(face) > most {
		face.endpoints = false
		m.note("device %s: profile %s floods to %d end points: it sends no flooded frames to those of %s",
			m.device.DisplayName(), profile.Name, most, sourcesOf(m.domain.endpoints))
	}
}

// noteLost tells of end points whose site has no switch.
func (p *netPart) noteLost() {
	var lost []*model.EndpointSet
	for _, set := range p.endpoints {
		if p.domainOf(set.Site) == nil {
			lost = append(lost, set)
		}
	}
	if len(lost) == 0 {
		return
	}
	for _, m := range p.members {
		m.note("borders divide network %s into sites, and no switch carries it in the site of the end points of %s", p.net.ID, sourcesOf(lost))
	}
}

// note adds a text to the member's connections, once.
func (m *member) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, o := range m.outcomes {
		if !slices.Contains(o.Notes, text) {
			o.Notes = append(o.Notes, text)
		}
	}
}

// sourcesOf names sources, with their sites.
func sourcesOf(sets []*model.EndpointSet) string {
	var names []string
	for _, set := range sets {
		names = append(names, fmt.Sprintf("%s (site %q)", set.Source, set.Site))
	}
	return model.Listed(names)
}
