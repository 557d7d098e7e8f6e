package store

import (
	"iter"
	"slices"

	"bordergw/model"
)

// location is a switch. One that is not known is identified by the name that
// the gateway gives it.
type location struct{ device, sw string }

func (p *places) location(dev *model.Device) location {
	at, ok := p.Find(dev)
	if !ok {
		return location{sw: dev.DeviceName}
	}
	return location{device: at.Device.ID, sw: at.Switch}
}

// checkVLANs: a VLAN of a port belongs to one connection.
func (p *places) checkVLANs(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	var clash *model.L2GatewayConnection
	for i := range g.Devices {
		dev := &g.Devices[i]
		for _, ref := range p.namesOf(dev) {
			for n := range dev.Interfaces {
				clash = earlier(clash, p.bindsToo(c, ref, &dev.Interfaces[n]))
			}
		}
	}
	if clash == nil {
		return nil
	}
	return model.ErrDuplicateSegmentationID(p.sharedPort(c, g, clash), clash.ID)
}

// namesOf are the references by which gateways name the switch that a device is.
func (p *places) namesOf(dev *model.Device) (out []reference) {
	at, ok := p.Find(dev)
	if !ok {
		return []reference{referenceOf(dev)}
	}
	is := p.location(dev)
	for _, ref := range p.references(at.Device) {
		if p.location(ref.device()) == is && p.in.anyone(claim{kind: namesDevice, a: string(ref)}) {
			out = append(out, ref)
		}
	}
	return out
}

// bindsToo is the first other connection that has a VLAN of a port where a connection has it, nil for none.
func (p *places) bindsToo(c *model.L2GatewayConnection, at reference, port *model.Interface) (found *model.L2GatewayConnection) {
	vlans := port.VLANIDs(c.SegmentationID)
	for o := range having(p.in, connections, claim{kind: bindsMany, a: string(at), b: port.Name}) {
		if o.ID != c.ID && p.hasAny(o, at, port.Name, vlans) {
			found = earlier(found, o)
			break // the others are later
		}
	}
	for o := range p.bindingFew(at, port.Name, vlans) {
		if o.ID != c.ID {
			found = earlier(found, o)
		}
	}
	return found
}

// hasAny reports whether a connection has one of these VLANs, which are sorted, on a port.
func (p *places) hasAny(c *model.L2GatewayConnection, at reference, port string, vlans []model.VLAN) bool {
	g, _ := p.in.Gateways.Get(c.L2GatewayID)
	for i := range g.Devices {
		for _, o := range g.Devices[i].Interfaces {
			if referenceOf(&g.Devices[i]) != at || o.Name != port {
				continue
			}
			if slices.ContainsFunc(o.VLANIDs(c.SegmentationID), func(v model.VLAN) bool { return isIn(vlans, v) }) {
				return true
			}
		}
	}
	return false
}

func isIn(sorted []model.VLAN, v model.VLAN) bool {
	_, is := slices.BinarySearch(sorted, v)
	return is
}

// bindingFew yields the connections that have few VLANs on a port, among them one of these, which are sorted.
func (p *places) bindingFew(at reference, port string, vlans []model.VLAN) iter.Seq[*model.L2GatewayConnection] {
	return func(yield func(*model.L2GatewayConnection) bool) {
		if len(vlans) == 0 {
			return
		}
		of := claim{kind: binds, a: string(at), b: port, n: uint32(vlans[0])}
		for e := range p.in.claims.From(entry{claim: of}) {
			of.n = e.n
			if e.claim != of || e.n > uint32(vlans[len(vlans)-1]) {
				return
			}
			if c, ok := p.in.Connections.Get(e.ID); ok && isIn(vlans, model.VLAN(e.n)) && !yield(c) {
				return
			}
		}
	}
}

// sharedPort is the first port of the other connection that has a VLAN of both.
func (p *places) sharedPort(c *model.L2GatewayConnection, g *model.L2Gateway, other *model.L2GatewayConnection) string {
	type bound struct {
		at   location
		port string
		vlan model.VLAN
	}
	ours := map[bound]bool{}
	for i := range g.Devices {
		for _, port := range g.Devices[i].Interfaces {
			for _, v := range port.VLANIDs(c.SegmentationID) {
				ours[bound{p.location(&g.Devices[i]), port.Name, v}] = true
			}
		}
	}
	o, _ := p.in.Gateways.Get(other.L2GatewayID)
	for i := range o.Devices {
		for _, port := range o.Devices[i].Interfaces {
			for _, v := range port.VLANIDs(other.SegmentationID) {
				if ours[bound{p.location(&o.Devices[i]), port.Name, v}] {
					return port.Name
				}
			}
		}
	}
	return ""
}
