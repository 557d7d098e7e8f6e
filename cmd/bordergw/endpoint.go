package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"bordergw/model"
)

// endpointsCommand shows what programs answer for in a network (docs/api.md, Endpoints).
func endpointsCommand(flags *clientFlags) *cobra.Command {
	var form output
	var source string
	c := &cobra.Command{
		Use: "endpoints NAME", Short: "List the programs that give endpoints of a network, or the endpoints of one", Args: argsOfUse,
		Example: "  bordergw network endpoints blue\n  bordergw network endpoints blue --source neutron",
	}
	c.Flags().StringVar(&source, "source", "", "list the endpoints of this program, and the MACs behind them")
	form.bindTable(c.Flags())
	networkNoun().bindRef(c, flags)
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		path, err := belowNetwork(c.Context(), api, args[0], "/endpoints")
		if err != nil {
			return err
		}
		if source != "" {
			return showEndpoints(c, api, path, source, form)
		}
		raw, err := api.call(c.Context(), http.MethodGet, path, nil, "sources")
		if err != nil {
			return err
		}
		return form.list(c, raw, listing{many: "endpoints of this network", table: slices.Concat(attributes("source", "endpoints", "macs"), rare("site"))}, nil)
	})
	return c
}

// membersCommand shows where the endpoints of a network send frames for everybody.
func membersCommand(flags *clientFlags) *cobra.Command {
	var form output
	var site string
	c := &cobra.Command{
		Use: "members NAME", Short: "List the switches that carry a network, and far endpoints, as endpoints of a site see them", Args: argsOfUse,
		Example: "  bordergw network members blue\n  bordergw network members blue --site east",
	}
	c.Flags().StringVar(&site, "site", "", "site of the endpoints, where borders that stitch or relay divide the network")
	form.bindTable(c.Flags())
	networkNoun().bindRef(c, flags)
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		path, err := belowNetwork(c.Context(), api, args[0], "/members")
		if err != nil {
			return err
		}
		if site != "" {
			path += "?site=" + url.QueryEscape(site)
		}
		return showMembers(c, api, path, site, form)
	})
	return c
}

// belowNetwork gives the path of what /v1 has of the network that ref names.
func belowNetwork(ctx context.Context, api *client, ref, what string) (string, error) {
	network := networkNoun()
	id, err := api.resolve(ctx, &network, network.path, ref)
	return "/v1/networks/" + url.PathEscape(id) + what, err
}

// endpointSet is what one program answers for.
type endpointSet struct {
	Endpoints []struct {
		Address string `json:"vtep_address"`
		MACs    []struct {
			MAC string `json:"mac_address"`
			IP  string `json:"ip_address"`
		} `json:"macs"`
	} `json:"endpoints"`
}

// showEndpoints prints a line for each MAC, and one for an endpoint that has none. A source
// that the daemon does not know has an empty set.
func showEndpoints(c *cobra.Command, api *client, path, source string, form output) error {
	var set endpointSet
	text, err := api.get(c.Context(), path+"/"+url.PathEscape(source), &set)
	if err != nil {
		return err
	}
	if len(set.Endpoints) == 0 {
		api.warn("%s gives no endpoints of this network", source)
	}
	if form.raw() {
		return form.text(c.OutOrStdout(), text)
	}
	var rows [][]string
	for _, e := range set.Endpoints {
		if len(e.MACs) == 0 {
			rows = append(rows, []string{e.Address, "", ""})
		}
		for _, m := range e.MACs {
			rows = append(rows, []string{e.Address, m.MAC, m.IP})
		}
	}
	return form.rows(c.OutOrStdout(), []string{"ENDPOINT", "MAC", "IP"}, rows)
}

// showMembers prints switches, and below them far endpoints if there are any.
func showMembers(c *cobra.Command, api *client, path, site string, form output) error {
	var reach model.EndpointReach
	text, err := api.get(c.Context(), path, &reach)
	if err != nil {
		return err
	}
	if len(reach.Members)+len(reach.Far) == 0 {
		api.warn("no switch carries this network in the site '%s'; --site asks for another site", site)
	}
	out := c.OutOrStdout()
	if form.raw() {
		return form.text(out, text)
	}
	var rows, far [][]string
	for _, m := range reach.Members {
		address := ""
		if m.TunnelIP != (model.VTEPAddress{}) {
			address = m.TunnelIP.String()
		}
		rows = append(rows, []string{firstOf(m.Name, idPrefix+m.DeviceID), m.Switch, address, strconv.FormatBool(m.Reachable)})
	}
	for _, a := range reach.Far {
		far = append(far, []string{a.String()})
	}
	if err := form.rows(out, []string{"DEVICE", "SWITCH", "TUNNEL_IP", "REACHABLE"}, rows); err != nil || far == nil {
		return err
	}
	fmt.Fprintln(out)
	return form.rows(out, []string{"FAR_ENDPOINT"}, far)
}
