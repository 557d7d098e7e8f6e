package store

import (
	"slices"

	"bordergw/model"
)

// join is a connection with its gateway.
type join struct {
	*model.L2GatewayConnection
	gateway *model.L2Gateway
	// border has the VNI between sites of each of the gateway's devices, 0 where
	// there is none; it is nil when no device has one.
	border []model.VNI
}

// joins lists all connections. Checks go through it several times, so it is
// kept until a connection or a gateway changes.
func (t *txn) joins() []join {
	if t.joined == nil {
		t.joined = make([]join, 0, t.next.Connections.Len())
		for c := range t.next.Connections.All() {
			g, _ := t.next.Gateways.Get(c.L2GatewayID)
			t.joined = append(t.joined, t.join(c, g))
		}
	}
	return t.joined
}

func (t *txn) join(c *model.L2GatewayConnection, g *model.L2Gateway) join {
	j := join{L2GatewayConnection: c, gateway: g}
	for i := range g.Devices {
		dev := &g.Devices[i]
		if v := dev.BorderVNI(c.SegmentationID); v != 0 && !t.next.IsNetworkVLAN(dev) {
			if j.border == nil {
				j.border = make([]model.VNI, len(g.Devices))
			}
			j.border[i] = v
		}
	}
	return j
}

// has reports whether the connection has that VNI between sites.
func (j *join) has(v model.VNI) bool { return slices.Contains(j.border, v) }
