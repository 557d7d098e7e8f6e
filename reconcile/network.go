package reconcile

import (
	"cmp"
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// networkView is one network's part of a View.
type networkView struct {
	// inputs are the records it was made from; records are immutable, so that
	// equal pointers mean an equal result.
	inputs   []any
	shares   map[string]*share // by gateway device id
	outcomes map[string]*Outcome
}

// share is what one device carries of a network.
type share struct {
	segments []*vtep.Segment
	bindings []vtep.Binding
}

// member is a device's part in a network through one connection.
type member struct {
	device *model.GatewayDevice
	place  model.Place
	seen   *model.SwitchInventory
	// border is the VNI between sites; 0 for a member that is no border.
	border   model.VNI
	bindings []vtep.Binding
	// address is where the others send to; none while it is not known.
	address model.VTEPAddress
}

// builder makes one network's part of a View.
type builder struct {
	defs    *model.Definitions
	net     *model.Network
	conns   []*model.L2GatewayConnection
	inputs  []any
	members []member
	view    *networkView
	// incomplete: a member's address is not known.
	incomplete bool
}

func newBuilder(defs *model.Definitions, net *model.Network, conns []*model.L2GatewayConnection) *builder {
	b := &builder{defs: defs, net: net, conns: conns, inputs: []any{net}}
	for _, c := range conns {
		b.inputs = append(b.inputs, c)
		g, ok := defs.Gateways.Get(c.L2GatewayID)
		if !ok {
			continue
		}
		b.inputs = append(b.inputs, g)
		for i := range g.Devices {
			place, _ := defs.Resolve(&g.Devices[i])
			b.inputs = append(b.inputs, place.Device, defs.SwitchInventory(place))
		}
	}
	return b
}

func (b *builder) build() *networkView {
	b.view = &networkView{inputs: b.inputs, shares: map[string]*share{}, outcomes: map[string]*Outcome{}}
	for _, c := range b.conns {
		b.connect(c)
	}
	b.segments()
	return b.view
}

// connect finds the members that one connection makes. Either all of a
// connection is realised, as far as it is known, or nothing of it.
func (b *builder) connect(c *model.L2GatewayConnection) {
	out := &Outcome{Connection: c}
	b.view.outcomes[c.ID] = out
	g, ok := b.defs.Gateways.Get(c.L2GatewayID)
	if !ok {
		out.Errors = append(out.Errors, fmt.Sprintf("gateway %s does not exist", c.L2GatewayID))
		return
	}
	var found []member
	for i := range g.Devices {
		if m, ok := b.member(c, &g.Devices[i], out); ok {
			found = append(found, m)
		}
	}
	if len(out.Errors) > 0 {
		return
	}
	for _, m := range found {
		out.Parts = append(out.Parts, Part{
			Device: m.device, LogicalSwitches: []string{b.net.ID}, Bindings: m.bindings,
		})
	}
	b.members = append(b.members, found...)
}

// member resolves one device of a connection's gateway. It reports false when
// nothing can be written for it.
func (b *builder) member(c *model.L2GatewayConnection, d *model.Device, out *Outcome) (member, bool) {
	place, ok := b.defs.Resolve(d)
	if !ok {
		b.incomplete = true
		out.Waiting = append(out.Waiting, fmt.Sprintf("switch %s is not known yet", d.DeviceName))
		return member{}, false
	}
	m := member{device: place.Device, place: place, seen: b.defs.SwitchInventory(place), border: d.BorderVNI(c.SegmentationID)}
	if !m.device.Driven() {
		out.Unsupported = append(out.Unsupported, fmt.Sprintf("device %s is a %s", deviceName(m.device), m.device.Type))
		return member{}, false
	}
	if m.border != 0 && m.border != b.net.VNI && !profileOf(m.device).KeyedLocators {
		out.Errors = append(out.Errors, fmt.Sprintf(
			"device %s: VNI %s between sites differs from the network's VNI %s and profile %s has no keyed locators",
			deviceName(m.device), m.border, b.net.VNI, profileOf(m.device).Name))
		return member{}, false
	}
	if m.address = m.tunnelIP(); m.address == (model.VTEPAddress{}) {
		b.incomplete = true
		out.Waiting = append(out.Waiting, fmt.Sprintf("device %s: no tunnel IP is known", deviceName(m.device)))
	}
	if place.Switch == "" {
		out.Waiting = append(out.Waiting, fmt.Sprintf("device %s: its switch is not known yet", deviceName(m.device)))
		return m, len(d.Interfaces) == 0
	}
	for i := range d.Interfaces {
		for _, vlan := range d.Interfaces[i].VLANIDs(c.SegmentationID) {
			m.bindings = append(m.bindings, vtep.Binding{
				Switch: place.Switch, Port: d.Interfaces[i].Name, VLAN: vlan, LogicalSwitch: b.net.ID,
			})
		}
	}
	return m, true
}

// tunnelIP is the switch's own word, else the registration's. Of several the
// lowest is taken.
func (m *member) tunnelIP() model.VTEPAddress {
	if m.seen != nil && len(m.seen.TunnelIPs) > 0 {
		return m.seen.TunnelIPs[0]
	}
	if len(m.device.TunnelIPs) > 0 {
		return m.device.TunnelIPs[0]
	}
	return model.VTEPAddress{}
}

// deviceName is how messages call a registered device.
func deviceName(gd *model.GatewayDevice) string { return cmp.Or(gd.Name, gd.ID) }

// segments builds the logical switch of the network as members and border
// members see it, and hands it to them.
func (b *builder) segments() {
	if b.net.VNI == 0 || len(b.members) == 0 {
		return
	}
	views := map[model.VNI]*vtep.Segment{}
	for i := range b.members {
		m := &b.members[i]
		key := m.border
		if key == b.net.VNI {
			key = 0
		}
		if views[key] == nil {
			views[key] = b.segment(key)
		}
		b.hand(m, views[key])
	}
}

func (b *builder) hand(m *member, seg *vtep.Segment) {
	s := b.view.shares[m.device.ID]
	if s == nil {
		s = &share{}
		b.view.shares[m.device.ID] = s
	}
	if !slices.ContainsFunc(s.segments, func(o *vtep.Segment) bool { return o.Name == seg.Name }) {
		s.segments = append(s.segments, seg)
	}
	for _, bind := range m.bindings {
		if !slices.Contains(s.bindings, bind) {
			s.bindings = append(s.bindings, bind)
		}
	}
}

// segment builds the network as seen by members that put key into locators
// towards other borders and far end points; key 0 is the network's own VNI.
func (b *builder) segment(key model.VNI) *vtep.Segment {
	seg := &vtep.Segment{
		Name: b.net.ID, Description: b.net.Name, TunnelKey: b.net.VNI, Incomplete: b.incomplete,
	}
	far := map[model.VTEPAddress]bool{}
	candidates := b.candidates()
	for _, c := range candidates {
		if c.Source == Static {
			far[c.Endpoint] = true
		}
	}
	for _, c := range winners(candidates) {
		l := vtep.Locator{Addr: c.Endpoint}
		if c.Source == Static {
			l.Key = key
		}
		seg.MACs = append(seg.MACs, vtep.MACEntry{MAC: c.MAC, Locator: l, Home: c.Database})
	}
	for a := range far {
		seg.Flood = append(seg.Flood, vtep.Endpoint{Locator: vtep.Locator{Addr: a, Key: key}})
	}
	for i := range b.members {
		m := &b.members[i]
		if m.address == (model.VTEPAddress{}) {
			continue
		}
		e := vtep.Endpoint{Locator: vtep.Locator{Addr: m.address}, Home: databaseID(m.device)}
		if m.border != 0 {
			e.Locator.Key = key
		}
		seg.Flood = append(seg.Flood, e)
	}
	slices.SortFunc(seg.Flood, func(x, y vtep.Endpoint) int {
		return cmp.Or(x.Locator.Compare(y.Locator), cmp.Compare(x.Home, y.Home))
	})
	seg.Flood = slices.Compact(seg.Flood)
	return seg
}

// candidates collects the static MACs of the members' devices whose VNI is the
// connection's: the one between sites for a border, else the network's.
func (b *builder) candidates() (out []Candidate) {
	for i := range b.members {
		m := &b.members[i]
		vni := cmp.Or(m.border, b.net.VNI)
		for _, e := range m.device.RemoteMACs {
			if e.SegmentationID == vni {
				out = append(out, Candidate{MAC: e.MAC, Source: Static, Endpoint: e.VTEPAddress})
			}
		}
	}
	return out
}
