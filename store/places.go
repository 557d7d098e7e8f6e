package store

import (
	"slices"

	"bordergw/model"
)

// places finds the switches that gateways name, and the ports on them. They are those of
// one moment: it remembers what it found.
type places struct {
	*model.Places
	in *model.Definitions
}

func newPlaces(d *model.Definitions) *places { return &places{model.NewPlaces(d), d} }

// otherWay is the first other device that reaches the same database, nil for none.
func (p *places) otherWay(gd *model.GatewayDevice) *model.GatewayDevice {
	for _, o := range p.Registrations().Sharing(gd) {
		if o.ID != gd.ID {
			return o
		}
	}
	return nil
}

// namedBy is the first gateway that means this device, nil if none does. One that
// names a switch which another device reaches as well does not.
func (p *places) namedBy(gd *model.GatewayDevice) *model.L2Gateway {
	for g := range p.in.Gateways.All() {
		for i := range g.Devices {
			dev := &g.Devices[i]
			at, ok := p.Find(dev)
			if dev.DeviceID == gd.ID || ok && dev.DeviceID == "" && at.Device.ID == gd.ID && !p.heldElsewhere(at, gd) {
				return g
			}
		}
	}
	return nil
}

// heldElsewhere reports whether a switch is found without the device.
func (p *places) heldElsewhere(at model.Place, gd *model.GatewayDevice) bool {
	sharing := p.Registrations().Sharing(gd)
	return slices.ContainsFunc(p.Registrations().Holders(at.Switch), func(h model.Holder) bool {
		return h.Device.ID != gd.ID && !h.Switch.Missing && slices.Contains(sharing, h.Device)
	})
}
