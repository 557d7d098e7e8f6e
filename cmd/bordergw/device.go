package main

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"bordergw/model"
)

// deviceNoun is a registered switch database.
func deviceNoun() noun {
	changeable := []attribute{
		{flag: "management-ip", key: "management_ip", define: text, usage: "address of the OVSDB server"},
		{flag: "management-port", key: "management_port", define: port, usage: "port of the OVSDB server"},
		{flag: "management-protocol", key: "management_protocol", define: oneWord("ovsdb", "ovsdb+ssl", "ovsdb-listen"), usage: "ovsdb (default), ovsdb+ssl or ovsdb-listen"},
		{flag: "tunnel-ip", key: "tunnel_ips", define: texts, usage: "tunnel address, used while the switch shows none"},
		{flag: "site", key: "site", define: text, usage: "site the device stands at"},
		{flag: "profile", key: "profile", define: text, usage: "what the device is able to do (default auto)"},
		{flag: "border-mode", key: "border_mode", define: oneWord("direct", "stitch", "relay"), usage: "direct (default), stitch or relay"},
		{flag: "stitch-ports", key: "stitch_ports", define: commas, usage: "the two ports joined by a cable, as A,B"},
		{flag: "tls", key: "tls", define: text, usage: "CA or fingerprint named in the daemon's configuration"},
		{flag: "drift-policy", key: "drift_policy", define: oneWord("repair", "report"), usage: "repair (default) or report what an external writer changes"},
	}
	return noun{
		word: "device", one: "gateway_device", many: "gateway_devices", path: "/v2.0/gw/gateway_devices", lookup: "name",
		aliases: []string{"switch", "switches"},
		table: slices.Concat(table{nameColumn("device", "name")}, attributes("management_ip", "management_port", "tunnel_ips", "status"),
			table{reasonColumn()}, rare("site", managedBy), wide("id", "type", "profile", "border_mode", "status_detail", "project_id")),
		reads: []string{"conditions"},
		args:  []argument{{name: "[NAME]", key: "name"}},
		creates: append([]attribute{
			{flag: "type", key: "type", define: oneWord("hw_vtep", "router_vtep", "network_vlan"), usage: "hw_vtep (default), router_vtep or network_vlan"},
			{flag: "resource-id", key: "resource_id", define: text, usage: "router or network, of the types that are not hw_vtep"},
			projectAttribute(),
		}, changeable...),
		updates: append([]attribute{
			{flag: "name", key: "name", define: text, usage: "new name"},
			managerAttribute(),
			{flag: "accept-replacement", key: "accept_replacement", define: truth, usage: "another unit takes the place of this switch"},
		}, changeable...),
		managed: true,
		extra:   []func(*clientFlags) *cobra.Command{purgeCommand, rowsCommand},
		deleted: deletedDeviceNoun(),
		filters: []filter{
			nameFilter(),
			statusFilter(model.DeviceInSync, model.DeviceSyncing, model.DeviceReading, model.DeviceDegraded, model.DeviceUnreachable,
				model.DeviceDrivenElsewhere, model.DeviceUnsupported),
			{flag: "site", key: "site", usage: "only those of this site"},
			{flag: "type", key: "type", usage: "only those of this type", words: []string{"hw_vtep", "router_vtep", "network_vlan"}},
			managerFilter(), projectFilter(),
		},
		examples: map[string]string{
			"":       "  bordergw device create sw1 --management-ip 192.0.2.11 --management-port 6640\n  bordergw device list --status UNREACHABLE",
			"create": "  bordergw device create sw1 --management-ip 192.0.2.11 --management-port 6640\n  bordergw device create --name sw2 --management-protocol ovsdb-listen --tls ca1",
			"list":   "  bordergw device list\n  bordergw device list --site east --status DEGRADED,UNREACHABLE\n  bordergw device list -o wide\n  bordergw device list --deleted",
			"show":   "  bordergw device show sw1",
			"update": "  bordergw device update sw1 --management-ip 192.0.2.99\n  bordergw device update sw1 --name leaf1",
			"delete": "  bordergw device delete sw1 sw2",
		},
	}
}

// deletedDeviceNoun is a deleted device that is still to be cleaned.
func deletedDeviceNoun() *noun {
	return &noun{
		word: "deleted device", many: "deleted_devices", path: "/v1/deleted-devices", lookup: "name", whole: true,
		table: slices.Concat(table{nameColumn("deleted device", "name")},
			attributes("endpoint", "deleted_at", "forgotten_at", "networks", "cleaning", "detail"), wide("id")),
	}
}

// purgeCommand gives up a deleted device whose switch will not come back.
func purgeCommand(flags *clientFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "purge NAME", Short: "Give up a deleted device that is still to be cleaned: the rows that its switch holds stay there", Args: argsOfUse,
		Example: "  bordergw device list --deleted\n  bordergw device purge sw1",
	}
	positional(c)
	flags.completeArguments(c, named(func() noun { return *deletedDeviceNoun() }))
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		n := deletedDeviceNoun()
		found, err := api.find(c.Context(), n, n.path, args[0], n.lookup)
		if err != nil {
			return err
		}
		if _, err = api.call(c.Context(), http.MethodDelete, n.path+"/"+url.PathEscape(found.text("id")), nil, ""); err == nil {
			say(c, "deleted device %s given up", firstOf(found.text(n.lookup), idPrefix+found.text("id")))
		}
		return err
	})
	return c
}
