package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"bordergw/model"
)

// connectionNoun joins a network to a gateway. These two name it.
func connectionNoun() noun {
	gateway, network := gatewayNoun(), networkNoun()
	n := noun{
		word: "connection", one: "l2_gateway_connection", many: "l2_gateway_connections", path: "/v2.0/l2-gateway-connections", pair: true,
		args: []argument{
			{name: "GATEWAY", key: "l2_gateway_id", of: &gateway},
			{name: "NETWORK", key: "network_id", of: &network},
		},
		creates: []attribute{
			{flag: "segmentation-id", key: "segmentation_id", define: text, usage: "VLAN (border gateway: VNI) where the gateway gives none (also --default-segmentation-id)"},
		},
		reads:   []string{"conditions", "segmentation_id"},
		refer:   connectionNames,
		blame:   blameConnection,
		updates: []attribute{managerAttribute()},
		managed: true,
		filters: []filter{
			{flag: "gateway", key: "l2_gateway_id", of: gatewayNoun, usage: "only those of this gateway"},
			{flag: "network", key: "network_id", of: networkNoun, usage: "only those of this network"},
			{flag: "switch", usage: "only those of gateways that have this switch or device", keep: onSwitch("l2_gateway_id")},
			statusFilter(model.ConnectionActive, model.ConnectionPending, model.ConnectionError, model.ConnectionUnsupported),
			{flag: "segmentation-id", key: "segmentation_id", usage: "only those that give this VLAN or VNI (also --vni)"},
			managerFilter(), projectFilter(),
		},
		examples: map[string]string{
			"":       "  bordergw connection create gw1 blue\n  bordergw connection list --status ERROR,PENDING",
			"create": "  bordergw connection create gw1 blue\n  bordergw connection create gw1/blue --segmentation-id 100",
			"list":   "  bordergw connection list --network blue\n  bordergw connection list --switch sw1 --status ERROR\n  bordergw connection list -o name --no-headers",
			"show":   "  bordergw connection show gw1/blue\n  bordergw connection show d6569be4",
			"update": "  bordergw connection update gw1/blue --managed-by ''",
			"delete": "  bordergw connection delete gw1/blue gw1/red",
		},
	}
	n.table = slices.Concat(table{
		{title: "NAME", value: func(o object, known *names) []string { return []string{known.title(n, o)} }},
		nameOf("GATEWAY", "gateway", "l2_gateway_id"),
		nameOf("NETWORK", "network", "network_id"),
		{title: "SWITCHES", value: connectionSwitches},
		{title: "PORTS", value: connectionPorts},
	}, attributes("status"), table{reasonColumn()}, rare(managedBy), wide("id", "status_detail", "project_id"))
	return n
}

// connectionNames asks for gateways and networks, and for devices if a gateway names one by id.
func connectionNames(ctx context.Context, _ []object, known *names, one bool) error {
	if one { // titleOf has asked for its gateway and its network
		return deviceNames(ctx, known, one)
	}
	if err := loadGateways(ctx, known); err != nil {
		return err
	}
	return known.load(ctx, networkNoun())
}

// connectionSwitches are those of the gateway.
func connectionSwitches(o object, known *names) (out []string) {
	for _, d := range devicesOf(known.get("gateway", o.text("l2_gateway_id"))) {
		if name := d.switchName(known); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// connectionPorts are where the network leaves the switches of the gateway. The connection
// gives the VLAN, or the VNI, where the gateway gives none.
func connectionPorts(o object, known *names) []string {
	return portsOf(known.get("gateway", o.text("l2_gateway_id")), plain(o["segmentation_id"]), known)
}

// portsOf describes ports, and borders, with the switch if there are several.
func portsOf(gateway object, given string, known *names) (out []string) {
	devices := devicesOf(gateway)
	several := slices.ContainsFunc(devices, func(d deviceSpec) bool { return d.switchName(known) != devices[0].switchName(known) })
	for _, d := range devices {
		before := ""
		if several {
			before = d.switchName(known) + " "
		}
		for _, place := range d.places(given, "untagged") {
			out = append(out, before+place)
		}
	}
	return out
}

// devicesOf are the devices of a gateway.
func devicesOf(gateway object) []deviceSpec {
	var out []deviceSpec
	if json.Unmarshal(gateway["devices"], &out) != nil {
		return nil
	}
	return out
}

// switchName is the name of a device of a gateway.
func (d deviceSpec) switchName(known *names) string {
	return firstOf(d.DeviceName, known.of("device", d.DeviceID))
}

// places are the ports with their VLANs, and the VNI of a border. A port that has no VLAN, and
// is given none, is without: untagged once a connection stands.
func (d deviceSpec) places(given, without string) (out []string) {
	for _, i := range d.Interfaces {
		out = append(out, strings.TrimSpace(i.Name+" "+vlanText(i.VLANs, given, without)))
	}
	switch {
	case d.DeviceID == "":
	case d.SegmentationID != "":
		out = append(out, "vni "+d.SegmentationID)
	case len(out) == 0:
		out = append(out, strings.TrimSpace("vni "+given))
	}
	return out
}

func vlanText(vlans []string, given, without string) string {
	if len(vlans) == 0 && given != "" {
		vlans = []string{given}
	}
	switch {
	case len(vlans) == 0:
		return without
	case len(vlans) == 1 && vlans[0] == "0":
		return "untagged"
	}
	return "vlan " + strings.Join(vlans, ",")
}
