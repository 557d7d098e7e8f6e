package api

import (
	"bordergw/model"
)

// l2Gateways is networking-l2gw's resource. A device is given by device_name
// and interfaces, or by device_id as a border gateway.
func l2Gateways() *resource[*model.L2Gateway] {
	type G = *model.L2Gateway
	attrs := []attribute[G]{
		chosenIdentity[G](),
		{name: "name", doc: "what people call the gateway", post: true, put: true, format: text, filter: true, sort: true,
			show: func(g G) any { return g.Name }},
		{name: "devices", post: true, put: true, required: true, format: deviceListFormat(), stored: storedDevices,
			doc:  "what the gateway consists of; a PUT replaces the interfaces or the VNI of those it lists",
			show: func(g G) any { return showDevices(g.Devices) }},
		{name: "ha_mode", post: true, put: true, format: oneOf(model.ActiveActive, model.ActivePassive),
			doc: "active-active (default): all devices carry traffic; active-passive: the first that is reachable", fallback: model.ActiveActive, filter: true, show: func(g G) any { return g.HAMode }},
		{name: "preempt", doc: "active-passive: an earlier device takes over again when it returns", post: true, put: true, format: boolean, show: func(g G) any { return g.Preempt }},
		// An order for one PUT, not a property: devices becomes the whole list.
		{name: "replace_devices", put: true, format: boolean, doc: "devices becomes the whole list"},
		managedBy[G](),
	}
	return kept[model.L2Gateway, G, G]{
		table:  func(d *model.Definitions) model.Table[model.L2Gateway, G] { return d.Gateways },
		absent: model.ErrL2GatewayNotFound,
		view:   asKept[G],
		create: createL2Gateway,
		update: updateL2Gateway,
		remove: Store.DeleteL2Gateway,
	}.serve(resource[G]{
		singular: "l2_gateway", plural: "l2_gateways", route: "/v2.0/l2-gateways",
		attrs:  append(attrs, ownership[G]()...),
		refuse: adminRequired,
		remark: reviewer.gateway,
	})
}

func createL2Gateway(c *call, in values) (*model.L2Gateway, error) {
	devices, err := givenDevices(c, in)
	if err != nil {
		return nil, err
	}
	return c.cfg.Store.CreateL2Gateway(c.r.Context(), model.L2Gateway{
		Record:  in.record(),
		Name:    valueOf[string](in, "name"),
		HAMode:  valueOf[model.HAMode](in, "ha_mode"),
		Preempt: valueOf[bool](in, "preempt"),
		Devices: devices,
	})
}

func updateL2Gateway(c *call, id string, in values) (*model.L2Gateway, error) {
	devices, err := givenDevices(c, in)
	if err != nil {
		return nil, err
	}
	u := model.L2GatewayUpdate{
		Name:           given[string](in, "name"),
		HAMode:         given[model.HAMode](in, "ha_mode"),
		Preempt:        given[bool](in, "preempt"),
		Devices:        devices,
		ReplaceDevices: valueOf[bool](in, "replace_devices"),
		ManagedBy:      given[string](in, "managed_by"),
	}
	switch {
	case u.ReplaceDevices && u.Devices == nil:
		return nil, model.ErrBadRequest("Invalid input for replace_devices. Reason: devices must be given with it.")
	case u.Devices != nil && u.Name != nil && *u.Name == "":
		// Upstream ignores an empty name that comes with devices.
		u.Name = nil
	}
	return c.cfg.Store.UpdateL2Gateway(c.r.Context(), id, u)
}

// givenDevices are those of the body. Keys that nobody knows are ignored as upstream
// does, but with a warning. A registered device that the caller may not
// see does not exist for him.
func givenDevices(c *call, in values) ([]model.Device, error) {
	list := valueOf[deviceList](in, "devices")
	if len(list.ignored) > 0 {
		c.log.WithField("keys", list.ignored).Debug("unknown keys of devices ignored")
	}
	for _, key := range list.ignored {
		c.warnings.add(warnKeyIgnored, key)
	}
	for _, d := range list.devices {
		if c.who.hidesDevice(c.defs, d.DeviceID) {
			return nil, model.ErrGatewayDeviceNotFound(d.DeviceID)
		}
	}
	return list.devices, nil
}
