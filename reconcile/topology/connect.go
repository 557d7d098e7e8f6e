package topology

import (
	"cmp"
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// noSwitch is said of a database that was read and has nothing to be driven.
const NoSwitch = "the database has no Physical_Switch yet"

// connect finds the members that one connection makes. Either all of a
// connection is realised, as far as it is known, or nothing of it.
func (p *netPart) connect(in *compilation, c *model.L2GatewayConnection, v *groupView) {
	out := &Outcome{Connection: c}
	v.outcomes[c.ID] = out
	g, ok := in.Definitions.Gateways.Get(c.L2GatewayID)
	if !ok {
		out.Errors = append(out.Errors, fmt.Sprintf("gateway %s does not exist", c.L2GatewayID))
		return
	}
	var found []*member
	if g.HAMode == model.ActivePassive && g.ActiveDevice() == nil {
		out.Waiting = append(out.Waiting, fmt.Sprintf("no device of gateway %s is active yet", cmp.Or(g.Name, g.ID)))
	}
	for i := range g.Devices {
		d := &g.Devices[i]
		if g.HAMode == model.ActivePassive && g.Active != d.ID {
			p.passive(in, d, out, g.ActiveDevice() != nil)
			continue
		}
		if m := p.member(in, c, d, out); m != nil {
			found = append(found, m)
		}
	}
	if len(out.Errors) > 0 {
		return
	}
	for _, m := range found {
		m.outcomes = []*Outcome{out}
		m.claims = map[*Outcome][]vtep.Binding{out: m.bindings}
		p.join(m)
	}
}

// passive notes a standby device of an active-passive gateway. While none is active nobody knows
// yet which of them is to keep what stands.
func (p *netPart) passive(in *compilation, d *model.Device, out *Outcome, active bool) {
	name := cmp.Or(d.DeviceName, d.DeviceID)
	if place, ok := in.places().Find(d); ok {
		name = place.Device.DisplayName()
		if place.Device.Driven() && active {
			p.passives[place.Device.ID] = true
		}
	}
	out.Standby = append(out.Standby, name)
}

// join adds a member, or adds to the one that the same device has already: two
// gateways may name it.
func (p *netPart) join(m *member) {
	for _, o := range p.members {
		if o.device == m.device && o.sw == m.sw && o.border == m.border {
			o.bindings = append(o.bindings, m.bindings...)
			o.outcomes = append(o.outcomes, m.outcomes...)
			for out, bindings := range m.claims {
				o.claims[out] = slices.Concat(o.claims[out], bindings)
			}
			return
		}
	}
	p.members = append(p.members, m)
}

// member resolves one device of a connection's gateway; nil when nothing can be
// written for it.
func (p *netPart) member(in *compilation, c *model.L2GatewayConnection, d *model.Device, out *Outcome) *member {
	place, ok := in.places().Find(d)
	if !ok {
		p.incomplete = true
		out.Waiting = append(out.Waiting, fmt.Sprintf("switch %s is not known yet", cmp.Or(d.DeviceName, d.DeviceID)))
		return nil
	}
	gd := place.Device
	if !gd.Driven() {
		out.Unsupported = append(out.Unsupported, fmt.Sprintf("device %s is a %s", gd.DisplayName(), gd.Type))
		return nil
	}
	m := &member{
		device: gd, sw: place.Switch, seen: in.places().Seen(place), far: in.Definitions.RemoteMACs.Of(gd.ID),
		border: d.BorderVNI(c.SegmentationID), mode: cmp.Or(gd.BorderMode, model.BorderDirect), stitch: c.StitchVLANs[gd.ID],
		down: in.Down[gd.ID],
	}
	for _, o := range in.registrations().Sharing(gd) {
		m.ways = append(m.ways, DatabaseID(o))
	}
	if reason := m.unable(p.net); reason != "" {
		out.Errors = append(out.Errors, fmt.Sprintf("device %s: %s", gd.DisplayName(), reason))
		return nil
	}
	reason := p.locate(m)
	if m.sw == "" && (reason != "" || len(d.Interfaces) > 0) {
		p.incomplete = true
		reason = in.unknownSwitch(gd)
	}
	if reason != "" {
		out.waitForReading(gd, reason)
	}
	if m.sw == "" && len(d.Interfaces) > 0 {
		return nil
	}
	for i := range d.Interfaces {
		for _, vlan := range d.Interfaces[i].VLANIDs(c.SegmentationID) {
			m.bindings = append(m.bindings, vtep.Binding{
				Switch: m.sw, Port: d.Interfaces[i].Name, VLAN: vlan, LogicalSwitch: p.net.ID,
			})
		}
	}
	return m
}

// unknownSwitch says why it is not known which Physical_Switch a device stands for.
func (in *compilation) unknownSwitch(gd *model.GatewayDevice) string {
	read := slices.ContainsFunc(in.registrations().Sharing(gd), func(o *model.GatewayDevice) bool {
		_, ok := in.Definitions.Inventories.Get(o.ID)
		return ok
	})
	if read && len(in.registrations().Switches(gd)) == 0 {
		return NoSwitch
	}
	return "its switch is not known yet"
}

// waitForReading notes what the device's database does not say. While it can not be
// read, that is the cause to name.
func (o *Outcome) waitForReading(gd *model.GatewayDevice, reason string) {
	text := fmt.Sprintf("device %s: %s", gd.DisplayName(), reason)
	o.Waiting = append(o.Waiting, text)
	if o.ReadFrom == nil {
		o.ReadFrom = map[string]*model.GatewayDevice{}
	}
	o.ReadFrom[text] = gd
}

// unable says why the device can not be a border as it is asked to, "" if it
// can.
func (m *member) unable(net *model.Network) string {
	switch {
	case m.border == 0:
		return ""
	case m.mode == model.BorderStitch && m.border == net.VNI:
		return fmt.Sprintf("border mode stitch needs a VNI between sites that differs from the network's VNI %s", net.VNI)
	case m.mode == model.BorderStitch && (len(m.device.StitchPorts) != 2 || m.stitch == 0):
		return "border mode stitch needs two stitch ports and a free VLAN on them"
	case m.mode == model.BorderRelay && !canRelay(m.device):
		return fmt.Sprintf("border mode relay needs a device that passes frames from tunnel to tunnel, and profile %s does not; use stitch", profileOf(m.device).Name)
	case m.mode != model.BorderStitch && m.border != net.VNI && !profileOf(m.device).KeyedLocators:
		return fmt.Sprintf("VNI %s between sites differs from the network's VNI %s and profile %s has no keyed locators",
			m.border, net.VNI, profileOf(m.device).Name)
	}
	return ""
}

func canRelay(gd *model.GatewayDevice) bool {
	p := profileOf(gd)
	return p.Relays()
}

// RelayNote says what a border that relays must do itself, "" for any other device.
func RelayNote(gd *model.GatewayDevice) string {
	if gd.BorderMode != model.BorderRelay {
		return ""
	}
	return "border mode relay: the device itself must never send a frame back to the side that it came from, its site or the other sites (split horizon); else frames go round"
}

// locate finds where others send frames for a member, and tells what its switch
// does not say of that, "" if nothing is left open.
func (p *netPart) locate(m *member) string {
	if m.addresses = p.addressesOf(m); len(m.addresses) == 0 {
		p.incomplete = true
		return "no tunnel IP is known"
	}
	return m.outdated()
}

// addressesOf is where others send frames for a member: what the switch asked
// for, else its lowest tunnel address, else the registration's, else the lowest
// that the switch showed last.
func (p *netPart) addressesOf(m *member) []model.VTEPAddress {
	if p.learned != nil && m.border == 0 {
		for _, way := range m.ways {
			if asked := p.learned.Flood[way]; len(asked) > 0 {
				return asked
			}
		}
	}
	var seen []model.VTEPAddress
	if m.seen != nil {
		seen = m.seen.TunnelIPs
	}
	if len(m.device.TunnelIPs) > 0 && (len(seen) == 0 || m.seen.NoTunnelIP) {
		seen = m.device.TunnelIPs
	}
	return seen[:min(1, len(seen))]
}

// outdated says what of a member's switch is only remembered, "" if nothing is.
func (m *member) outdated() string {
	switch {
	case m.seen == nil:
		return ""
	case m.seen.Missing:
		return fmt.Sprintf("switch %s has gone from its database", m.sw)
	case m.seen.NoTunnelIP && len(m.device.TunnelIPs) == 0:
		return fmt.Sprintf("switch %s shows no tunnel IP any more; its last one is used", m.sw)
	}
	return ""
}

// refuseUnrealisable finds one member that can not take its part as things
// stand, refuses its connections, and reports whether there was one.
func (g *group) refuseUnrealisable() bool {
	for _, p := range g.nets {
		for _, d := range p.domains {
			for _, m := range d.members {
				reason, limited := g.unrealisable(m), false
				if reason == "" {
					reason, limited = g.beyondProfile(m), true
				}
				if reason != "" {
					g.refuse(m, fmt.Sprintf("device %s: %s", m.device.DisplayName(), reason), limited)
					return true
				}
			}
		}
	}
	return false
}

// clash says why a member can not stand beside one of the same domain that came
// before it, "" if it can: frames would go round, or arrive twice.
func (m *member) clash() string {
	net := m.domain.part.net.ID
	for _, set := range m.domain.endpoints {
		if m.relaysAnyway() && set.Site != "" && set.Site != m.device.Site {
			return fmt.Sprintf("in network %s it reaches the end points of site %s directly, and with border mode relay it would add copies", net, set.Site)
		}
	}
	for _, o := range m.domain.members {
		switch {
		case o == m:
			return ""
		case o.device.Site != m.device.Site && (m.relaysAnyway() || o.relaysAnyway()):
			return fmt.Sprintf("in network %s sites reach each other directly, and a device with border mode relay would add copies", net)
		case m.border == 0 || o.border == 0 || o.border == m.border:
		case o.device == m.device:
			return fmt.Sprintf("it joins network %s by VNI %s already", net, o.border)
		case m.relays() && o.relays() && (m.domain.bound(m.device) || m.domain.bound(o.device)):
			return fmt.Sprintf("borders for VNIs %s and %s in one site can have no ports in network %s", o.border, m.border, net)
		}
	}
	return ""
}

// relaysAnyway: a device that can relay does so in every logical switch, be it
// the border of that network or not.
func (m *member) relaysAnyway() bool { return m.border == 0 && m.mode == model.BorderRelay }

// bound reports whether a device has ports in the domain.
func (d *domain) bound(gd *model.GatewayDevice) bool {
	return slices.ContainsFunc(d.members, func(m *member) bool { return m.device == gd && len(m.bindings) > 0 })
}

// unrealisable checks what only the whole group shows.
func (g *group) unrealisable(m *member) string {
	if reason := m.clash(); reason != "" {
		return reason
	}
	if m.border != 0 && m.mode == model.BorderDirect && !profileOf(m.device).KeyedLocators {
		for _, p := range g.nets {
			if p != m.domain.part && slices.ContainsFunc(p.members, func(o *member) bool { return o.border == m.border }) {
				return fmt.Sprintf("border mode direct can not join network %s, which has another VNI; use stitch or relay", p.net.ID)
			}
		}
	}
	return ""
}

// beyondProfile says which limit of its profile a member would go beyond, "" for none.
func (g *group) beyondProfile(m *member) string {
	profile := effectiveProfile(m)
	if most := maxFlood(profile); most > 0 {
		if n := g.floodLength(m.domain.faces[m.device]); n > most {
			return fmt.Sprintf("profile %s floods to %d end points and network %s needs %d", profile.Name, most, m.domain.part.net.ID, n)
		}
	}
	return ""
}

// maxFlood is how many members a flood list of the profile may have: without
// replication by the switch itself, and with nobody to replicate for it, one.
func maxFlood(p model.Profile) int {
	if p.Replication != model.SourceNode {
		return 1
	}
	return p.MaxFlood
}

// effectiveProfile is the device's profile, corrected by what the switch says.
func effectiveProfile(m *member) model.Profile {
	p := profileOf(m.device)
	if m.seen != nil && cannotReplicate(m.seen) {
		p.Replication = model.ServiceNode
	}
	return p
}

// report tells each connection what stands for it, and of what it is a standby.
func (p *netPart) report() {
	for _, m := range p.members {
		for _, o := range m.outcomes {
			if m.relays() && !m.forwards() {
				o.Standby = append(o.Standby, m.device.DisplayName())
				if len(m.bindings) == 0 {
					continue
				}
			}
			part := Part{Device: m.device, LogicalSwitches: []string{p.net.ID}, Bindings: m.claims[o]}
			if m.forwards() && m.mode == model.BorderStitch {
				part.LogicalSwitches = append(part.LogicalSwitches, p.net.ID+vtep.BorderSuffix)
				part.Bindings = slices.Concat(part.Bindings, m.cable())
			}
			part.Bindings = slices.SortedFunc(slices.Values(part.Bindings), vtep.Binding.Compare)
			o.Parts = append(o.Parts, part)
		}
	}
}

// cable binds one VLAN of each stitch port to either side.
func (m *member) cable() []vtep.Binding {
	if m.sw == "" {
		return nil
	}
	id := m.domain.part.net.ID
	return []vtep.Binding{
		{Switch: m.sw, Port: m.device.StitchPorts[0], VLAN: m.stitch, LogicalSwitch: id},
		{Switch: m.sw, Port: m.device.StitchPorts[1], VLAN: m.stitch, LogicalSwitch: id + vtep.BorderSuffix},
	}
}
