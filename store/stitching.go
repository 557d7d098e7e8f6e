package store

import (
	"maps"

	"bordergw/model"
)

// firstStitchVLAN is the lowest VLAN used on the cable of a stitched border
// device; 1 is left alone, as switches treat it as their default.
const firstStitchVLAN model.VLAN = 2

// stitching gives connections their VLANs on the cables of stitched border devices: on
// one cable each has its own, which it keeps while it lives.
type stitching struct {
	tx         *txn
	quarantine *quarantine
}

// connection gives a connection a VLAN on the cable of each of its stitched border
// devices. What it has stays: VLANs never change while the connection lives.
func (s *stitching) connection(c *model.L2GatewayConnection, g *model.L2Gateway) {
	vlans := map[string]model.VLAN{}
	for i := range g.Devices {
		gd, ok := s.tx.next.Devices.Get(g.Devices[i].DeviceID)
		if !ok || gd.BorderMode != model.BorderStitch || g.Devices[i].BorderVNI(c.SegmentationID) == 0 {
			continue
		}
		if v, ok := c.StitchVLANs[gd.ID]; ok {
			vlans[gd.ID] = v
		} else if v := s.free(gd.ID); v != 0 {
			vlans[gd.ID] = v
		}
	}
	if maps.Equal(vlans, c.StitchVLANs) {
		return
	}
	changed := *c
	changed.StitchVLANs = vlans
	connections.put(s.tx, &changed)
}

// gateway does so for all connections of a gateway.
func (s *stitching) gateway(g *model.L2Gateway) {
	for c := range s.tx.next.connectionsOf(g.ID) {
		s.connection(c, g)
	}
}

// device does so for all gateways that name a device.
func (s *stitching) device(id string) {
	for g := range s.tx.next.gatewaysNaming(reference(byID + id)) {
		s.gateway(g)
	}
}

// free is the lowest VLAN that no connection has on the device's
// cable, and that none has given up lately, 0 when all are taken.
func (s *stitching) free(device string) model.VLAN {
	s.quarantine.expire()
	v, ok := s.tx.next.numbers.free(device, uint32(firstStitchVLAN))
	if !ok || v > uint32(model.MaxVLAN) {
		return 0
	}
	return model.VLAN(v)
}
