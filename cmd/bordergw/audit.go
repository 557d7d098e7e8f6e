package main

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"
)

// auditCommand shows who changed what.
func auditCommand() *cobra.Command {
	flags := &clientFlags{}
	var form output
	var count uint
	var resource, id string
	c := &cobra.Command{Use: "audit", Short: "Show who changed what, newest first", Args: cobra.NoArgs}
	c.Flags().UintVar(&count, "limit", 100, "number of changes; 0 is all that are kept")
	c.Flags().StringVar(&resource, "resource", "", "kind of object: network, gateway_device, remote_mac_entry, l2_gateway, l2_gateway_connection, quota")
	c.Flags().StringVar(&id, "id", "", "id of the object")
	form.bind(c.Flags())
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		query := url.Values{"limit": {strconv.FormatUint(uint64(count), 10)}}
		if resource != "" {
			query.Set("resource", resource)
		}
		if id != "" {
			query.Set("id", id)
		}
		raw, err := api.call(c.Context(), http.MethodGet, "/v1/audit?"+query.Encode(), nil, "audit")
		if err != nil {
			return err
		}
		return form.list(c.OutOrStdout(), raw, []string{"time", "user", "project_id", "action", "resource", "resource_id", "request_id"})
	})
	flags.bind(c.Flags())
	return c
}
