package store

import (
	"cmp"

	"bordergw/model"
)

// carriers are the devices that a network's connections reach.
type carriers struct {
	devices map[string]bool
	// unknown are the switch names that were not found anywhere.
	unknown map[string]bool
	// uses are the numbers that the network has there, with the switches' names.
	uses map[use]string
}

// use is a number of a network on a device.
type use struct {
	model.WireID
	device string
}

// carriersOf finds those of a network.
func (p *places) carriersOf(networkID string) carriers {
	into := carriers{devices: map[string]bool{}, unknown: map[string]bool{}, uses: map[use]string{}}
	n, _ := p.in.Networks.Get(networkID)
	for c := range p.in.connectionsTo(networkID) {
		g, _ := p.in.Gateways.Get(c.L2GatewayID)
		for i := range g.Devices {
			dev := &g.Devices[i]
			switch at, ok := p.Find(dev); {
			case !ok:
				into.unknown[dev.DeviceName] = true
			case at.Device.Driven():
				into.devices[at.Device.ID] = true
				into.use(at, n.VNI, dev.BorderVNI(c.SegmentationID), c.StitchVLANs[at.Device.ID])
			}
		}
	}
	return into
}

// use notes the numbers that a connection uses at a place; 0 is none.
func (c *carriers) use(p model.Place, own, border model.VNI, stitch model.VLAN) {
	name := cmp.Or(p.Switch, p.Device.Name, p.Device.ID)
	for _, w := range []model.WireID{{VNI: own}, {VNI: border}, {StitchVLAN: stitch}} {
		if w != (model.WireID{}) {
			c.uses[use{w, p.Device.ID}] = name
		}
	}
}
