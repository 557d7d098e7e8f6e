package store

import (
	"cmp"
	"fmt"
	"iter"

	"bordergw/model"
)

// snapshot is what the store holds, with the index of it; both always say the same. A
// published one never changes. What refers to a record is a question to the snapshot, so
// that an index can answer it without a change to the rules.
type snapshot struct {
	model.Definitions
	index
}

func newSnapshot(d *model.Definitions) *snapshot { return &snapshot{*d, newIndex(d)} }

func (s *snapshot) network(id string) (*model.Network, error) {
	n, ok := s.Networks.Get(id)
	if !ok {
		return nil, model.ErrNetworkNotFound(id)
	}
	return n, nil
}

func (s *snapshot) device(id string) (*model.GatewayDevice, error) {
	gd, ok := s.Devices.Get(id)
	if !ok {
		return nil, model.ErrGatewayDeviceNotFound(id)
	}
	return gd, nil
}

func (s *snapshot) gateway(id string) (*model.L2Gateway, error) {
	g, ok := s.Gateways.Get(id)
	if !ok {
		return nil, model.ErrL2GatewayNotFound(id)
	}
	return g, nil
}

// connectionsOf are the connections of a gateway.
func (s *snapshot) connectionsOf(gatewayID string) iter.Seq[*model.L2GatewayConnection] {
	return connectionsWhere(s, func(c *model.L2GatewayConnection) bool { return c.L2GatewayID == gatewayID })
}

// connectionsTo are the connections of a network.
func (s *snapshot) connectionsTo(networkID string) iter.Seq[*model.L2GatewayConnection] {
	return connectionsWhere(s, func(c *model.L2GatewayConnection) bool { return c.NetworkID == networkID })
}

func connectionsWhere(s *snapshot, is func(*model.L2GatewayConnection) bool) iter.Seq[*model.L2GatewayConnection] {
	table := s.Connections // as it is now: who asks may change it
	return func(yield func(*model.L2GatewayConnection) bool) {
		for c := range table.All() {
			if is(c) && !yield(c) {
				return
			}
		}
	}
}

// gatewaysNaming are the gateways that name a device by its id.
func (s *snapshot) gatewaysNaming(deviceID string) iter.Seq[*model.L2Gateway] {
	table := s.Gateways
	return func(yield func(*model.L2Gateway) bool) {
		for g := range table.All() {
			if namesDevice(g, deviceID) && !yield(g) {
				return
			}
		}
	}
}

func namesDevice(g *model.L2Gateway, deviceID string) bool {
	for i := range g.Devices {
		if g.Devices[i].DeviceID == deviceID {
			return true
		}
	}
	return false
}

// deviceFor is the device of a type that stands for a resource, nil for none.
func (s *snapshot) deviceFor(typ model.DeviceType, resourceID string) *model.GatewayDevice {
	for gd := range s.Devices.All() {
		if gd.Type == typ && gd.ResourceID == resourceID {
			return gd
		}
	}
	return nil
}

// called is a network in an error.
func (s *snapshot) called(networkID string) fmt.Stringer {
	n, _ := s.Networks.Get(networkID)
	return n.Called()
}

// projectOf is the project of a gateway device, "" for one that does not exist.
func (s *snapshot) projectOf(device string) string {
	if gd, ok := s.Devices.Get(device); ok {
		return gd.ProjectID
	}
	return ""
}

// mayHold reports whether something of ours can stand on a device: what was never
// read was never written.
func (s *snapshot) mayHold(device string) bool {
	_, read := s.Inventories.Get(device)
	_, deleted := s.Retired.Get(device)
	return read || deleted
}

// everyDevice lists the devices that a name that is not known may stand for, with
// their names.
func (s *snapshot) everyDevice(visit func(id, name string)) {
	for r := range s.Retired.All() {
		visit(r.ID, cmp.Or(r.Name, r.ID))
	}
	for gd := range s.Devices.All() {
		if gd.Driven() {
			visit(gd.ID, cmp.Or(gd.Name, gd.ID))
		}
	}
}

// quarantinedIn counts the VNIs of a range that are in quarantine.
func (s *snapshot) quarantinedIn(r model.VNIRange) (n int) {
	for rel := range s.Released.All() {
		if rel.VNI >= r.First && rel.VNI <= r.Last {
			n++
		}
	}
	return n
}

// nameOf gives a record of a kind and its name; nil for one of another kind.
func nameOf(d *model.Definitions, kind string, u user) (*model.Record, string) {
	switch {
	case u.table == networks.bucket && kind == "network":
		n, _ := d.Networks.Get(u.id)
		return &n.Record, n.Name
	case u.table == devices.bucket && kind == "gateway_device":
		gd, _ := d.Devices.Get(u.id)
		return &gd.Record, gd.Name
	case u.table == gateways.bucket && kind == "l2_gateway":
		g, _ := d.Gateways.Get(u.id)
		return &g.Record, g.Name
	}
	return nil, ""
}
