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

// vlanSet holds VLANs, a bit each: a gateway may have a hundred thousand.
type vlanSet []uint64

func (s *vlanSet) add(v model.VLAN) {
	for int(v/64) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[v/64] |= 1 << (v % 64)
}

func (s vlanSet) hasAny(vlans []model.VLAN) bool {
	for _, v := range vlans {
		if int(v/64) < len(s) && s[v/64]&(1<<(v%64)) != 0 {
			return true
		}
	}
	return false
}

// vlansOf are the VLANs that a connection has on each port of its switches.
func (p *places) vlansOf(g *model.L2Gateway, id model.SegmentationID) map[location]map[string]vlanSet {
	out := map[location]map[string]vlanSet{}
	for i := range g.Devices {
		at := p.location(&g.Devices[i])
		if out[at] == nil {
			out[at] = map[string]vlanSet{}
		}
		for _, port := range g.Devices[i].Interfaces {
			set := out[at][port.Name]
			for _, v := range port.VLANIDs(id) {
				set.add(v)
			}
			out[at][port.Name] = set
		}
	}
	return out
}

// checkVLANs: a VLAN of a port belongs to one connection. Others are looked at only as
// far as they have ports on the same switches: the size of one gateway is not to cost
// the others anything.
func (p *places) checkVLANs(c *model.L2GatewayConnection, g *model.L2Gateway, all []attachment) error {
	ours := p.vlansOf(g, c.SegmentationID)
	for _, o := range all {
		if o.ID == c.ID {
			continue
		}
		for n := range o.gateway.Devices {
			dev := &o.gateway.Devices[n]
			ports := ours[p.location(dev)]
			if len(ports) == 0 {
				continue
			}
			for _, i := range dev.Interfaces {
				if ports[i.Name].hasAny(i.VLANIDs(o.SegmentationID)) {
					return model.ErrDuplicateSegmentationID(i.Name, o.ID)
				}
			}
		}
	}
	return nil
}
