package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
)

func (c *comparer) compareNetwork(n *Network) {
	id := c.networks.ids[n.Key]
	old, exists := c.d.Networks.Get(id)
	if !exists {
		o := n.compared(kindNetwork, nil, differences(networkAttributes, nil, n))
		c.add(o)
		c.step(changeNetworks, o, func(e model.Editor) error { return e.CreateNetwork(c.newNetwork(id, n)) })
		return
	}
	was := c.existing.network(old)
	c.read.Networks = append(c.read.Networks, was)
	is := *n
	if is.VNI == 0 {
		is.VNI = was.VNI // as allocated, for ever
	}
	if was.VNI != 0 && was.VNI != is.VNI {
		c.problem(n.Line, "network %s: its VNI is %d and can not change to %d: give the network another name, or delete it first", clip(n.Key), was.VNI, n.VNI)
	}
	o := n.compared(kindNetwork, &old.Record, slices.Concat(renamed(&was.Object, &n.Object), differences(networkAttributes, &was, &is)))
	change, adopt := c.add(o)
	if change {
		u := model.NetworkUpdate{Name: &is.Name, Description: &is.Description, Shared: &is.Shared, AdminStateUp: &is.AdminStateUp, FarEnds: &is.FarEnds}
		if was.VNI == 0 && is.VNI != 0 {
			u.VNI = &is.VNI
		}
		c.step(changeNetworks, o, func(e model.Editor) error { return e.UpdateNetwork(id, u) })
	}
	if adopt {
		c.step(changeNetworks, o, func(e model.Editor) error { return e.ManageNetwork(id, Manager(c.file.Site)) })
	}
}

func (c *comparer) newRecord(id, project string) model.Record {
	return model.Record{ID: id, ProjectID: project, ManagedBy: Manager(c.file.Site)}
}

func (c *comparer) newNetwork(id string, n *Network) model.Network {
	return model.Network{Record: c.newRecord(id, n.Project), Name: n.Name, Description: n.Description, VNI: n.VNI, Shared: n.Shared, AdminStateUp: n.AdminStateUp, FarEnds: n.FarEnds}
}

func (c *comparer) compareSwitch(s *Switch) {
	id := c.switches.ids[s.Key]
	old, exists := c.d.Devices.Get(id)
	if !exists {
		macs, _ := macsField(nil, s.RemoteMACs)
		o := s.compared(kindSwitch, nil, append(differences(switchAttributes, nil, s), macs...))
		c.add(o)
		c.step(changeSwitches, o, func(e model.Editor) error {
			if err := e.CreateGatewayDevice(c.newDevice(id, s)); err != nil {
				return err
			}
			return e.CreateRemoteMACs(id, entriesOf(s.RemoteMACs))
		})
		return
	}
	was := c.existing.device(old, c.d.RemoteMACs.Of(id))
	c.read.Switches = append(c.read.Switches, was)
	if was.Type != s.Type || was.ResourceID != s.ResourceID {
		c.problem(s.Line, "switch %s: type and resource_id can not change: give it another name, or delete it first", clip(s.Key))
	}
	macs, grows := macsField(was.RemoteMACs, s.RemoteMACs)
	o := s.compared(kindSwitch, &old.Record, slices.Concat(renamed(&was.Object, &s.Object), differences(switchAttributes, &was, s), macs))
	o.grows = grows && len(o.fields) == len(macs)
	change, adopt := c.add(o)
	if change {
		c.changeSwitch(o, id, s)
	}
	if adopt {
		c.step(changeSwitches, o, func(e model.Editor) error { return e.ManageGatewayDevice(id, Manager(c.file.Site)) })
	}
}

func (c *comparer) newDevice(id string, s *Switch) model.GatewayDevice {
	ip, port := endpoint(s.Address)
	return model.GatewayDevice{Record: c.newRecord(id, s.Project), Name: s.Name, Type: s.Type, ResourceID: s.ResourceID,
		ManagementIP: ip, ManagementPort: port, ManagementProtocol: s.protocol(), TLS: s.TLS, TunnelIPs: s.TunnelIPs,
		Site: s.Location, Profile: s.Profile, BorderMode: s.BorderMode, StitchPorts: s.StitchPorts, DriftPolicy: s.Drift}
}

func (c *comparer) changeSwitch(o object, id string, s *Switch) {
	ip, port := endpoint(s.Address)
	protocol := s.protocol()
	tunnelIPs, stitchPorts := slices.Clone(s.TunnelIPs), slices.Clone(s.StitchPorts)
	u := model.GatewayDeviceUpdate{Name: &s.Name, ManagementIP: &ip, ManagementPort: &port, ManagementProtocol: &protocol, TLS: &s.TLS,
		TunnelIPs: &tunnelIPs, Site: &s.Location, Profile: &s.Profile, BorderMode: &s.BorderMode, StitchPorts: &stitchPorts, DriftPolicy: &s.Drift}
	c.step(changeSwitches, o, func(e model.Editor) error { return e.UpdateGatewayDevice(id, u) })
	want := map[RemoteMAC]bool{}
	for _, m := range s.RemoteMACs {
		want[m] = true
	}
	for m := range c.d.RemoteMACs.Of(id).All() {
		if is := (RemoteMAC{m.MAC, m.VTEPAddress, m.SegmentationID}); want[is] {
			delete(want, is)
		} else {
			c.step(changeSwitches, o, func(e model.Editor) error { return e.DeleteRemoteMAC(id, m.ID) })
		}
	}
	added := slices.DeleteFunc(slices.Clone(s.RemoteMACs), func(m RemoteMAC) bool { return !want[m] })
	if len(added) > 0 {
		c.step(changeSwitches, o, func(e model.Editor) error { return e.CreateRemoteMACs(id, entriesOf(added)) })
	}
}

func entriesOf(macs []RemoteMAC) []model.RemoteMACEntry {
	out := make([]model.RemoteMACEntry, len(macs))
	for i, m := range macs {
		out[i] = model.RemoteMACEntry{MAC: m.MAC, VTEPAddress: m.VTEP, SegmentationID: m.VNI}
	}
	return out
}

// macsField says how many remote MACs come and go, and whether some come and none goes.
func macsField(was, is []RemoteMAC) (fields []Field, grows bool) {
	before := map[RemoteMAC]bool{}
	for _, m := range was {
		before[m] = true
	}
	added := 0
	for _, m := range is {
		if before[m] {
			delete(before, m)
		} else {
			added++
		}
	}
	if added+len(before) == 0 {
		return nil, false
	}
	return []Field{{"remote_macs", fmt.Sprint(len(was)), fmt.Sprintf("%d (+%d -%d)", len(is), added, len(before))}}, len(before) == 0
}

// devicesText is a gateway's list of devices in one line.
func devicesText(list []Device) string {
	return flowList(list, func(d Device) string { return flow("{", d.fields(), "}") })
}

func (c *comparer) compareGateway(g *Gateway) {
	id := c.gateways.ids[g.Key]
	is := *g
	is.Devices = slices.Clone(g.Devices)
	for i := range is.Devices {
		is.Devices[i].Border = c.switches.reference(is.Devices[i].Border)
	}
	devices := Field{"devices", "[]", devicesText(is.Devices)}
	old, exists := c.d.Gateways.Get(id)
	if !exists {
		o := g.compared(kindGateway, nil, append(differences(gatewayAttributes, nil, &is), devices))
		c.add(o)
		c.step(changeGateways, o, func(e model.Editor) error {
			return e.CreateL2Gateway(model.L2Gateway{Record: c.newRecord(id, g.Project), Name: g.Name, HAMode: g.HA, Preempt: g.Preempt, Devices: c.parts(&is)})
		})
		return
	}
	was := c.existing.gateway(old)
	c.read.Gateways = append(c.read.Gateways, was)
	fields := slices.Concat(renamed(&was.Object, &g.Object), differences(gatewayAttributes, &was, &is))
	u := model.L2GatewayUpdate{Name: &is.Name, HAMode: &is.HA, Preempt: &is.Preempt}
	if devices.From = devicesText(was.Devices); devices.From != devices.To {
		fields = append(fields, devices)
		u.Devices, u.ReplaceDevices = c.parts(&is), true
		c.plan.touch(id, anyNetwork)
	}
	o := g.compared(kindGateway, &old.Record, fields)
	change, adopt := c.add(o)
	if change {
		c.step(changeGateways, o, func(e model.Editor) error { return e.UpdateL2Gateway(id, u) })
	}
	if adopt {
		c.step(changeGateways, o, func(e model.Editor) error { return e.ManageL2Gateway(id, Manager(c.file.Site)) })
	}
}

// parts are a gateway's devices as the store has them.
func (c *comparer) parts(g *Gateway) (out []model.Device) {
	for _, d := range g.Devices {
		dev := model.Device{DeviceName: d.Switch, SegmentationID: d.VNI}
		if d.Border != "" {
			dev.DeviceID = c.switches.resolve(d.Border)
		}
		for _, p := range d.Ports {
			dev.Interfaces = append(dev.Interfaces, model.Interface{Name: p.Name, VLANs: p.VLANs, ProvisionAhead: p.Ahead})
		}
		out = append(out, dev)
	}
	return out
}

func (c *comparer) compareConnection(conn *Connection) {
	at := pair{c.gateways.resolve(conn.Gateway), c.networks.resolve(conn.Network)}
	is := *conn
	is.Gateway, is.Network = c.gateways.reference(conn.Gateway), c.networks.reference(conn.Network)
	o := object{kind: kindConnection, name: c.nameOf(&is), project: c.projectOf(at.gateway, is.Gateway), line: conn.Line}
	old, exists := c.connections[at]
	want := model.L2GatewayConnection{L2GatewayID: at.gateway, NetworkID: at.network, SegmentationID: is.Segmentation}
	if !exists {
		o.fields = segmentField(nil, &is)
		c.plan.touch(at.gateway, at.network)
		c.add(o)
		want.Record = c.newRecord(is.ID, o.project)
		if is.ID == "" {
			want.ID = derivedID(usedConnection(c.d), kindConnection, o.project, c.file.Site, is.Gateway, is.Network)
		}
		c.step(createConnections, o, func(e model.Editor) error { return e.CreateConnection(want) })
		return
	}
	c.wanted[old.ID] = true
	if is.ID != "" && is.ID != old.ID {
		c.problem(conn.Line, "connection %s: it has the id %s, the file says %s", clip(o.name), old.ID, is.ID)
	}
	was := c.existing.connection(old)
	c.read.Connections = append(c.read.Connections, was)
	o.record, o.fields = &old.Record, segmentField(was, &is)
	change, adopt := c.add(o)
	switch {
	case change: // made anew with its id
		c.plan.touch(at.gateway, at.network)
		c.plan.Changes[len(c.plan.Changes)-1].Action = Replace
		c.plan.find("W06", "connection "+o.name, "it is made anew: the traffic of its ports is interrupted")
		want.Record = c.newRecord(old.ID, o.project)
		c.step(deleteConnections, o, func(e model.Editor) error { return e.DeleteConnection(old.ID) })
		c.step(createConnections, o, func(e model.Editor) error { return e.CreateConnection(want) })
	case adopt:
		c.step(createConnections, o, func(e model.Editor) error { return e.ManageConnection(old.ID, Manager(c.file.Site)) })
	}
}

// nameOf is what people call a connection.
func (c *comparer) nameOf(conn *Connection) string { return conn.Gateway + " " + conn.Network }

// projectOf is the project of a gateway, which its connections have too.
func (c *comparer) projectOf(id, key string) string {
	if g, ok := c.d.Gateways.Get(id); ok {
		return g.ProjectID
	}
	return cmp.Or(c.projects[key], c.file.Project)
}

func segmentField(was, is *Connection) []Field {
	from, to := "", is.segment()
	if was != nil {
		from = was.segment()
	}
	if from == to {
		return nil
	}
	key, value, _ := strings.Cut(to, ": ")
	if to == "" {
		key = "vlan"
	}
	_, before, _ := strings.Cut(from, ": ")
	return []Field{{key, before, value}}
}
