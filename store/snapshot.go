package store

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"bordergw/model"
)

// snapshot is what the store holds, with the index of it; both always say the same. A
// published one never changes. What refers to a record is a question to the snapshot, so
// that an index can answer it without a change to the rules.
type snapshot struct {
	model.Definitions
	index
	// audited is the number of the newest record of the audit, which has all changes up to here.
	audited uint64
}

func newSnapshot(d *model.Definitions) *snapshot {
	return &snapshot{Definitions: *d, index: newIndex(d)}
}

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
	return having(s, connections, claim{kind: ofGateway, a: gatewayID})
}

// connectionsTo are the connections of a network.
func (s *snapshot) connectionsTo(networkID string) iter.Seq[*model.L2GatewayConnection] {
	return having(s, connections, claim{kind: ofNetwork, a: networkID})
}

// gatewaysNaming are the gateways that name a device by a reference.
func (s *snapshot) gatewaysNaming(r reference) iter.Seq[*model.L2Gateway] {
	return having(s, gateways, claim{kind: namesDevice, a: string(r)})
}

// deviceFor is the device of a type that stands for a resource, nil for none.
func (s *snapshot) deviceFor(typ model.DeviceType, resourceID string) *model.GatewayDevice {
	return first(having(s, devices, claim{kind: standsForOf, a: string(typ), b: resourceID}))
}

// retiredLike are the deleted devices that had a switch with a name or a row of these.
func (s *snapshot) retiredLike(inv *model.Inventory) (out []*model.RetiredDevice) {
	for i := range inv.Switches {
		sw := &inv.Switches[i]
		out = slices.AppendSeq(out, having(s, retired, claim{kind: hadSwitch, a: sw.Name}))
		if sw.Fingerprint != "" {
			out = slices.AppendSeq(out, having(s, retired, claim{kind: hadRow, a: sw.Fingerprint}))
		}
	}
	slices.SortFunc(out, func(a, b *model.RetiredDevice) int { return a.Order().Compare(b.Order()) })
	return slices.Compact(out)
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
func (s *snapshot) quarantinedIn(r model.VNIRange) int {
	return s.between(releasedVNI, uint32(r.First), uint32(r.Last))
}

// vniOwner is the network that has the VNI, "" when none has, or none is asked
// for.
func (s *snapshot) vniOwner(v model.VNI) string {
	return first(s.who(claim{kind: hasNetworkVNI, n: uint32(v)})).ID
}

// isBorderVNI reports whether a gateway or a connection has the VNI.
func (s *snapshot) isBorderVNI(v model.VNI) bool {
	return s.anyone(claim{kind: hasGatewayVNI, n: uint32(v)}, claim{kind: hasGivenVNI, n: uint32(v)})
}

// usesVNI reports whether a network, a gateway or a connection has a VNI.
func (s *snapshot) usesVNI(v model.VNI) bool { return s.vniOwner(v) != "" || s.isBorderVNI(v) }

// isJoined reports whether a border connection of the network has that VNI.
func (s *snapshot) isJoined(networkID string, v model.VNI) bool {
	return s.anyone(claim{kind: isBorderOf, a: networkID, n: uint32(v)})
}

// joinedTo is the first connection that has a VNI between sites, nil for none.
func (s *snapshot) joinedTo(v model.VNI) *model.L2GatewayConnection {
	return first(having(s, connections, claim{kind: isBorder, n: uint32(v)}))
}

// ofOthers is the first connection with a claim that is not of a network.
func (s *snapshot) ofOthers(c claim, networkID string) *model.L2GatewayConnection {
	for o := range having(s, connections, c) {
		if o.NetworkID != networkID {
			return o
		}
	}
	return nil
}
