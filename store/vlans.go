package store

import "bordergw/model"

// spot is where a VLAN is bound: a port of a switch. A switch that is not known
// is compared by the name that the gateway gives it.
type spot struct {
	device, sw, port string
	vlan             model.VLAN
}

func (p *places) spot(dev *model.Device, port string, vlan model.VLAN) spot {
	at, ok := p.Find(dev)
	if !ok {
		return spot{sw: dev.DeviceName, port: port, vlan: vlan}
	}
	return spot{device: at.Device.ID, sw: at.Switch, port: port, vlan: vlan}
}

// checkVLANs: a VLAN of a port belongs to one connection.
func (t *txn) checkVLANs(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	where := newPlaces(&t.next)
	// Most others are told apart by the name of the port alone.
	ports, ours := map[string]bool{}, map[spot]bool{}
	for i := range g.Devices {
		dev := &g.Devices[i]
		for _, p := range dev.Interfaces {
			ports[p.Name] = true
			for _, v := range p.VLANIDs(c.SegmentationID) {
				ours[where.spot(dev, p.Name, v)] = true
			}
		}
	}
	for _, o := range t.joins() {
		if o.ID == c.ID {
			continue
		}
		for i := range o.gateway.Devices {
			dev := &o.gateway.Devices[i]
			for _, p := range dev.Interfaces {
				if ports[p.Name] && where.anyOf(ours, dev, p.Name, p.VLANIDs(o.SegmentationID)) {
					return model.ErrDuplicateSegmentationID(p.Name, o.ID)
				}
			}
		}
	}
	return nil
}

func (p *places) anyOf(spots map[spot]bool, dev *model.Device, port string, vlans []model.VLAN) bool {
	for _, v := range vlans {
		if spots[p.spot(dev, port, v)] {
			return true
		}
	}
	return false
}
