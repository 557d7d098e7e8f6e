package site

import (
	"strings"

	"bordergw/model"
)

// Stands reports whether what the plan was made of is what it was in later definitions, so that it still is
// the plan that has to be carried out. What nobody defines does not matter. It costs what has changed since.
func (p *Plan) Stands(d *model.Definitions) bool {
	was := p.on
	return unchanged(was.Networks, d.Networks, plainNetwork) && unchanged(was.Devices, d.Devices, plainSwitch) &&
		unchanged(was.Gateways, d.Gateways, plainGateway) && unchanged(was.Connections, d.Connections, plainConnection) &&
		unchanged(was.Quotas, d.Quotas, plainQuota) && was.RemoteMACs == d.RemoteMACs && p.standingEndpoints(d)
}

// unchanged reports whether two values of a table define the same.
func unchanged[T any, P model.Recorder[T]](was, is model.Table[T, P], plain func(T) T) bool {
	for _, c := range is.Changes(was) {
		if c.Was == nil || c.Now == nil || !same(plain(*c.Was), plain(*c.Now)) {
			return false
		}
	}
	return true
}

// standingEndpoints reports whether the endpoints of the networks that go are what they were.
func (p *Plan) standingEndpoints(d *model.Definitions) bool {
	for id, c := range d.Endpoints.Changes(p.on.Endpoints) {
		network, _, _ := strings.Cut(id, "/")
		if p.lost[network] && (c.Was == nil || c.Now == nil || !same(lostSet(c.Was), lostSet(c.Now))) {
			return false
		}
	}
	return true
}

// lostSet is what a token has of endpoints: MACs move all the time.
func lostSet(set *model.EndpointSet) any {
	return struct {
		ID        string
		Addresses []model.VTEPAddress
	}{set.ID, set.Addresses}
}

// loseEndpoints finds the endpoints of networks that go. It returns what the token rests upon.
func (p *Plan) loseEndpoints(networks []string) (lost []any) {
	if len(networks) == 0 {
		return nil
	}
	p.lost = map[string]bool{}
	for _, id := range networks {
		p.lost[id] = true
	}
	for set := range p.on.Endpoints.All() {
		if !p.lost[set.NetworkID] {
			continue
		}
		lost = append(lost, lostSet(set))
		n, _ := p.on.Networks.Get(set.NetworkID)
		p.find("W08", kindNetwork+" "+displayName(n.Name, n.ID), "its endpoints of source %s go, and no rollback brings them back: the source would have to name them again", model.Shown(set.Source))
	}
	return lost
}
