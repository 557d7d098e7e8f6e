package store

import "bordergw/model"

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
	for _, v := range port.VLANIDs(c.SegmentationID) {
		for o := range having(p.in, connections, claim{kind: binds, a: string(at), b: port.Name, n: uint32(v)}) {
			if o.ID != c.ID {
				found = earlier(found, o)
				break // the others are later
			}
		}
	}
	return found
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
