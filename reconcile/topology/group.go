package topology

import (
	"cmp"
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// A group is a set of networks that border connections with one VNI join, or a
// single network: the unit that is compiled and shared.
type group struct {
	nets []*netPart
}

// netPart is one network with what it is made of.
type netPart struct {
	net     *model.Network
	conns   []*model.L2GatewayConnection
	learned *mactable.Learned
	// endpoints are what sources outside answer for.
	endpoints []*model.EndpointSet
	// passives are the devices, by id, that stand by in active-passive gateways.
	passives map[string]bool
	members  []*member
	// domains of the network: one, or one a site where a border relays.
	domains []*domain
	// at are where MACs may be, once the domains are settled.
	at Locations
	// farEnds are those of the network that are no member's, and not beyond a relaying border.
	farEnds []model.VTEPAddress
	// incomplete: a member's address is not known.
	incomplete bool
}

// domain is the part of a network whose members reach each other directly: a
// site, or the whole network where no border relays.
type domain struct {
	part    *netPart
	site    string
	members []*member
	// endpoints are the sets of the sources whose end points are there.
	endpoints []*model.EndpointSet
	// floodTo are these end points, but for those that are in another domain already.
	floodTo []vtep.Endpoint
	// forwarders pass frames to other domains, one for each VNI between sites.
	forwarders map[model.VNI]*member
	// faces are the members whose view the one logical switch of a device has: a
	// device may be a border and have ports by different connections.
	faces map[*model.GatewayDevice]*member
}

// member is a device's part in a network through its connections.
type member struct {
	device *model.GatewayDevice
	// ways are the databases, as numbered, that it reports by: the device's own, and
	// those of devices that reach the same one.
	ways []vtep.DatabaseID
	sw   string // Physical_Switch
	seen *model.SwitchInventory
	// far are the device's remote MACs.
	far model.DeviceMACs
	// border is the VNI between sites; 0 for a member that is no border.
	border model.VNI
	mode   model.BorderMode
	// stitch is the VLAN on the cable (BorderStitch).
	stitch   model.VLAN
	bindings []vtep.Binding
	// down: it has been away for longer than the hold.
	down bool
	// addresses are where the others send to; none while not known.
	addresses []model.VTEPAddress
	outcomes  []*Outcome
	// claims are the bindings by the connection that asks for them: a fault of
	// one is shown on that connection only.
	claims map[*Outcome][]vtep.Binding
	domain *domain
	// endpoints: it floods to the end points that sources answer for.
	endpoints bool
	// farEnds are those of the network that it floods to.
	farEnds []model.VTEPAddress
}

// relays reports whether the member passes frames between domains.
func (m *member) relays() bool { return m.border != 0 && m.mode != model.BorderDirect }

// forwards reports whether the member is the one that relays for its domain.
func (m *member) forwards() bool { return m.relays() && m.domain.forwarders[m.border] == m }

// floodedTo reports whether others of its domain send a member frames for everybody: not
// to a border that only stands by.
func (m *member) floodedTo() bool { return !m.relays() || m.forwards() || len(m.bindings) > 0 }

func (m *member) db() vtep.DatabaseID { return DatabaseID(m.device) }

// groupView is a group's part of a View.
type groupView struct {
	nets []groupNet
	// dependencies are the records it was made from, and the remote MACs with its VNIs;
	// these are immutable, so that equal pointers mean an equal result.
	dependencies []dependency
	shares       map[string]*share // by gateway device id
	segments     []*vtep.Segment   // of all shares, each once
	of           []*model.Network  // by segment
	outcomes     map[string]*Outcome
	// contested MACs, by network id.
	contested map[string]*Contested
	// uses are what the index finds the group by.
	uses []use
}

// part is one of its networks.
func (v *groupView) part(network string) *netPart {
	for i := range v.nets {
		if v.nets[i].net.ID == network {
			return v.nets[i].part
		}
	}
	return nil
}

// groupNet is what a network of a group was made from.
type groupNet struct {
	net       *model.Network
	conns     []*model.L2GatewayConnection
	learned   *mactable.Learned
	endpoints []*model.EndpointSet
	// part has what became of it.
	part *netPart
}

// standby is a logical switch with its VNI.
type standby struct {
	name string
	vni  model.VNI
}

// share is what one device carries of a group.
type share struct {
	segments []*vtep.Segment
	bound    []bound // what connections ask for
	// stitched networks: the cable shows the device every MAC of the other
	// sites as if it were local, so that what it learns there is not believed.
	stitched []string
	// standby are the logical switches that the device is to hold when another one fails.
	standby []standby
}

// joinStretches joins networks with a common VNI between sites. The order is that of the networks.
func joinStretches(defs *model.Definitions, parts []*netPart) []*group {
	of := map[*netPart]*group{}
	byVNI := map[model.VNI]*netPart{}
	for _, p := range parts {
		of[p] = &group{nets: []*netPart{p}}
	}
	for _, p := range parts {
		for _, vni := range p.borderVNIs(defs) {
			first := byVNI[vni]
			if first == nil {
				byVNI[vni] = p
				continue
			}
			merge(of, of[first], of[p])
		}
	}
	var out []*group
	for _, p := range parts {
		if g := of[p]; g.nets[0] == p {
			out = append(out, g)
		}
	}
	return out
}

// merge moves the networks of one group into another.
func merge(of map[*netPart]*group, a, b *group) {
	if a == b {
		return
	}
	a.nets = append(a.nets, b.nets...)
	slices.SortFunc(a.nets, func(x, y *netPart) int { return cmp.Compare(x.net.Seq, y.net.Seq) })
	for _, p := range b.nets {
		of[p] = a
	}
}

func (p *netPart) borderVNIs(defs *model.Definitions) (out []model.VNI) {
	for _, c := range p.conns {
		g, ok := defs.Gateways.Get(c.L2GatewayID)
		if !ok {
			continue
		}
		for i := range g.Devices {
			if vni := g.Devices[i].BorderVNI(c.SegmentationID); vni != 0 {
				out = append(out, vni)
			}
		}
	}
	return out
}

// key identifies a group from one View to the next.
func (g *group) key() string { return g.nets[0].net.ID }

// build makes the group's view.
func (g *group) build(in *compilation, on []dependency) *groupView {
	v := &groupView{dependencies: on, shares: map[string]*share{}, outcomes: map[string]*Outcome{}}
	for _, p := range g.nets {
		v.nets = append(v.nets, groupNet{p.net, p.conns, p.learned, p.endpoints, p})
		for _, c := range p.conns {
			p.connect(in, c, v)
		}
	}
	g.settle()
	g.admitEndpoints()
	admitFarEnds(g)
	noteFarEnds(g)
	for _, p := range g.nets {
		p.at = locationsOf(p)
		p.report()
	}
	w := &assembler{group: g, view: v, unreported: in.unreportedAmong, located: in.located}
	w.assemble()
	v.uses = g.uses(in, v)
	for _, p := range g.nets {
		p.learned = nil // it is in nets, as long as it counts
	}
	return v
}

// uses are what the index finds the group by.
func (g *group) uses(in *compilation, v *groupView) []use {
	found := map[usable]bool{}
	for _, p := range g.nets {
		found[usable{kind: usesVNI, vni: p.net.VNI}] = true
		for _, vni := range p.borderVNIs(in.Definitions) {
			found[usable{kind: usesVNI, vni: vni}], found[usable{kind: usesBorder, vni: vni}] = true, true
		}
		for _, c := range p.conns {
			found[usable{kind: usesGateway, id: c.L2GatewayID}] = true
		}
	}
	for i := range v.dependencies {
		if gd := v.dependencies[i].device.record; gd != nil {
			found[usable{kind: usesDevice, id: gd.ID}] = true
		}
	}
	if slices.ContainsFunc(v.segments, func(s *vtep.Segment) bool { return len(s.Unreported) > 0 || s.Located != nil }) {
		found[usable{kind: usesReports}] = true
	}
	out := make([]use, 0, len(found))
	for what := range found {
		out = append(out, use{what, g.key()})
	}
	return out
}

// follow hands on each segment that says what it said before, and has each other note
// what differs from the one whose place it takes. A switch is so asked for nothing new
// where nothing is new for it.
func (v *groupView) follow(was *View) {
	same, kept := map[[2]*vtep.Segment]bool{}, map[*vtep.Segment]*vtep.Segment{}
	for dev, share := range v.shares {
		before, _ := was.holdings.Get(name(dev))
		share.keep(shareBefore(was, v, dev))
		for i, seg := range share.segments {
			if before == nil || before.want.Segment(seg.Name) == nil {
				continue
			}
			old := before.want.Segment(seg.Name)
			pair := [2]*vtep.Segment{seg, old}
			if _, compared := same[pair]; !compared {
				if same[pair] = seg.Equal(old); !same[pair] {
					seg.LogDelta(old)
				}
			}
			if same[pair] {
				share.segments[i], kept[seg] = old, old
			}
		}
	}
	for i, seg := range v.segments {
		v.segments[i] = cmp.Or(kept[seg], seg) // one may have 100,000 MACs: it is not kept twice
	}
}

// settle divides the networks into domains and drops connections that turn out
// not to be realisable, until all that are left are.
func (g *group) settle() {
	for {
		for _, p := range g.nets {
			p.divide()
		}
		if !g.refuseUnrealisable() {
			return
		}
	}
}

// refuse records why a member's connections can not be realised, and takes the
// connections out of all networks. What a device does for others stays.
func (g *group) refuse(m *member, reason string, limited bool) {
	bad := m.outcomes
	for _, o := range bad {
		o.Errors, o.Limited = append(o.Errors, reason), o.Limited || limited
		o.Parts = nil
	}
	for _, p := range g.nets {
		p.members = slices.DeleteFunc(p.members, func(m *member) bool { return !m.serves(bad) })
	}
}

// serves takes connections out of a member, and reports whether it has any left.
func (m *member) serves(bad []*Outcome) bool {
	m.outcomes = slices.DeleteFunc(slices.Clone(m.outcomes), func(o *Outcome) bool { return slices.Contains(bad, o) })
	m.bindings = nil
	for _, o := range m.outcomes {
		m.bindings = append(m.bindings, m.claims[o]...)
	}
	return len(m.outcomes) > 0
}

// divide splits a network into domains and picks each domain's forwarders.
func (p *netPart) divide() {
	relayed := slices.ContainsFunc(p.members, (*member).relays)
	sites := map[string]*domain{}
	p.domains = nil
	for _, m := range p.members {
		site := ""
		if relayed {
			site = m.device.Site
		}
		d := sites[site]
		if d == nil {
			d = &domain{part: p, site: site, forwarders: map[model.VNI]*member{}}
			sites[site] = d
			p.domains = append(p.domains, d)
		}
		m.domain, m.endpoints, m.farEnds = d, false, nil
		d.members = append(d.members, m)
	}
	p.divideEndpoints()
	slices.SortFunc(p.domains, func(a, b *domain) int { return cmp.Compare(a.site, b.site) })
	for _, d := range p.domains {
		d.elect()
		d.faces = strongest(d.members)
	}
}

// elect picks, for each VNI between sites, the earliest registered border that
// is not down: flooded frames must pass a border once.
func (d *domain) elect() {
	better := func(a, b *member) bool {
		return cmp.Or(
			cmp.Compare(btoi(a.down), btoi(b.down)),
			cmp.Compare(a.device.Seq, b.device.Seq)) < 0
	}
	for _, m := range d.members {
		if !m.relays() || len(m.addresses) == 0 {
			continue
		}
		if f := d.forwarders[m.border]; f == nil || better(m, f) {
			d.forwarders[m.border] = m
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// link is the VNI by which frames go between two domains, 0 for none: by two
// they would go round. Of several that both have it is the lowest whose
// forwarders are not down.
func (d *domain) link(o *domain) (best model.VNI) {
	for _, vni := range slices.Sorted(maps.Keys(d.forwarders)) {
		f, g := d.forwarders[vni], o.forwarders[vni]
		switch {
		case g == nil:
		case !f.down && !g.down:
			return vni
		case best == 0:
			best = vni
		}
	}
	return best
}
