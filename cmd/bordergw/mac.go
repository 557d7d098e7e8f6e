package main

import (
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

// macNoun is a remote MAC entry of one device: a MAC behind a far tunnel end.
func macNoun() noun {
	device := deviceNoun()
	return noun{
		word: "mac", one: "remote_mac_entry", many: "remote_mac_entries", path: "/remote_mac_entries", lookup: "mac_address",
		parent:  &device,
		extra:   []func(*clientFlags) *cobra.Command{unfreezeCommand},
		columns: []string{"id", "mac_address", "vtep_address", "segmentation_id"},
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
	c := &cobra.Command{Use: "unfreeze NETWORK MAC", Short: "Let a MAC move again that was frozen for moving too often", Args: argsOfUse}
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		network := networkNoun()
		id, err := api.resolve(c.Context(), &network, network.path, args[0])
		if err != nil {
			return err
		}
		_, err = api.call(c.Context(), http.MethodPost,
			"/v1/networks/"+url.PathEscape(id)+"/macs/"+url.PathEscape(args[1])+"/unfreeze", nil, "")
		return err
	})
	return c
}
