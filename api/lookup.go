package api

import "bordergw/model"

// deviceRows lists what the database of a device holds, by logical switch.
func deviceRows(c *call) (reply, error) {
	q := c.url.query()
	limit, err := pageLimit(q)
	if err != nil {
		return reply{}, err
	}
	id, err := registered(c, c.id)
	if err != nil {
		return reply{}, err
	}
	if network := q.Get("network"); network != "" {
		return networkRows(c, id, network)
	}
	page, err := c.cfg.Status.DeviceRows(id, q.Get("marker"), limit)
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"logical_switches": page.LogicalSwitches, "next": nextPage(page.Next)})
}

// networkRows lists those of a network, of an id or a name: there are two at most.
func networkRows(c *call, device, network string) (reply, error) {
	network, err := c.networkCalled(network)
	if err != nil {
		return reply{}, err
	}
	rows, err := c.cfg.Status.NetworkRows(device, network)
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"logical_switches": rows, "next": nil})
}

// registered is the id of the registered device of an id or a name.
func registered(c *call, ref string) (string, error) {
	id, err := c.deviceCalled(ref)
	if err != nil {
		return "", err
	}
	if _, is := c.defs.Devices.Get(id); !is {
		return "", model.ErrGatewayDeviceNotFound(ref)
	}
	return id, nil
}

// nextPage is the marker of the next page, nil if there is none.
func nextPage(marker string) any {
	if marker == "" {
		return nil
	}
	return marker
}

// lookupPaths describes them.
func lookupPaths() []fixedEndpoint {
	list := func(name string, of schema) schema {
		return schema{"type": "object", "required": []string{name, "next"}, "additionalProperties": false, "properties": schema{name: several(of), "next": nextSchema()}}
	}
	return []fixedEndpoint{
		{method: "GET", path: "/v1/devices/{id}/rows", status: 200, body: list("logical_switches", schemaOf[model.LogicalSwitchRows]()),
			params:  append([]schema{query("network", "only the logical switches of this network, of an id or a name", plainText())}, pageParameters()...),
			summary: "the logical switches that the database of a device, of an id or a name, holds, and whose they are: ours, foreign, or left from what is no longer defined"},
	}
}
