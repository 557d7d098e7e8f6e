package vtep

import (
	"maps"
	"slices"

	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// portPlace is where a port is found: its name is unique within a switch only.
type portPlace struct{ sw, port string }

// updatePort takes over what changed of a port. Most often that are its bindings, and
// then all that is known of the ports besides stays; or its faults, which no plan looks at.
func (s *State) updatePort(u ovsdb.RowUpdate) error {
	before, err := s.ports.apply(u, &s.weight)
	after := s.ports[u.UUID]
	if before == nil || after == nil || before.Name != after.Name {
		s.inventory, s.places = nil, nil
		s.dirty.addPorts()
		return err
	}
	if !slices.Equal(before.PortFaultStatus, after.PortFaultStatus) {
		s.inventory = nil
	}
	if !maps.Equal(before.VLANBindings, after.VLANBindings) {
		s.dirty.addPorts()
	}
	return err
}

// portOf finds a port by the names of its switch and its own.
func (s *State) portOf(sw, port string) (ovsdb.UUID, *hwvtep.PhysicalPort) {
	if s.places == nil {
		s.indexPorts()
	}
	id, ok := s.places[portPlace{sw, port}]
	if !ok {
		return ovsdb.UUID{}, nil
	}
	return id, s.ports[id]
}

// indexPorts notes where each port is. Of two of one name the one that the switch
// lists first counts, of two switches of one name that with the lower UUID.
func (s *State) indexPorts() {
	s.places = map[portPlace]ovsdb.UUID{}
	for _, sw := range sortedUUIDs(s.switches) {
		for _, ref := range s.switches[sw].Ports {
			id, err := ovsdb.ParseUUID(ref)
			if err != nil || s.ports[id] == nil {
				continue
			}
			if at := (portPlace{s.switches[sw].Name, s.ports[id].Name}); s.places[at] == (ovsdb.UUID{}) {
				s.places[at] = id
			}
		}
	}
}
