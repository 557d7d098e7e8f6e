package api

import "bordergw/model"

// deviceReports lists what the sessions report. A switch may have a hundred thousand
// ports: each is encoded when it is sent.
func deviceReports(c *call) (reply, error) {
	return ok(stream{{"devices", each(c.cfg.Status.DeviceReports(), sentReport)}})
}

// sentReport is the JSON of a model.DeviceReport, in parts.
func sentReport(r model.DeviceReport) any {
	return append(members{}.
		unless(r.ID == "", "id", r.ID).
		unless(false, "name", r.Name).
		unless(false, "endpoint", r.Endpoint).
		unless(r.SchemaVersion == "", "schema_version", r.SchemaVersion),
		member{"state", r.Status},
		member{"switches", each(r.Switches, sentSwitch)},
		member{"logical_switches", r.LogicalSwitches},
		member{"remote_macs", r.RemoteMACs},
		member{"local_macs", r.LocalMACs},
		member{"claimed_macs", r.ClaimedMACs},
		member{"transactions", r.Transactions})
}

// sentSwitch is the JSON of a model.SwitchInventory, in parts.
func sentSwitch(s model.SwitchInventory) any {
	return members{{"name", s.Name}}.
		unless(s.Fingerprint == "", "fingerprint", s.Fingerprint).
		unless(len(s.TunnelIPs) == 0, "tunnel_ips", s.TunnelIPs).
		unless(!s.NoTunnelIP, "no_tunnel_ip", s.NoTunnelIP).
		unless(len(s.Faults) == 0, "faults", s.Faults).
		unless(!s.Missing, "missing", s.Missing).
		unless(!s.NoSourceNode, "no_source_node", s.NoSourceNode).
		unless(len(s.Ports) == 0, "ports", each(s.Ports, itself)).
		unless(s.PortsCut == 0, "ports_cut", s.PortsCut)
}

// unless adds a member, but not an empty one.
func (m members) unless(empty bool, name string, value any) members {
	if empty {
		return m
	}
	return append(m, member{name, value})
}
