package store

import (
	"maps"

	"bordergw/model"
)

// firstStitchVLAN is the lowest VLAN used on the cable of a stitched border
// device; 1 is left alone, as switches treat it as their default.
const firstStitchVLAN model.VLAN = 2

// stitch gives a connection a VLAN on the cable of each of its stitched border
// devices. What it has stays: VLANs never change while the connection lives.
func (t *txn) stitch(c *model.L2GatewayConnection, g *model.L2Gateway) {
	vlans := map[string]model.VLAN{}
	for i := range g.Devices {
		gd, ok := t.next.Devices.Get(g.Devices[i].DeviceID)
		if !ok || gd.BorderMode != model.BorderStitch || g.Devices[i].BorderVNI(c.SegmentationID) == 0 {
			continue
		}
		if v, ok := c.StitchVLANs[gd.ID]; ok {
			vlans[gd.ID] = v
		} else if v := t.freeStitchVLAN(gd.ID); v != 0 {
			vlans[gd.ID] = v
		}
	}
	if maps.Equal(vlans, c.StitchVLANs) {
		return
	}
	changed := *c
	changed.StitchVLANs = vlans
	connections.put(t, &changed)
}

// stitchGateway does so for all connections of a gateway.
func (t *txn) stitchGateway(g *model.L2Gateway) {
	for c := range t.next.Connections.All() {
		if c.L2GatewayID == g.ID {
			t.stitch(c, g)
		}
	}
}

// stitchDevice does so for all gateways that name a device.
func (t *txn) stitchDevice(id string) {
	for g := range t.next.Gateways.All() {
		for i := range g.Devices {
			if g.Devices[i].DeviceID == id {
				t.stitchGateway(g)
				break
			}
		}
	}
}

// freeStitchVLAN is the lowest VLAN that no connection has on the device's
// cable, and that none has given up lately, 0 when all are taken.
func (t *txn) freeStitchVLAN(device string) model.VLAN {
	t.expire()
	v, ok := t.numbers.cables[device].free(uint32(firstStitchVLAN))
	if !ok || v > uint32(model.MaxVLAN) {
		return 0
	}
	return model.VLAN(v)
}
