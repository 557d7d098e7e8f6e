package topology

import (
	"cmp"
	"iter"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// Who points where. Within a domain members reach each other directly. Between
// domains a frame crosses at most two borders: a member points at its own
// domain's forwarder, a forwarder points at the forwarder of the domain that
// owns the MAC, and that one at the MAC's switch. VXLAN has no TTL, so
// that all next hops are taken from this one view.
//
//	access ──VNI of the network──> forwarder ══VNI between sites══> forwarder ──> access

// assembler builds the segments of a group.
type assembler struct {
	group      *group
	view       *groupView
	placements []placed
	unreported func(*model.Network, []vtep.Endpoint) map[model.VTEPAddress]bool
	located    func(*model.Network, *vtep.Segment) map[model.VTEPAddress]bool
}

// side says which logical switch of a member a segment is.
type side struct {
	m *member
	// outer is the far side of a stitched border, whose key is the VNI between
	// sites.
	outer bool
}

func (w *assembler) assemble() {
	w.placements = w.pick()
	w.view.contested = w.contests()
	for _, p := range w.group.nets {
		if p.net.VNI == 0 {
			continue
		}
		for _, d := range p.domains {
			w.domain(d)
		}
		w.standbys(p)
	}
}

// standbys notes what devices are to hold of a network when another one fails.
func (w *assembler) standbys(p *netPart) {
	for id := range p.passives {
		w.standby(id, standby{p.net.ID, p.net.VNI})
	}
	for _, m := range p.members {
		if !m.relays() || m.forwards() {
			continue
		}
		w.standby(m.device.ID, standby{p.net.ID, p.net.VNI})
		if m.mode == model.BorderStitch {
			w.standby(m.device.ID, standby{p.net.ID + vtep.BorderSuffix, m.border})
		}
	}
}

// standby notes a logical switch of a device, unless it holds it for another reason.
func (w *assembler) standby(device string, b standby) {
	s := w.share(device)
	if !slices.ContainsFunc(s.segments, func(o *vtep.Segment) bool { return o.Name == b.name }) {
		s.standby = append(s.standby, b)
	}
}

// seen is what the members that share a segment have in common.
type seen struct {
	direct             model.VNI
	endpoints, farEnds bool
}

// domain gives every member its segments. Members that see the same share one.
func (w *assembler) domain(d *domain) {
	shared := map[seen]*vtep.Segment{}
	for _, m := range d.members {
		r := d.faces[m.device]
		switch {
		case m.relays() && !m.forwards() && len(m.bindings) == 0:
			continue
		case r.forwards():
			w.assign(m, w.segment(side{m: r}))
		default:
			as := seen{r.direct(), r.endpoints, len(r.farEnds) > 0}
			if shared[as] == nil {
				shared[as] = w.segment(side{m: r})
			}
			w.assign(m, shared[as])
		}
		w.claim(m, func(o *Outcome) []vtep.Binding { return m.claims[o] })
		if m.forwards() && m.mode == model.BorderStitch {
			w.assign(m, w.segment(side{m: m, outer: true}))
			w.claim(m, func(*Outcome) []vtep.Binding { return m.cable() })
			w.share(m.device.ID).stitched = append(w.share(m.device.ID).stitched, d.part.net.ID)
		}
	}
}

// strongest picks, for each database, the member whose view its one logical
// switch has: a forwarder before a direct border before any other.
func strongest(members []*member) map[*model.GatewayDevice]*member {
	rank := func(m *member) int {
		switch {
		case m.forwards():
			return 0
		case m.border != 0 && !m.relays():
			return 1
		}
		return 2
	}
	out := map[*model.GatewayDevice]*member{}
	for _, m := range members {
		if o := out[m.device]; o == nil || rank(m) < rank(o) {
			out[m.device] = m
		}
	}
	return out
}

// share is a device's, by id.
func (w *assembler) share(device string) *share {
	s := w.view.shares[device]
	if s == nil {
		s = &share{}
		w.view.shares[device] = s
	}
	return s
}

func (w *assembler) assign(m *member, seg *vtep.Segment) {
	s := w.share(m.device.ID)
	if !slices.ContainsFunc(s.segments, func(o *vtep.Segment) bool { return o.Name == seg.Name }) {
		s.segments = append(s.segments, seg)
	}
}

// claim gives a device what the member's connections bind.
func (w *assembler) claim(m *member, bindings func(*Outcome) []vtep.Binding) {
	s := w.share(m.device.ID)
	for _, o := range m.outcomes {
		s.bound = append(s.bound, bound{o.Connection.Order(), bindings(o)})
	}
}

// direct is the VNI between sites of a direct border, 0 for any other member.
func (m *member) direct() model.VNI {
	if m.relays() {
		return 0
	}
	return m.border
}

// key is the VNI between sites where it differs from the network's, else 0.
func (m *member) key() model.VNI {
	if m.border == m.domain.part.net.VNI {
		return 0
	}
	return m.border
}

// segment builds one logical switch as a member sees it.
func (w *assembler) segment(s side) *vtep.Segment {
	p := s.m.domain.part
	seg := &vtep.Segment{Name: p.net.ID, Description: p.net.Name, TunnelKey: p.net.VNI, Incomplete: w.incomplete()}
	if s.outer {
		seg.Name, seg.TunnelKey = p.net.ID+vtep.BorderSuffix, s.m.border
	}
	for _, c := range w.placements {
		if l, ok := w.group.hop(s, c.target); ok {
			seg.MACs = append(seg.MACs, vtep.MACEntry{MAC: c.MAC, Locator: l, Location: c.Database})
			if ip := c.target.set.IPv4Of(c.MAC); ip != (model.IPv4{}) {
				seg.IPs = append(seg.IPs, vtep.HostIP{MAC: c.MAC, IP: ip})
			}
		}
	}
	seg.Flood = w.group.flood(s)
	seg.Unreported = w.unreported(p.net, seg.Flood)
	seg.Located = w.located(p.net, seg)
	w.view.segments, w.view.of = append(w.view.segments, seg), append(w.view.of, p.net)
	return seg
}

// placed is a candidate with what stands for its location.
type placed struct {
	mactable.Candidate
	target target
}

// target is where a frame is to arrive: at an address of a member, at an end point that a
// source answers for, or at a far end point that a border's remote_mac_entries name.
type target struct {
	*spot
	addr model.VTEPAddress
	far  bool
}

// spot is where targets are: a member, or a source.
type spot struct {
	// member is nil for an end point of a source; of a far end point it is the member that
	// names it.
	member *member
	// set is what the source answers for, nil if there is a member.
	set    *model.EndpointSet
	domain *domain
}

// pick picks the location of every MAC of the group.
func (w *assembler) pick() []placed {
	var all []placed
	for _, p := range w.group.nets {
		for _, m := range p.members {
			var beyond *spot // of most there is none
			for e := range m.farEntries() {
				if beyond == nil {
					beyond = &spot{member: m, domain: m.domain}
				}
				all = append(all, placed{
					Candidate: mactable.Candidate{MAC: e.MAC, Source: mactable.Static, Endpoint: e.VTEPAddress},
					target:    target{spot: beyond, addr: e.VTEPAddress, far: true},
				})
			}
		}
		all = append(all, p.learnedMACs()...)
	}
	order := func(a, b placed) int { return cmp.Or(a.MAC.Compare(b.MAC), a.Compare(b.Candidate)) }
	if !slices.IsSortedFunc(all, order) { // one network's learned MACs are
		slices.SortStableFunc(all, order)
	}
	return slices.CompactFunc(all, func(a, b placed) bool { return a.MAC == b.MAC })
}

// farEntries are the member's remote MAC entries whose VNI is its connection's:
// the one between sites for a border, else the network's. What lies beyond a
// device as a border is not reached through its ports as well.
func (m *member) farEntries() iter.Seq[*model.RemoteMAC] { return m.farMACs().All() }

func (m *member) farMACs() model.VNIMACs {
	vni := cmp.Or(m.border, m.domain.part.net.VNI)
	if m.border == 0 && (m.mode != model.BorderDirect || m.domain.faces[m.device].border == vni) {
		return model.VNIMACs{}
	}
	return m.far.VNI(vni)
}

// learnedMACs places what the switches of the network have learned.
func (p *netPart) learnedMACs() (out []placed) {
	if p.learned == nil {
		return nil
	}
	others := p.learned.Others
	for _, c := range p.learned.Winners {
		to := p.at.spot(c.Database)
		for len(others) > 0 && others[0].MAC.Compare(c.MAC) <= 0 {
			if o := others[0]; to == nil && o.MAC == c.MAC {
				c, to = o, p.at.spot(o.Database)
			}
			others = others[1:]
		}
		if to == nil {
			continue
		}
		if to.member != nil {
			c.Database = to.member.db()
		}
		out = append(out, placed{Candidate: c, target: target{spot: to, addr: c.Endpoint}})
	}
	return out
}

// devices are those of the members, by their databases.
func (p *netPart) devices() map[vtep.DatabaseID]*model.GatewayDevice {
	out := map[vtep.DatabaseID]*model.GatewayDevice{}
	for _, m := range p.members {
		for _, way := range m.ways {
			out[way] = m.device
		}
	}
	return out
}

func (w *assembler) incomplete() bool {
	return slices.ContainsFunc(w.group.nets, func(p *netPart) bool { return p.incomplete })
}

// contests finds the MACs of the group that are both placed and learned, by network
// id. all has the winner of each MAC.
func (w *assembler) contests() map[string]*Contested {
	out := map[string]*Contested{}
	for _, p := range w.group.nets {
		if p.learned == nil {
			continue
		}
		devices := p.devices()
		for _, s := range w.placements {
			if s.Source != mactable.Static {
				continue
			}
			claim := map[*model.GatewayDevice]bool{} // by whichever registrations
			for _, c := range slices.Concat(mactable.Of(p.learned.Winners, s.MAC), mactable.Of(p.learned.Others, s.MAC)) {
				if gd := devices[c.Database]; gd != nil && !claim[gd] {
					claim[gd] = true
					note(out, p.net.ID, s, gd)
				}
			}
		}
	}
	return out
}
