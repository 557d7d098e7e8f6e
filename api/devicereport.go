package api

import "bordergw/model"

// resolveDevices finds what is asked of what sessions report: of all, or of a registered device.
func resolveDevices(c *call, seg []string) endpoint {
	if len(seg) == 0 {
		return get("/v1/devices", false, permitted(actionDevices, deviceReports))
	}
	c.id = seg[0]
	switch {
	case len(seg) == 1:
		return get("/v1/devices/{id}", false, permitted(actionDevices, deviceReport))
	case len(seg) == 2 && seg[1] == "rows":
		return get("/v1/devices/{id}/rows", false, permitted(actionDevices, deviceRows))
	case len(seg) == 2 && seg[1] == "adopt":
		return get("/v1/devices/{id}/adopt", false, permitted(actionAdopt, adoptDevice))
	}
	return notFound()
}

// deviceReports lists what the sessions report. A switch may have a hundred thousand
// ports: each is encoded when it is sent.
func deviceReports(c *call) (reply, error) {
	show, err := reportForm(c)
	if err != nil {
		return reply{}, err
	}
	return ok(stream{{"devices", each(c.cfg.Status.DeviceReports(), func(r model.DeviceReport) any { return show.report(r) })}})
}

// deviceReport is that of the registered device that the path names.
func deviceReport(c *call) (reply, error) {
	show, err := reportForm(c)
	if err != nil {
		return reply{}, err
	}
	id, err := registered(c, c.id)
	if err != nil {
		return reply{}, err
	}
	r, is := c.cfg.Status.DeviceReport(id)
	if !is { // deleted meanwhile
		return reply{}, model.ErrGatewayDeviceNotFound(c.id)
	}
	return ok(stream(show.report(r)))
}

// reported is what is shown of a report.
type reported struct{ ports bool }

// reportForm reads what is asked for.
func reportForm(c *call) (reported, error) {
	q := c.url.query()
	if !q.Has("ports") {
		return reported{ports: true}, nil
	}
	is, err := parseBool(q.Get("ports"))
	if err != nil {
		return reported{}, inputError("ports", err)
	}
	return reported{ports: is.(bool)}, nil
}

// report is the JSON of a model.DeviceReport, in parts.
func (form reported) report(r model.DeviceReport) members {
	return append(members{}.
		unless(r.ID == "", "id", r.ID).
		unless(false, "name", r.Name).
		unless(false, "endpoint", r.Endpoint).
		unless(r.SchemaVersion == "", "schema_version", r.SchemaVersion),
		member{"state", r.Status},
		member{"switches", each(r.Switches, form.ofSwitch)},
		member{"logical_switches", r.LogicalSwitches},
		member{"remote_macs", r.RemoteMACs},
		member{"local_macs", r.LocalMACs},
		member{"claimed_macs", r.ClaimedMACs},
		member{"transactions", r.Transactions})
}

// ofSwitch is the JSON of a model.SwitchInventory, in parts.
func (form reported) ofSwitch(s model.SwitchInventory) any {
	return members{{"name", s.Name}}.
		unless(s.Fingerprint == "", "fingerprint", s.Fingerprint).
		unless(len(s.TunnelIPs) == 0, "tunnel_ips", s.TunnelIPs).
		unless(!s.NoTunnelIP, "no_tunnel_ip", s.NoTunnelIP).
		unless(len(s.Faults) == 0, "faults", s.Faults).
		unless(!s.Missing, "missing", s.Missing).
		unless(!s.NoSourceNode, "no_source_node", s.NoSourceNode).
		unless(len(s.Ports) == 0 || !form.ports, "ports", each(s.Ports, itself)).
		unless(s.PortsCut == 0, "ports_cut", s.PortsCut)
}

// unless adds a member, but not an empty one.
func (m members) unless(empty bool, name string, value any) members {
	if empty {
		return m
	}
	return append(m, member{name, value})
}

// reportPaths describes them.
func reportPaths() []fixedEndpoint {
	ports := query("ports", "false leaves out the ports", boolean.answer)
	return []fixedEndpoint{
		{method: "GET", path: "/v1/devices", status: 200, body: wrapped("devices", schemaOf[[]model.DeviceReport]()), params: []schema{ports},
			summary: "what the sessions with the switches report"},
		{method: "GET", path: "/v1/devices/{id}", status: 200, body: schemaOf[model.DeviceReport](), params: []schema{ports},
			summary: "what the session with the switch of a registered device, of an id or a name, reports"},
	}
}
