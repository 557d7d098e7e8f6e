package site

import (
	"bordergw/model"
)

// rest finds what the site manages and the file does not have: it is deleted or left.
func (c *comparer) rest() {
	goes := c.restOfConnections()
	kept := map[string]int{} // connections that stay, by what they need
	for conn := range c.d.Connections.All() {
		if !goes[conn.ID] {
			kept[conn.NetworkID]++
			kept[conn.L2GatewayID]++
		}
	}
	for g := range c.d.Gateways.All() {
		if c.isRest(kindGateway, &g.Record, c.gateways.keys) {
			o := object{kind: kindGateway, name: displayName(g.Name, g.ID), project: g.ProjectID, record: &g.Record}
			if c.drop(o, kept[g.ID], deleteGateways, func(e model.Editor) error { return e.DeleteL2Gateway(g.ID) }) {
				goes[g.ID] = true
			}
			c.read.Gateways = append(c.read.Gateways, c.existing.gateway(g))
		}
	}
	for n := range c.d.Networks.All() {
		if c.isRest(kindNetwork, &n.Record, c.networks.keys) {
			o := object{kind: kindNetwork, name: displayName(n.Name, n.ID), project: n.ProjectID, record: &n.Record}
			if c.drop(o, kept[n.ID], deleteRest, func(e model.Editor) error { return e.DeleteNetwork(n.ID) }) {
				c.deleted = append(c.deleted, n.ID)
			}
			c.read.Networks = append(c.read.Networks, c.existing.network(n))
		}
	}
	named := c.namedSwitches(goes)
	for gd := range c.d.Devices.All() {
		if c.isRest(kindSwitch, &gd.Record, c.switches.keys) {
			o := object{kind: kindSwitch, name: displayName(gd.Name, gd.ID), project: gd.ProjectID, record: &gd.Record}
			c.drop(o, named[gd.ID], deleteRest, func(e model.Editor) error { return e.DeleteGatewayDevice(gd.ID) })
			c.read.Switches = append(c.read.Switches, c.existing.device(gd, c.d.RemoteMACs.Of(gd.ID)))
		}
	}
}

func displayName(name, id string) string {
	if name == "" {
		return byID + id
	}
	return name
}

// restOfConnections gives the ids of those that are deleted.
func (c *comparer) restOfConnections() map[string]bool {
	goes := map[string]bool{}
	for conn := range c.d.Connections.All() {
		if conn.ManagedBy != Manager(c.file.Site) {
			continue
		}
		c.managed[kindConnection]++
		if c.wanted[conn.ID] {
			continue
		}
		is := c.existing.connection(conn)
		g, _ := c.d.Gateways.Get(conn.L2GatewayID)
		n, _ := c.d.Networks.Get(conn.NetworkID)
		o := object{kind: kindConnection, name: displayName(g.Name, g.ID) + " " + displayName(n.Name, n.ID), project: conn.ProjectID, record: &conn.Record}
		goes[conn.ID] = c.drop(o, 0, deleteConnections, func(e model.Editor) error { return e.DeleteConnection(conn.ID) })
		c.read.Connections = append(c.read.Connections, is)
	}
	return goes
}

// isRest reports whether the site manages a record that the file does not have, and counts
// those that it manages.
func (c *comparer) isRest(kind string, r *model.Record, inFile map[string]string) bool {
	if r.ManagedBy != Manager(c.file.Site) {
		return false
	}
	c.managed[kind]++
	_, has := inFile[r.ID]
	return !has
}

// drop deletes an object, or leaves it if others need it or nothing is pruned. It reports
// whether the object is deleted.
func (c *comparer) drop(o object, needed int, at phase, run func(model.Editor) error) bool {
	action := Left
	switch {
	case !c.options.Prune:
	case needed > 0 && o.kind == kindSwitch:
		c.plan.find("W05", o.kind+" "+o.name, "it is left: %s still named by it", countOf(needed, "gateway"))
	case needed > 0:
		c.plan.find("W05", o.kind+" "+o.name, "it is left: %s of others keep it", countOf(needed, "connection"))
	default:
		action = Delete
		c.step(at, o, run)
	}
	c.plan.Changes = append(c.plan.Changes, Change{Action: action, Kind: o.kind, Name: o.name, Project: o.project, Fields: []Field{}})
	return action == Delete
}

// namedSwitches counts, by device, the gateways that name it, of those that neither go nor
// are in the file.
func (c *comparer) namedSwitches(goes map[string]bool) map[string]int {
	byName := map[string][]string{}
	for gd := range c.d.Devices.All() {
		byName[gd.Name] = append(byName[gd.Name], gd.ID)
	}
	out := map[string]int{}
	for g := range c.d.Gateways.All() {
		if _, inFile := c.gateways.keys[g.ID]; inFile || goes[g.ID] {
			continue
		}
		for _, dev := range g.Devices {
			if dev.DeviceID != "" {
				out[dev.DeviceID]++
				continue
			}
			for _, id := range byName[dev.DeviceName] {
				out[id]++
			}
		}
	}
	return out
}
