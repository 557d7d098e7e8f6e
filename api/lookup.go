package api

import "bordergw/model"

// deviceRows lists what the database of a device holds, by logical switch.
func deviceRows(c *call) (reply, error) {
	q := c.url.query()
	limit, err := pageLimit(q)
	if err != nil {
		return reply{}, err
	}
	if _, registered := c.defs.Devices.Get(c.id); !registered {
		return reply{}, model.ErrGatewayDeviceNotFound(c.id)
	}
	page, err := c.cfg.Status.DeviceRows(c.id, q.Get("marker"), limit)
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]any{"logical_switches": page.LogicalSwitches, "next": nextPage(page.Next)})
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
		{method: "GET", path: "/v1/devices/{id}/rows", status: 200, body: list("logical_switches", schemaOf[model.LogicalSwitchRows]()), params: pageParameters(),
			summary: "the logical switches that the database of a device holds, and whose they are: ours, foreign, or left from what is no longer defined"},
	}
}
