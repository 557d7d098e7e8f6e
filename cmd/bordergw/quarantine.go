package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"bordergw/model"
)

const quarantinePath = "/v1/quarantine"

// quarantineCommand is about numbers that networks gave up and that no other gets yet.
func quarantineCommand() *cobra.Command {
	flags := &clientFlags{}
	c := group("quarantine", "Show and end the quarantine of VNIs that networks gave up", listQuarantine(flags), endQuarantine(flags))
	c.Example = "  bordergw quarantine list\n  bordergw quarantine end 7000"
	flags.bind(c.PersistentFlags())
	return c
}

func listQuarantine(flags *clientFlags) *cobra.Command {
	var form output
	c := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List the VNIs, and VLANs on cables, that no other network gets yet, and why", Args: argsOfUse,
		Example: "  bordergw quarantine list\n  bordergw quarantine list -o wide",
	}
	form.bindTable(c.Flags())
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, _ []string) error {
		raw, err := api.call(c.Context(), http.MethodGet, quarantinePath, nil, "quarantine")
		if err != nil {
			return err
		}
		return form.list(c, raw, listing{many: "numbers in quarantine", table: quarantineTable()}, nil)
	})
	return c
}

// quarantineTable has names; those of networks are of the time when they had the number.
func quarantineTable() table {
	network := func(o object, _ *names) []string {
		name, id := o.text("network_name"), o.text("network_id")
		if name == "" && id != "" {
			name = idPrefix + id
		}
		return []string{name}
	}
	pending := func(o object, _ *names) []string { return lines(o["pending"], releasedOn) }
	return slices.Concat(attributes("vni", "stitch_vlan"), table{{title: "NETWORK", value: network}}, attributes("network_deleted"),
		table{{title: "PENDING", value: pending}}, attributes("still_seen", "free_at"), wide("network_id"))
}

// releasedOn is a switch that may still have a number.
func releasedOn(p model.ReleasedOn) string {
	if p.Switch == "" {
		return idPrefix + p.DeviceID
	}
	return p.Switch
}

func endQuarantine(flags *clientFlags) *cobra.Command {
	var network string
	var stitch bool
	c := &cobra.Command{
		Use: "end NUMBER", Short: "Free a VNI before its time, although a switch may still use it", Args: argsOfUse,
		Example: "  bordergw quarantine end 7000\n  bordergw quarantine end 7000 --network blue",
	}
	c.Flags().StringVar(&network, "network", "", "of this network only: its id, or the name that it had")
	c.Flags().BoolVar(&stitch, "stitch-vlan", false, "NUMBER is a VLAN on the cable of a stitched border; needs --network")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		w, kind, err := wireNumber(args[0], stitch)
		if err != nil {
			return err
		}
		if stitch && network == "" {
			return usagef("--stitch-vlan needs --network: a VLAN identifies a network on one cable only")
		}
		path := quarantinePath + "/" + kind + "/" + args[0]
		if network != "" {
			id, err := formerNetwork(c.Context(), api, w, network)
			if err != nil {
				return err
			}
			path += "?network_id=" + url.QueryEscape(id)
		}
		if _, err = api.call(c.Context(), http.MethodDelete, path, nil, ""); err == nil {
			say(c, "%s freed", w)
		}
		return err
	})
	return c
}

// wireNumber reads a VNI or a stitch VLAN, and gives the collection of its kind.
func wireNumber(text string, stitch bool) (w model.WireID, kind string, err error) {
	var n int64
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return w, "", usagef("%q is not a number", text)
	}
	if stitch {
		w.StitchVLAN, err = model.NewVLAN(n)
		if n == 0 {
			err = fmt.Errorf("a stitch VLAN is in 1..%d", model.MaxVLAN)
		}
		return w, "stitch_vlans", asUsage(err)
	}
	w.VNI, err = model.NewVNI(n)
	return w, "vnis", asUsage(err)
}

func asUsage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// formerNetwork finds the id of the network that gave up a number. The network itself
// may be gone.
func formerNetwork(ctx context.Context, c *client, w model.WireID, ref string) (string, error) {
	raw, err := c.call(ctx, http.MethodGet, quarantinePath, nil, "quarantine")
	if err != nil {
		return "", err
	}
	var list []model.Quarantined
	if json.Unmarshal(raw, &list) != nil {
		return "", c.unreadable()
	}
	var ids []string
	for _, q := range list {
		switch {
		case q.WireID != w:
		case q.NetworkID == ref:
			return ref, nil
		case q.NetworkName == ref:
			ids = append(ids, q.NetworkID)
		}
	}
	switch len(ids) {
	case 0:
		return "", fmt.Errorf("%s of network %s is not in quarantine", w, ref)
	case 1:
		return ids[0], nil
	}
	return "", ambiguous("the network", ref, ids)
}
