package store

import "bordergw/model"

// reindex takes note that a record has another value; nil is none. It is called before the
// record is in its table.
func (s *snapshot) reindex(old, new any) {
	gone, came := differing(s.entries(old), s.entries(new))
	s.index.without(gone)
	s.index.with(came)
	if r, ok := old.(*model.Released); ok {
		s.index.pending -= len(r.Pending)
	}
	if r, ok := new.(*model.Released); ok {
		s.index.pending += len(r.Pending)
	}
}

// claimant collects the claims of a record.
type claimant struct {
	model.Order
	entries []entry
}

func (c *claimant) claim(all ...claim) {
	for _, one := range all {
		c.entries = append(c.entries, entry{one, c.Order})
	}
}

// called claims a name.
func (c *claimant) called(table, name string) {
	if name != "" {
		c.claim(claim{kind: isCalled, a: table, b: name})
	}
}

// vni claims a VNI; 0 is none.
func (c *claimant) vni(kind claimKind, v model.VNI) {
	if v != 0 {
		c.claim(claim{kind: kind, n: uint32(v)})
	}
}

// entries lists the claims of a record, some more than once. Those of a gateway are also those that its
// connections have by it. nil has none.
func (s *snapshot) entries(record any) []entry {
	var c claimant
	switch r := record.(type) {
	case *model.Network:
		c.Order = r.Order()
		c.called(networks.bucket, r.Name)
		c.vni(hasNetworkVNI, r.VNI)
	case *model.GatewayDevice:
		c.Order = r.Order()
		c.device(r)
	case *model.RetiredDevice:
		c.Order = r.Order()
		if r.ManagementIP == "" {
			c.claim(claim{kind: hadName, a: r.Name})
		} else {
			c.claim(addressOf(hadAddress, &r.GatewayDevice))
		}
		for i := range r.Switches {
			c.claim(claim{kind: hadSwitch, a: r.Switches[i].Name})
			if row := r.Switches[i].Fingerprint; row != "" {
				c.claim(claim{kind: hadRow, a: row})
			}
		}
	case *model.L2Gateway:
		c.Order = r.Order()
		c.gateway(r)
		for conn := range s.connectionsOf(r.ID) {
			c.Order = conn.Order()
			c.by(s.attach(conn, r))
		}
	case *model.L2GatewayConnection:
		c.Order = r.Order()
		c.connection(r)
		g, _ := s.Gateways.Get(r.L2GatewayID)
		c.by(s.attach(r, g))
	case *model.Tombstone:
		c.Order = r.Order()
		for _, device := range r.Pending {
			c.claim(claim{kind: isPendingOn, a: device})
		}
	case *model.Released:
		c.Order = r.Order()
		c.released(r)
	case *model.EndpointSet:
		c.Order = r.Order()
		c.claim(claim{kind: isEndpointsOf, a: r.NetworkID})
	}
	return c.entries
}

func (c *claimant) device(gd *model.GatewayDevice) {
	c.called(devices.bucket, gd.Name)
	if gd.ResourceID != "" {
		c.claim(claim{kind: standsForOf, a: string(gd.Type), b: gd.ResourceID})
	}
	if gd.ManagementIP != "" {
		c.claim(addressOf(hasAddress, gd))
	}
	for _, ip := range gd.TunnelIPs {
		c.claim(claim{kind: hasTunnelIP, a: ip.String()})
	}
}

func addressOf(kind claimKind, gd *model.GatewayDevice) claim {
	return claim{kind: kind, a: gd.ManagementIP, n: uint32(gd.ManagementPort)}
}

// gateway claims what a gateway has by itself. Its numbers are kept clear before it has a
// connection.
func (c *claimant) gateway(g *model.L2Gateway) {
	c.called(gateways.bucket, g.Name)
	for i := range g.Devices {
		c.claim(claim{kind: namesDevice, a: string(referenceOf(&g.Devices[i]))})
		c.vni(hasGatewayVNI, g.Devices[i].SegmentationID)
	}
}

// connection claims what a connection has by itself.
func (c *claimant) connection(r *model.L2GatewayConnection) {
	c.claim(claim{kind: ofGateway, a: r.L2GatewayID}, claim{kind: ofNetwork, a: r.NetworkID})
	if v, ok := r.SegmentationID.VNI(); ok {
		c.vni(hasGivenVNI, v)
	}
	for device, v := range r.StitchVLANs {
		c.claim(claim{kind: hasStitchVLAN, a: device, n: uint32(v)})
	}
}

// by claims what a connection has by its gateway.
func (c *claimant) by(j attachment) {
	for i := range j.gateway.Devices {
		dev := &j.gateway.Devices[i]
		ref := string(referenceOf(dev))
		c.claim(claim{kind: joins, a: ref, b: j.NetworkID})
		if j.border != nil && j.border[i] != 0 {
			n := uint32(j.border[i])
			c.claim(claim{kind: isBorder, n: n}, claim{kind: isBorderOf, a: j.NetworkID, n: n}, claim{kind: isBorderAt, a: ref, n: n})
		}
		for p := range dev.Interfaces {
			c.port(ref, &dev.Interfaces[p], j.SegmentationID)
		}
	}
}

// fewVLANs is how many VLANs that a connection has on a port are a claim each. A gateway may carry
// 4,094 on each of its ports, which would be more than all the rest. Connections with more have one
// claim, and are looked at: a VLAN belongs to one of them, so that a port has few such.
const fewVLANs = 16

// port claims the VLANs that a connection with a segmentation id binds on a port.
func (c *claimant) port(ref string, port *model.Interface, seg model.SegmentationID) {
	vlans := port.VLANIDs(seg)
	if len(vlans) > fewVLANs {
		c.claim(claim{kind: bindsMany, a: ref, b: port.Name})
		return
	}
	for _, v := range vlans {
		c.claim(claim{kind: binds, a: ref, b: port.Name, n: uint32(v)})
	}
}

func (c *claimant) released(r *model.Released) {
	c.vni(releasedVNI, r.VNI)
	if r.StitchVLAN != 0 {
		c.claim(claim{kind: releasedVLAN, n: uint32(r.StitchVLAN)})
	}
	for _, p := range r.Pending {
		c.claim(claim{kind: isReleasedOn, a: p.DeviceID})
		if r.StitchVLAN != 0 {
			c.claim(claim{kind: releasedVLANOn, a: p.DeviceID, n: uint32(r.StitchVLAN)})
		}
	}
}

// releasedAs is the claim of records that give up a number.
func releasedAs(w model.WireID) claim {
	if w.VNI != 0 {
		return claim{kind: releasedVNI, n: uint32(w.VNI)}
	}
	return claim{kind: releasedVLAN, n: uint32(w.StitchVLAN)}
}
