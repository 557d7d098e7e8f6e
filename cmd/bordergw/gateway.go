package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"bordergw/model"
)

// gatewayNoun is a set of devices that networks are connected to.
func gatewayNoun() noun {
	changeable := []attribute{
		{flag: "device", key: "devices", define: devices, usage: deviceUsage},
		{flag: "ha-mode", key: "ha_mode", define: oneWord(haModes()...), usage: "active-active (default) or active-passive"},
		{flag: "allow-missing-ports", key: allowMissing, define: truth, usage: "let --device name ports that a known switch does not have yet; they are bound when they appear"},
		{flag: "preempt", key: "preempt", define: truth, usage: "active-passive: go back to the first device when it returns"},
	}
	return noun{
		word: "gateway", one: "l2_gateway", many: "l2_gateways", path: "/v2.0/l2-gateways", lookup: "name",
		table: slices.Concat(table{
			nameColumn("gateway", "name"),
			{key: "devices", title: "PORTS", value: gatewayPorts, detail: gatewayDevices},
		}, attributes("ha_mode"), rare(managedBy), wide("id", "project_id")),
		shownOf: []string{"devices"},
		refer:   gatewayNames,
		args:    []argument{{name: "NAME", key: "name"}},
		creates: append([]attribute{projectAttribute()}, required(changeable, "device")...),
		updates: append([]attribute{
			{flag: "name", key: "name", define: text, usage: "new name"},
			managerAttribute(),
			{flag: "replace-devices", key: "replace_devices", define: truth, usage: "make the given devices the whole list: it adds new ones and removes those that are not given"},
		}, changeable...),
		prepare: resolveDevices,
		managed: true,
		blame:   blameConnectionsOf("L2GatewayInUse", "l2_gateway_id"),
		filters: []filter{
			nameFilter(),
			{flag: "network", of: networkNoun, usage: "only those that have this network", keep: connected("l2_gateway_id", "network_id")},
			{flag: "switch", usage: "only those that have this switch or device", keep: onSwitch("id")},
			{flag: "ha-mode", key: "ha_mode", usage: "only those of this mode", words: haModes()},
			managerFilter(), projectFilter(),
		},
		examples: map[string]string{
			"":       "  bordergw gateway create gw1 --device 'name=sw1,interface_names=p1|100'\n  bordergw gateway list --switch sw1",
			"create": "  bordergw gateway create gw1 --device 'name=sw1,interface_names=p1|100' --device 'name=sw2,interface_names=p1|200#201;p2'\n  bordergw gateway create border --device device_id=sw2,segmentation_id=7000",
			"list":   "  bordergw gateway list\n  bordergw gateway list --switch sw1 -o wide",
			"show":   "  bordergw gateway show gw1",
			"update": "  bordergw gateway update gw1 --device 'name=sw1,interface_names=p3|100'",
			"delete": "  bordergw gateway delete gw1",
		},
	}
}

func haModes() []string { return []string{string(model.ActiveActive), string(model.ActivePassive)} }

// loadGateways asks for all gateways, and for the devices that they name by id.
func loadGateways(ctx context.Context, known *names) error {
	if err := known.load(ctx, gatewayNoun()); err != nil {
		return err
	}
	return deviceNames(ctx, known, false)
}

// deviceNames asks for the devices that known gateways name by id.
func deviceNames(ctx context.Context, known *names, one bool) error {
	var gateways []object
	for _, o := range known.kind(gatewayNoun()).objects {
		gateways = append(gateways, o)
	}
	return gatewayNames(ctx, gateways, known, one)
}

// gatewayNames asks for the devices that gateways name by id, of one gateway for no others.
func gatewayNames(ctx context.Context, rows []object, known *names, one bool) error {
	ids := map[string]bool{}
	for _, o := range rows {
		for _, d := range devicesOf(o) {
			if d.DeviceName == "" {
				ids[d.DeviceID] = true
			}
		}
	}
	switch {
	case len(ids) == 0:
		return nil
	case one:
		return known.load(ctx, deviceNoun(), slices.Sorted(maps.Keys(ids))...)
	}
	return known.load(ctx, deviceNoun())
}

// gatewayPorts describes the ports, each with its switch.
func gatewayPorts(o object, known *names) (out []string) {
	for _, d := range devicesOf(o) {
		for _, place := range d.places("", "") {
			out = append(out, d.switchName(known)+" "+place)
		}
	}
	return out
}

// gatewayDevices is what --device takes, with names.
func gatewayDevices(o object, known *names) (out []string) {
	for _, d := range devicesOf(o) {
		if d.DeviceID != "" {
			d.DeviceID = known.of("device", d.DeviceID)
		}
		out = append(out, d.String())
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
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
