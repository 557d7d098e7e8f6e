package store

import "bordergw/model"

// places finds the switches that gateways name. It remembers its answers, since
// checks go through all connections and many gateways share few switches.
type places struct {
	d     *model.Definitions
	known map[reference]place
}

// reference is how a gateway names a device.
type reference struct{ id, name string }

type place struct {
	model.Place
	found bool
}

func newPlaces(d *model.Definitions) *places {
	return &places{d: d, known: map[reference]place{}}
}

// find is model.Definitions.Resolve.
func (p *places) find(dev *model.Device) (model.Place, bool) {
	key := reference{dev.DeviceID, dev.DeviceName}
	at, ok := p.known[key]
	if !ok {
		at.Place, at.found = p.d.Resolve(dev)
		p.known[key] = at
	}
	return at.Place, at.found
}
