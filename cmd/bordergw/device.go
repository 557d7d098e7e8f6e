package main

import (
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

// deviceNoun is a registered switch database.
func deviceNoun() noun {
	changeable := []attribute{
		{flag: "name", key: "name", define: text, usage: "name, that of the Physical_Switch if the database holds several"},
		{flag: "management-ip", key: "management_ip", define: text, usage: "address of the OVSDB server"},
		{flag: "management-port", key: "management_port", define: port, usage: "port of the OVSDB server"},
		{flag: "management-protocol", key: "management_protocol", define: text, usage: "ovsdb (default), ovsdb+ssl or ovsdb-listen"},
		{flag: "tunnel-ip", key: "tunnel_ips", define: texts, usage: "tunnel address, used while the switch shows none"},
		{flag: "site", key: "site", define: text, usage: "site the device stands at"},
		{flag: "profile", key: "profile", define: text, usage: "what the device is able to do (default auto)"},
		{flag: "border-mode", key: "border_mode", define: text, usage: "direct (default), stitch or relay"},
		{flag: "stitch-ports", key: "stitch_ports", define: commas, usage: "the two ports joined by a cable, as A,B"},
		{flag: "tls", key: "tls", define: text, usage: "CA or fingerprint named in the daemon's configuration"},
		{flag: "drift-policy", key: "drift_policy", define: text, usage: "repair (default) or report what an external writer changes"},
	}
	return noun{
		word: "device", one: "gateway_device", many: "gateway_devices", path: "/v2.0/gw/gateway_devices", lookup: "name",
		columns: []string{"id", "name", "type", "management_ip", "management_port", "tunnel_ips", "status"},
		creates: append([]attribute{
			{flag: "type", key: "type", define: text, usage: "hw_vtep (default), router_vtep or network_vlan"},
			{flag: "resource-id", key: "resource_id", define: text, usage: "router or network, of the types that are not hw_vtep"},
			projectAttribute(),
		}, changeable...),
		updates: append([]attribute{
			{flag: "accept-replacement", key: "accept_replacement", define: truth, usage: "another unit takes the place of this switch"},
		}, changeable...),
		managed: true,
		extra:   []func(*clientFlags) *cobra.Command{purgeCommand},
		deleted: deletedDeviceNoun(),
	}
}

// deletedDeviceNoun is a deleted device that is still to be cleaned.
func deletedDeviceNoun() *noun {
	return &noun{
		word: "deleted device", many: "deleted_devices", path: "/v1/deleted-devices", lookup: "name",
		columns: []string{"id", "name", "endpoint", "deleted_at", "forgotten_at", "networks", "cleaning", "detail"},
	}
}

// purgeCommand gives up a deleted device whose switch will not come back.
func purgeCommand(flags *clientFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "purge ID|NAME", Short: "Give up a deleted device that is still to be cleaned: the rows that its switch holds stay there", Args: argsOfUse,
	}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		n := deletedDeviceNoun()
		id, err := api.resolve(c.Context(), n, n.path, args[0])
		if err != nil {
			return err
		}
		_, err = api.call(c.Context(), http.MethodDelete, n.path+"/"+url.PathEscape(id), nil, "")
		return err
	})
	return c
}
