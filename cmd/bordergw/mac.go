package main

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"
)

// macNoun is a remote MAC entry of one device: a MAC behind a far tunnel end.
func macNoun() noun {
	device := deviceNoun()
	return noun{
		word: "mac", one: "remote_mac_entry", many: "remote_mac_entries", path: "/remote_mac_entries", lookup: "mac_address",
		parent: &device,
		extra:  []func(*clientFlags) *cobra.Command{unfreezeCommand},
		table:  slices.Concat(attributes("mac_address", "vtep_address"), table{{key: "segmentation_id", title: "VNI"}}, wide("id")),
		filters: []filter{
			{flag: "mac-address", key: "mac_address", usage: "only those of this address"},
			{flag: "vtep-address", key: "vtep_address", usage: "only those behind this tunnel address"},
			{flag: "segmentation-id", key: "segmentation_id", usage: "only those of this VNI (also --vni)"},
		},
		examples: map[string]string{
			"":       "  bordergw mac list sw1\n  bordergw mac unfreeze blue 02:00:00:00:00:0a",
			"create": "  bordergw mac create sw1 --mac-address 02:00:00:00:00:03 --vtep-address 198.51.100.3 --vni 7000",
			"list":   "  bordergw mac list sw1\n  bordergw mac list sw1 --vni 7000",
			"show":   "  bordergw mac show sw1 02:00:00:00:00:03",
			"delete": "  bordergw mac delete sw1 02:00:00:00:00:03",
		},
		creates: []attribute{
			{flag: "mac-address", key: "mac_address", define: text, usage: "address of the host", required: true},
			{flag: "vtep-address", key: "vtep_address", define: text, usage: "tunnel address it is behind", required: true},
			{flag: "segmentation-id", key: "segmentation_id", define: vni, usage: "VNI between the sites (also --vni)", required: true},
		},
	}
}

// unfreezeCommand lets a MAC move again that the controller held for moving too
// often.
func unfreezeCommand(flags *clientFlags) *cobra.Command {
	c := &cobra.Command{
		Use: "unfreeze NETWORK MAC", Short: "Let a MAC move again that was frozen for moving too often", Args: argsOfUse,
		Example: "  bordergw mac unfreeze blue 02:00:00:00:00:0a",
	}
	positional(c)
	flags.completeArguments(c, named(networkNoun), nil)
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		network := networkNoun()
		id, err := api.resolve(c.Context(), &network, network.path, args[0])
		if err != nil {
			return err
		}
		_, err = api.call(c.Context(), http.MethodPost,
			"/v1/networks/"+url.PathEscape(id)+"/macs/"+url.PathEscape(args[1])+"/unfreeze", nil, "")
		if err == nil {
			say(c, "mac %s of network %s unfrozen", args[1], args[0])
		}
		return err
	})
	return c
}
