package model

// Places finds the switches that gateways name. It remembers its answers, since
// checks go through all connections and many gateways share few switches.
type Places struct {
	d     *Definitions
	known map[reference]foundPlace
}

// reference is how a gateway names a device.
type reference struct{ id, name string }

type foundPlace struct {
	Place
	found bool
}

// NewPlaces starts with no answers.
func NewPlaces(d *Definitions) *Places {
	return &Places{d: d, known: map[reference]foundPlace{}}
}

// Find is Definitions.Resolve.
func (p *Places) Find(dev *Device) (Place, bool) {
	key := reference{dev.DeviceID, dev.DeviceName}
	at, ok := p.known[key]
	if !ok {
		at.Place, at.found = p.d.Resolve(dev)
		p.known[key] = at
	}
	return at.Place, at.found
}
