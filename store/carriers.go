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

func carriersOf(d *model.Definitions, networkIDs []string) map[string]carriers {
	out := make(map[string]carriers, len(networkIDs))
	for _, id := range networkIDs {
		out[id] = carriers{devices: map[string]bool{}, unknown: map[string]bool{}, uses: map[use]string{}}
	}
	at := newPlaces(d)
	for c := range d.Connections.All() {
		into, ok := out[c.NetworkID]
		if !ok {
			continue
		}
		n, _ := d.Networks.Get(c.NetworkID)
		g, _ := d.Gateways.Get(c.L2GatewayID)
		for i := range g.Devices {
			dev := &g.Devices[i]
			switch p, ok := at.Find(dev); {
			case !ok:
				into.unknown[dev.DeviceName] = true
			case p.Device.Driven():
				into.devices[p.Device.ID] = true
				into.use(p, n.VNI, dev.BorderVNI(c.SegmentationID), c.StitchVLANs[p.Device.ID])
			}
		}
	}
	return out
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
