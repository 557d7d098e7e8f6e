package topology

import (
	"slices"

	"bordergw/model"
	"bordergw/reconcile/mactable"
)

// dependency is one of the things that a group's view follows from: a network with what
// was learned in it, a connection, a gateway, or a device with what is known of it. The
// rest is zero. Records are immutable, so that equal pointers are equal records.
type dependency struct {
	net     *model.Network
	learned *mactable.Learned
	conn    *model.L2GatewayConnection
	gateway *model.L2Gateway
	// endpoints are what one source answers for in the network.
	endpoints *model.EndpointSet
	device    deviceDependency
}

type deviceDependency struct {
	record *model.GatewayDevice
	seen   *model.SwitchInventory
	down   bool
	// static and border are the remote MACs with the VNI of the network, and with the
	// connection's between sites.
	static, border model.VNIMACs
	// unknown says why the switch is not known; it changes when its database is read.
	unknown string
}

// same reports whether a group that follows from two dependencies is the same. What is seen of
// a switch is read anew now and then: ports are not looked at.
func (d dependency) same(o dependency) bool {
	a, b := d.device.seen, o.device.seen
	d.device.seen, o.device.seen = nil, nil
	return d == o && (a == b || a != nil && b != nil && a.Name == b.Name && a.Missing == b.Missing && a.NoTunnelIP == b.NoTunnelIP &&
		cannotReplicate(a) == cannotReplicate(b) && slices.Equal(a.TunnelIPs, b.TunnelIPs))
}

// dependencies lists everything the group's view follows from.
func (in *compilation) dependencies(g *group) (out []dependency) {
	for _, p := range g.nets {
		out = append(out, dependency{net: p.net, learned: p.learned})
		for _, set := range p.endpoints {
			out = append(out, dependency{endpoints: set})
		}
		for _, c := range p.conns {
			out = append(out, dependency{conn: c})
			gw, ok := in.Definitions.Gateways.Get(c.L2GatewayID)
			if !ok {
				continue
			}
			out = append(out, dependency{gateway: gw})
			for i := range gw.Devices {
				out = in.deviceDependencies(out, p.net, c, &gw.Devices[i])
			}
		}
	}
	return out
}

// deviceDependencies appends what is known of a gateway's device, and of those that reach
// the same switch.
func (in *compilation) deviceDependencies(out []dependency, net *model.Network, c *model.L2GatewayConnection, d *model.Device) []dependency {
	place, _ := in.places().Find(d)
	dep := deviceDependency{record: place.Device, seen: in.places().Seen(place)}
	if place.Device == nil {
		return append(out, dependency{device: dep})
	}
	far := in.Definitions.RemoteMACs.Of(place.Device.ID)
	dep.down, dep.static, dep.border = in.Down[place.Device.ID], far.VNI(net.VNI), far.VNI(d.BorderVNI(c.SegmentationID))
	if dep.seen == nil {
		dep.unknown = in.unknownSwitch(place.Device)
	}
	out = append(out, dependency{device: dep})
	for _, gd := range in.registrations().Sharing(place.Device) {
		out = append(out, dependency{device: deviceDependency{record: gd}})
	}
	return out
}
