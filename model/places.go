package model

// Places finds the switches that gateways name. It looks at the devices when it
// is first asked, since checks go through all connections and many gateways share
// few switches.
type Places struct {
	d             *Definitions
	registrations *Registrations
	known         map[reference]foundPlace
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

// Registrations are those of the definitions.
func (p *Places) Registrations() *Registrations {
	if p.registrations == nil {
		p.registrations = p.d.Registrations()
	}
	return p.registrations
}

// Find is Registrations.Resolve.
func (p *Places) Find(dev *Device) (Place, bool) {
	key := reference{dev.DeviceID, dev.DeviceName}
	at, ok := p.known[key]
	if !ok {
		at.Place, at.found = p.Registrations().Resolve(dev)
		p.known[key] = at
	}
	return at.Place, at.found
}

// Seen gives what was last seen of a place's switch, or nil.
func (p *Places) Seen(at Place) *SwitchInventory {
	if at.Device == nil || at.Switch == "" {
		return nil
	}
	return p.Registrations().Switch(at.Device, at.Switch)
}
