package store

import (
	"slices"

	"bordergw/model"
)

// attachment is a connection with its gateway.
type attachment struct {
	*model.L2GatewayConnection
	gateway *model.L2Gateway
	// border has the VNI between sites of each of the gateway's devices, 0 where
	// there is none; it is nil when no device has one.
	border []model.VNI
}

// attachments lists all connections. Checks go through it several times, so it is
// kept until a connection or a gateway changes.
func (t *txn) attachments() []attachment {
	if t.attached == nil {
		t.attached = make([]attachment, 0, t.next.Connections.Len())
		for c := range t.next.Connections.All() {
			g, _ := t.next.Gateways.Get(c.L2GatewayID)
			t.attached = append(t.attached, t.next.attach(c, g))
		}
	}
	return t.attached
}

func (s *snapshot) attach(c *model.L2GatewayConnection, g *model.L2Gateway) attachment {
	j := attachment{L2GatewayConnection: c, gateway: g}
	for i := range g.Devices {
		dev := &g.Devices[i]
		if v := dev.BorderVNI(c.SegmentationID); v != 0 && !s.IsNetworkVLAN(dev) {
			if j.border == nil {
				j.border = make([]model.VNI, len(g.Devices))
			}
			j.border[i] = v
		}
	}
	return j
}

// has reports whether the connection has that VNI between sites.
func (j *attachment) has(v model.VNI) bool { return slices.Contains(j.border, v) }

// isJoined reports whether a border connection of the network has that VNI.
func (t *txn) isJoined(networkID string, v model.VNI) bool {
	for _, j := range t.attachments() {
		if j.NetworkID == networkID && j.has(v) {
			return true
		}
	}
	return false
}
