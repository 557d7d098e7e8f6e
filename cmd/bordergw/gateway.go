package main

import (
	"context"
	"encoding/json"
	"fmt"
)

// gatewayNoun is a set of devices that networks are connected to.
func gatewayNoun() noun {
	changeable := []attribute{
		{flag: "device", key: "devices", define: devices, usage: deviceUsage},
		{flag: "ha-mode", key: "ha_mode", define: text, usage: "active-active (default) or active-passive"},
		{flag: "allow-missing-ports", key: allowMissing, define: truth, usage: "let --device name ports that a known switch does not have yet; they are bound when they appear"},
		{flag: "preempt", key: "preempt", define: truth, usage: "active-passive: go back to the first device when it returns"},
	}
	return noun{
		word: "gateway", one: "l2_gateway", many: "l2_gateways", path: "/v2.0/l2-gateways", lookup: "name",
		columns: []string{"id", "name", "devices"},
		args:    []argument{{name: "NAME", key: "name"}},
		creates: append([]attribute{projectAttribute()}, required(changeable, "device")...),
		updates: append([]attribute{
			{flag: "name", key: "name", define: text, usage: "new name"},
			{flag: "replace-devices", key: "replace_devices", define: truth, usage: "make the given devices the whole list: it adds new ones and removes those that are not given"},
		}, changeable...),
		prepare: resolveDevices,
		managed: true,
	}
}

// allowMissing is no attribute of a gateway: it goes to each interface given.
const allowMissing = "allow-missing-ports"

// resolveDevices turns the names given as device_id into ids, and marks ports that
// may be missing.
func resolveDevices(ctx context.Context, api *client, body map[string]any) error {
	specs, ok := body["devices"].(deviceSpecs)
	_, given := body[allowMissing]
	ahead := given && string(body[allowMissing].(json.RawMessage)) == "true"
	delete(body, allowMissing)
	if !ok && given {
		return usagef("--%s is about the ports of --device, which is not given", allowMissing)
	}
	for i := range specs {
		for n := range specs[i].Interfaces {
			specs[i].Interfaces[n].ProvisionAhead = ahead
		}
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
