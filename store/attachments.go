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

// attached is the attachment of a stored connection.
func (s *snapshot) attached(c *model.L2GatewayConnection) attachment {
	g, _ := s.Gateways.Get(c.L2GatewayID)
	return s.attach(c, g)
}

// has reports whether the connection has that VNI between sites.
func (j *attachment) has(v model.VNI) bool { return slices.Contains(j.border, v) }
