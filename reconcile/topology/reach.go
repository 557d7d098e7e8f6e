package topology

import (
	"slices"

	"bordergw/model"
)

// Reach is what the end points that sources answer for need in one network: the tunnels to
// the switches of their site, and to what lies beyond direct borders there. It is where they
// send frames for everybody.
type Reach struct {
	// Site is "" where no border relays: then all end points are in one domain.
	Site    string
	Members []Member
	// Far are end points beyond borders that do not relay, and the network's far ends, sorted.
	Far []model.VTEPAddress
}

// Member is a switch of a Reach.
type Member struct {
	Device  *model.GatewayDevice
	Switch  string            // "" while it is not known
	Address model.VTEPAddress // zero while none is known
}

// Joined are a network and those that borders join to it, by id.
func (v *View) Joined(network string) (ids []string) {
	ids = []string{network}
	if g := v.groupOf(network); g != nil {
		for i := range g.nets {
			if id := g.nets[i].net.ID; id != network {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// Placing has the databases, and sources, whose word on MACs counts in a network.
func (v *View) Placing(network string) Locations {
	g := v.groupOf(network)
	if g == nil {
		return Locations{}
	}
	return g.part(network).at
}

// joined are a network and its connections with their gateways, as records that never change.
func joined(defs *model.Definitions, network string) (out []any) {
	n, _ := defs.Networks.Get(network)
	out = append(out, n)
	for c := range defs.Connections.All() {
		if c.NetworkID == network {
			g, _ := defs.Gateways.Get(c.L2GatewayID)
			out = append(out, c, g)
		}
	}
	return out
}

// reach is what end points in the domain need.
func (d *domain) reach() Reach {
	r := Reach{Site: d.site}
	for _, m := range d.members {
		if !m.floodedTo() {
			continue
		}
		at := m.addresses
		if len(at) == 0 { // whoever asks is to ask again
			at = []model.VTEPAddress{{}}
		}
		for _, a := range at {
			if is := (Member{m.device, m.sw, a}); !slices.Contains(r.Members, is) { // a border may have ports, too
				r.Members = append(r.Members, is)
			}
		}
		if m.relays() {
			continue
		}
		for e := range m.farEntries() {
			r.Far = append(r.Far, e.VTEPAddress)
		}
	}
	r.Far = append(r.Far, d.part.farEnds...)
	slices.SortFunc(r.Far, model.VTEPAddress.Compare)
	r.Far = slices.Compact(r.Far)
	return r
}
