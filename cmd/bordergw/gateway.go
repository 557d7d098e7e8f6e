package main

import (
	"context"
	"fmt"
)

// gatewayNoun is a set of devices that networks are connected to.
func gatewayNoun() noun {
	changeable := []attribute{
		{flag: "device", key: "devices", define: devices, usage: deviceUsage},
		{flag: "ha-mode", key: "ha_mode", define: text, usage: "active-active (default) or active-passive"},
		{flag: "preempt", key: "preempt", define: truth, usage: "active-passive: go back to the first device when it returns"},
	}
	return noun{
		word: "gateway", one: "l2_gateway", many: "l2_gateways", path: "/v2.0/l2-gateways", lookup: "name",
		columns: []string{"id", "name", "devices"},
		args:    []argument{{name: "NAME", key: "name"}},
		creates: append([]attribute{projectAttribute()}, changeable...),
		updates: append([]attribute{
			{flag: "name", key: "name", define: text, usage: "new name"},
			{flag: "replace-devices", key: "replace_devices", define: truth, usage: "remove the devices that are not given"},
		}, changeable...),
		prepare: resolveDevices,
	}
}

// resolveDevices turns the names given as device_id into ids.
func resolveDevices(ctx context.Context, api *client, body map[string]any) error {
	specs, ok := body["devices"].(deviceSpecs)
	if !ok {
		return nil
	}
	device := deviceNoun()
	for i := range specs {
		if specs[i].DeviceID == "" {
			continue
		}
		id, err := api.resolve(ctx, &device, device.path, specs[i].DeviceID)
		if err != nil {
			return fmt.Errorf("--device: %w", err)
		}
		specs[i].DeviceID = id
	}
	return nil
}
