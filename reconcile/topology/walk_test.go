package topology

import (
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/vtep"
)

// plane is a model of what switches do with frames, given what they hold. It
// shares no code with what computes that.
type plane struct {
	byAddr map[model.VTEPAddress]*node
	nodes  []*node
	// faults are frames that go where none may.
	faults  []string
	maxHops int // how many tunnels a frame may cross
	// hypervisors have an address each, and no node.
	hypervisors []hypervisor
}

// node is one switch.
type node struct {
	gd   *model.GatewayDevice
	addr model.VTEPAddress
	ls   map[string]*logical
	dead bool
}

// logical is one Logical_Switch on a node.
type logical struct {
	node  *node
	seg   *vtep.Segment
	ports []vtep.Binding
}

// ingress is how a frame came to a logical switch: by a port, or by a tunnel
// from its site or from elsewhere.
type ingress struct {
	port vtep.Binding
	peer model.VTEPAddress
	wan  bool
}

func (in ingress) tunnel() bool { return in.peer != model.VTEPAddress{} }

// newPlane builds the switches of a topology; want gives what each holds.
func newPlane(t *topology, want func(*model.GatewayDevice) *vtep.Want) *plane {
	p := &plane{byAddr: map[model.VTEPAddress]*node{}, maxHops: 3}
	for gd := range t.Devices.All() {
		n := &node{gd: gd, addr: modeltest.IP(int(gd.Seq)), ls: map[string]*logical{}}
		p.byAddr[n.addr] = n
		p.nodes = append(p.nodes, n)
		w := want(gd)
		for seg := range w.Segments.All() {
			n.ls[seg.Name] = &logical{node: n, seg: seg}
		}
		for b := range w.Bindings.All() {
			l := n.ls[b.LogicalSwitch]
			if l == nil {
				p.fault("%s: binding %v has no logical switch", gd.Name, b)
				continue
			}
			l.ports = append(l.ports, b)
		}
	}
	return p
}

func (p *plane) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// realised: a switch that does not relay does nothing for a logical switch
// without a port.
func (l *logical) realised() bool {
	return len(l.ports) > 0 || l.node.gd.BorderMode == model.BorderRelay
}

// mine reports whether an entry is left out here, as vtep does.
func (n *node) mine(at vtep.DatabaseID, l vtep.Locator) bool {
	return at == DatabaseID(n.gd) || l.Addr == n.addr
}

// flood is the flood list as the switch has it.
func (l *logical) flood() (out []vtep.Locator) {
	for _, e := range l.seg.Flood {
		if !l.node.mine(e.Location, e.Locator) {
			out = append(out, e.Locator)
		}
	}
	slices.SortFunc(out, vtep.Locator.Compare)
	return slices.Compact(out)
}

// remote is where the switch sends frames for a MAC.
func (l *logical) remote(mac model.MAC) (vtep.Locator, bool) {
	for _, e := range l.seg.MACs {
		if e.MAC == mac && !l.node.mine(e.Location, e.Locator) {
			return e.Locator, true
		}
	}
	return vtep.Locator{}, false
}

// vni is what goes on the wire towards a locator.
func (l *logical) vni(to vtep.Locator) model.VNI {
	if to.Key != 0 {
		return to.Key
	}
	return l.seg.TunnelKey
}

// from finds the locator of a peer: a switch drops frames of peers that it has
// none for.
func (l *logical) from(peer model.VTEPAddress, vni model.VNI) (vtep.Locator, bool) {
	known := l.flood()
	for _, e := range l.seg.MACs {
		if !l.node.mine(e.Location, e.Locator) {
			known = append(known, e.Locator)
		}
	}
	i := slices.IndexFunc(known, func(to vtep.Locator) bool { return to.Addr == peer && l.vni(to) == vni })
	if i < 0 {
		return vtep.Locator{}, false
	}
	return known[i], true
}

// arrive finds the logical switch that takes a frame, nil for none.
func (p *plane) arrive(n *node, peer model.VTEPAddress, vni model.VNI) (found *logical, in ingress) {
	for _, l := range n.ls {
		from, ok := l.from(peer, vni)
		if !ok || !l.realised() {
			continue
		}
		if found != nil {
			p.fault("%s: VNI %s from %s is of two logical switches", n.gd.Name, vni, peer)
		}
		found, in = l, ingress{peer: peer, wan: p.wan(n, from)}
	}
	return found, in
}

// passes reports whether a frame that came one way may leave towards a peer: a
// stock switch never forwards between tunnels, a relay only between those of
// its site and the others.
func (p *plane) passes(n *node, in ingress, to vtep.Locator) bool {
	if !in.tunnel() {
		return true
	}
	return n.gd.BorderMode == model.BorderRelay && in.wan != p.wan(n, to)
}

// wan reports whether a relay counts a locator to the side of the other sites:
// by where it is, or by a key of its own.
func (p *plane) wan(n *node, l vtep.Locator) bool {
	for _, h := range p.hypervisors {
		if h.addr == l.Addr {
			return h.set.Site != "" && h.set.Site != n.gd.Site
		}
	}
	o := p.byAddr[l.Addr]
	return o == nil || o.gd.Site != n.gd.Site || l.Key != 0
}

// across gives the other end of the cable, false for an ordinary port.
func (n *node) across(b vtep.Binding) (*logical, vtep.Binding, bool) {
	i := slices.Index(n.gd.StitchPorts, b.Port)
	if i < 0 {
		return nil, vtep.Binding{}, false
	}
	for _, l := range n.ls {
		for _, o := range l.ports {
			if o.Port == n.gd.StitchPorts[1-i] && o.VLAN == b.VLAN {
				return l, o, true
			}
		}
	}
	return nil, vtep.Binding{}, true
}

// copies counts what arrives, by "device network" or by far address.
type copies map[string]int

func hostAt(gd *model.GatewayDevice, network string) string { return gd.Name + " " + network }

// broadcast floods a frame from a host on a device's port in a network.
func (p *plane) broadcast(n *node, network string) copies {
	got := copies{}
	l := n.ls[network]
	if l == nil {
		p.fault("%s does not carry %s", n.gd.Name, network)
		return got
	}
	i := slices.IndexFunc(l.ports, func(b vtep.Binding) bool { return b.Port == "p1" })
	if i < 0 {
		p.fault("%s binds no port to %s", n.gd.Name, network)
		return got
	}
	p.spread(l, ingress{port: l.ports[i]}, 0, got)
	return got
}

func (p *plane) spread(l *logical, in ingress, hops int, got copies) {
	n := l.node
	for _, b := range l.ports {
		if b == in.port {
			continue
		}
		switch other, end, cable := n.across(b); {
		case !cable:
			got[hostAt(n.gd, l.seg.Name)]++
		case other != nil:
			p.spread(other, ingress{port: end}, hops, got)
		}
	}
	for _, to := range l.flood() {
		if p.passes(n, in, to) {
			p.carry(l, to, hops+1, got)
		}
	}
}

func (p *plane) carry(l *logical, to vtep.Locator, hops int, got copies) {
	if hops > p.maxHops {
		p.fault("flood: %s sends a frame on after %d tunnels", l.node.gd.Name, p.maxHops)
		return
	}
	next := p.byAddr[to.Addr]
	if next == nil {
		got[fmt.Sprint(to.Addr)]++
		return
	}
	if next.dead {
		return
	}
	if o, in := p.arrive(next, l.node.addr, l.vni(to)); o != nil {
		p.spread(o, in, hops, got)
	}
}

// follow sends a frame for a MAC from a host and tells where it ends: at
// "device network", at a far address, or nowhere.
func (p *plane) follow(n *node, network string, mac model.MAC, location string) string {
	l, in := n.ls[network], ingress{}
	for hops := 0; l != nil; {
		if hostAt(l.node.gd, l.seg.Name) == location {
			return location
		}
		if l.lists(mac) {
			return flooded
		}
		if to, ok := l.remote(mac); ok {
			hops++
			switch next := p.byAddr[to.Addr]; {
			case hops > p.maxHops:
				p.fault("%s from %s goes on after %d tunnels", mac, n.gd.Name, p.maxHops)
				return ""
			case !p.passes(l.node, in, to):
				p.fault("%s from %s: %s can not pass it on to %s", mac, n.gd.Name, l.node.gd.Name, to)
				return ""
			case next == nil:
				return fmt.Sprint(to.Addr)
			case next.dead:
				return ""
			default:
				l, in = p.arrive(next, l.node.addr, l.vni(to))
			}
			continue
		}
		l, in = l.throughCable(in)
	}
	return ""
}

// flooded is the end of a frame for a MAC of the switch's own in another
// network of the stretch: no row may say so, hence it is flooded.
const flooded = "flooded"

// lists reports whether the MAC is one that the switch itself has learned.
func (l *logical) lists(mac model.MAC) bool {
	return slices.ContainsFunc(l.seg.MACs, func(e vtep.MACEntry) bool { return e.MAC == mac && e.Location == DatabaseID(l.node.gd) })
}

// throughCable: what a stitched switch does not know it has learned on the
// cable.
func (l *logical) throughCable(in ingress) (*logical, ingress) {
	for _, b := range l.ports {
		if other, end, cable := l.node.across(b); cable && b != in.port {
			return other, ingress{port: end}
		}
	}
	return nil, ingress{}
}
