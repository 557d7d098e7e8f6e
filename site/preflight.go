package site

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"bordergw/model"
)

// Seen is what is known of the switches beside the definitions.
type Seen interface {
	// DeviceStatus is the state of a device's session.
	DeviceStatus(id string) model.DeviceStatus
	// Preview tells what would be written to switches if the definitions were next instead of now. It fails
	// before that can be said.
	Preview(now, next *model.Definitions) (model.Preview, error)
}

// Check says what the plan would have written to switches, and adds the findings on these and on the
// connections that it creates or replaces; next are the definitions now with the plan carried out.
func (p *Plan) Check(now, next *model.Definitions, seen Seen, allow []string) error {
	c := &checker{Plan: p, now: now, next: next, where: model.NewPlaces(next), seen: seen, checked: map[string]bool{}, freshOf: map[string][]freshPorts{}}
	if p.Changed() > 0 {
		preview, err := seen.Preview(now, next)
		if err != nil {
			return err
		}
		c.connections()
		c.switches(preview)
	}
	p.sort()
	p.refuseErrors(allow)
	return nil
}

// checker finds what people should know of a plan.
type checker struct {
	*Plan
	now, next *model.Definitions
	where     *model.Places
	seen      Seen
	// checked has the switches and gateways, by kind and id, that were looked at, and the findings, by code and
	// text.
	checked map[string]bool
	// freshOf has the ports that gateways, by id, did not have.
	freshOf map[string][]freshPorts
	// ahead has the ports that may be named before they are there; nil until somebody asks.
	ahead map[aheadPort]bool
}

// once reports whether something is looked at for the first time.
func (c *checker) once(kind, id string) bool {
	key := kind + "/" + id
	was := c.checked[key]
	c.checked[key] = true
	return !was
}

// connections looks at those that the plan creates or replaces, and at those of gateways that get other
// devices: of these at what they have not had.
func (c *checker) connections() {
	for conn := range c.next.Connections.All() {
		is, whole := c.touches(conn)
		if !is {
			continue
		}
		g, _ := c.next.Gateways.Get(conn.L2GatewayID)
		if c.once(kindGateway, g.ID) {
			c.gateway(g, conn)
		}
		if !whole {
			for _, fresh := range c.fresh(g) {
				c.part(fresh.device, fresh.ports)
			}
			continue
		}
		for i := range g.Devices {
			c.part(&g.Devices[i], g.Devices[i].Interfaces)
		}
		if c.now.Connections.Len() == 0 && c.once("MTU", "") {
			c.find("W07", "site "+c.Site, "the first connection: the network between the switches has to carry frames that are 50 bytes longer than those of the hosts (MTU 1,550 for 1,500)")
		}
	}
}

// freshPorts are ports of a device that its gateway does not have now; none where the device itself is new and
// has no ports.
type freshPorts struct {
	device *model.Device
	ports  []model.Interface
}

// fresh are the new devices and ports of a gateway. It looks for them once.
func (c *checker) fresh(g *model.L2Gateway) []freshPorts {
	if out, known := c.freshOf[g.ID]; known {
		return out
	}
	type port struct{ id, name, port string }
	had := map[port]bool{} // with port "" for a device
	if was, is := c.now.Gateways.Get(g.ID); is {
		for i := range was.Devices {
			d := &was.Devices[i]
			had[port{d.DeviceID, d.DeviceName, ""}] = true
			for n := range d.Interfaces {
				had[port{d.DeviceID, d.DeviceName, d.Interfaces[n].Name}] = true
			}
		}
	}
	var out []freshPorts
	for i := range g.Devices {
		d := &g.Devices[i]
		fresh := freshPorts{device: d}
		for _, p := range d.Interfaces {
			if !had[port{d.DeviceID, d.DeviceName, p.Name}] {
				fresh.ports = append(fresh.ports, p)
			}
		}
		if len(fresh.ports) > 0 || !had[port{d.DeviceID, d.DeviceName, ""}] {
			out = append(out, fresh)
		}
	}
	c.freshOf[g.ID] = out
	return out
}

// part looks at one switch that a connection needs, and at some of its ports.
func (c *checker) part(dev *model.Device, ports []model.Interface) {
	at, known := c.where.Find(dev)
	if !known {
		if c.once("unregistered", dev.DeviceName) {
			c.find("W03", "switch "+dev.DeviceName, "no registered device shows this switch yet: it is written when one does")
		}
		return
	}
	name := placeName(at)
	if c.once(kindSwitch, at.Device.ID) {
		c.device(at, name)
	}
	sw := c.where.Seen(at)
	for n := range ports {
		c.port(sw, name, &ports[n])
	}
}

func placeName(at model.Place) string {
	return displayName(cmp.Or(at.Switch, at.Device.Name), at.Device.ID)
}

// port looks at a port of a switch, as far as that was ever read.
func (c *checker) port(sw *model.SwitchInventory, name string, want *model.Interface) {
	if sw == nil {
		return
	}
	if sw.Lacks(want.Name) && !want.ProvisionAhead {
		c.findOnce("E01", "switch "+name, "port "+want.Name+" of switch "+name+" not found")
		return
	}
	if has, is := sw.Port(want.Name); is && len(has.Faults) > 0 {
		c.findOnce("W04", "switch "+name, fmt.Sprintf("port %s reports: %s", want.Name, model.Shown(has.Faults[0])))
	}
}

// device looks at a switch once, whatever number of connections need it.
func (c *checker) device(at model.Place, name string) {
	if !at.Device.Driven() {
		return
	}
	sw := c.where.Seen(at)
	switch {
	case sw == nil:
		c.find("W03", "switch "+name, "it was never read: what it holds is not known")
		return
	case c.seen.DeviceStatus(at.Device.ID).Phase == model.DeviceUnreachable:
		c.find("W03", "switch "+name, "it is unreachable: it is written when it is back")
	}
	if len(sw.TunnelIPs) == 0 && len(at.Device.TunnelIPs) == 0 {
		c.find("W02", "switch "+name, "no tunnel IP is known: other switches can not reach it")
	}
}

// gateway looks at the devices of a gateway, which may be one switch, or lead to one another outside.
func (c *checker) gateway(g *model.L2Gateway, conn *model.L2GatewayConnection) {
	object := "gateway " + displayName(g.Name, g.ID)
	vlansOf := map[string][]model.VLAN{} // by switch
	names := map[model.Place]string{}
	var order []string
	for i := range g.Devices {
		dev := &g.Devices[i]
		called := cmp.Or(dev.DeviceName, dev.DeviceID)
		at, known := c.where.Find(dev)
		if known {
			called = placeName(at)
			at.Device = c.where.Registrations().First(at.Device)
			if other, twice := names[at]; twice && len(dev.Interfaces) > 0 {
				c.find("E07", object, "%s and %s are one switch", other, called)
			}
			names[at] = called
		}
		for n := range dev.Interfaces {
			vlansOf[called] = append(vlansOf[called], dev.Interfaces[n].VLANIDs(conn.SegmentationID)...)
		}
		order = append(order, called)
	}
	if g.HAMode != model.ActivePassive {
		c.sharedVLAN(object, order, vlansOf)
	}
}

// sharedVLAN warns of two switches that forward frames of one VLAN at the same time.
func (c *checker) sharedVLAN(object string, switches []string, vlansOf map[string][]model.VLAN) {
	first := map[model.VLAN]string{}
	for _, name := range switches {
		for _, vlan := range vlansOf[name] {
			if other, shared := first[vlan]; shared && other != name {
				c.find("W01", object, "switches %s and %s both bind VLAN %s: where that is one network behind them, frames go round (ha: active-passive prevents it)", other, name, vlan)
				return
			}
			first[vlan] = name
		}
	}
}

// obstacleCodes are the findings on what keeps a part of the definitions off a switch.
var obstacleCodes = map[model.ObstacleKind]string{
	model.NoPort: "E01", model.TakenVLAN: "E02", model.TakenVNI: "E03", model.TakenName: "E04", model.SwitchLack: "E05",
}

// switches keeps what would be written, and finds what can not be.
func (c *checker) switches(preview model.Preview) {
	c.Switches = preview.Switches
	for i := range c.Switches {
		sw := &c.Switches[i]
		for _, o := range sw.Obstacles {
			if o.Kind == model.NoPort && c.aheadPorts()[aheadPort{sw.DeviceID, o.Switch, o.Port}] {
				continue
			}
			c.findObstacle(obstacleCodes[o.Kind], "switch "+sw.Name, o.Text)
		}
		if !sw.Known && sw.Status != model.SwitchIsNew && c.once(kindSwitch, sw.DeviceID) {
			c.find("W03", "switch "+sw.Name, "it is %s: it is written when it has been read", sw.Status)
		}
	}
	c.removed()
	for _, refused := range preview.Refused {
		c.find(cmp.Or(obstacleCodes[refused.Kind], "E06"), kindConnection+" "+model.RefConnection(c.next, refused.Connection).Name, "%s", model.Listed(refused.Texts))
	}
}

// removed finds the networks that are deleted and stand on switches now: whoever has adopted them may think
// that their rows stay.
func (c *checker) removed() {
	on := map[string][]string{}
	for i := range c.Switches {
		sw := &c.Switches[i]
		for _, id := range sw.Removed {
			if !slices.Contains(on[id], sw.Name) {
				on[id] = append(on[id], sw.Name)
			}
		}
	}
	for id, switches := range on {
		n, was := c.now.Networks.Get(id)
		if _, stays := c.next.Networks.Get(id); was && !stays {
			c.find("W10", kindNetwork+" "+displayName(n.Name, n.ID), "its logical switch goes from %s with all its rows: if it was adopted, also with those that stood there before", model.NamesOf(switches))
		}
	}
}

// findObstacle adds a finding, unless the same was found of the switch by another of its names.
func (c *checker) findObstacle(code, object, message string) {
	if c.once(code, message) {
		c.find(code, object, "%s", message)
	}
}

// findOnce adds a finding that several connections may cause.
func (c *checker) findOnce(code, object, message string) {
	if c.once(code+object, message) {
		c.once(code, message) // as an obstacle
		c.find(code, object, "%s", message)
	}
}

// aheadPort is a port of a switch that is reached by a registered device, the first of those that reach it.
type aheadPort struct{ device, sw, port string }

// aheadPorts are the ports that gateways name although they need not be there yet.
func (c *checker) aheadPorts() map[aheadPort]bool {
	if c.ahead != nil {
		return c.ahead
	}
	c.ahead = map[aheadPort]bool{}
	for g := range c.next.Gateways.All() {
		for i := range g.Devices {
			at, known := c.where.Find(&g.Devices[i])
			if !known {
				continue
			}
			for _, p := range g.Devices[i].Interfaces {
				if p.ProvisionAhead {
					c.ahead[aheadPort{c.where.Registrations().First(at.Device).ID, at.Switch, p.Name}] = true
				}
			}
		}
	}
	return c.ahead
}

// RefusedByRule is the finding that a rule of the store refuses the changes.
const RefusedByRule = "E00"

// Blocked adds the refusal of a rule as a finding.
func (p *Plan) Blocked(err error) {
	p.find(RefusedByRule, "site "+p.Site, "%s", err)
	p.refuseErrors(nil)
}

// codes are those of findings for what a rule refuses, by the type of its refusal.
var codes = map[string]string{
	"L2GatewayDuplicateSegmentationID": "E02",
	"VNIInUse":                         "E03", "VNIQuarantined": "E03", "L2GatewaySegmentationIDInUse": "E03",
}

// Barred adds the refusal of a rule as a finding that nothing allows: something else has meanwhile
// what a rollback needs.
func (p *Plan) Barred(err error) {
	code := RefusedByRule
	if refusal := (*model.Error)(nil); errors.As(err, &refusal) {
		code = cmp.Or(codes[refusal.Type], code)
	}
	p.find(code, p.file, "%s", err)
	p.refuse(RuleRefused, code+" "+p.file+": "+err.Error())
}

// refuseErrors refuses a plan for its errors, but for those that are allowed.
func (p *Plan) refuseErrors(allow []string) {
	for _, f := range p.Findings {
		if f.Severity == "error" && !slices.Contains(allow, f.Code) {
			p.refuse(Preflight, f.Code+" "+f.Object+": "+f.Message)
		}
	}
}
