package main

import (
	"slices"

	"github.com/spf13/cobra"
)

// networkNoun is a tenant network.
func networkNoun() noun {
	return noun{
		word: "network", one: "network", many: "networks", path: "/v2.0/networks", lookup: "name",
		table: slices.Concat(table{nameColumn("network", "name"), {key: "provider:segmentation_id", title: "VNI"}}, attributes("status"),
			rare(managedBy), wide("id", "description", "project_id")),
		args: []argument{{name: "NAME", key: "name"}},
		creates: []attribute{
			{flag: "id", key: "id", define: text, usage: "id, if another system has given one"},
			{flag: "segmentation-id", key: "provider:segmentation_id", define: vni, usage: "VNI (also --vni); otherwise the first connection fixes it"},
			{flag: "description", key: "description", define: text, usage: "text for people"},
			farEndAttribute(),
			projectAttribute(),
		},
		updates: []attribute{
			{flag: "name", key: "name", define: text, usage: "new name"},
			{flag: "description", key: "description", define: text, usage: "text for people"},
			farEndAttribute(),
			managerAttribute(),
		},
		managed: true,
		blame:   blameConnectionsOf("NetworkInUse", "network_id"),
		extra:   []func(*clientFlags) *cobra.Command{endpointsCommand, membersCommand},
		filters: []filter{
			nameFilter(),
			{flag: "segmentation-id", key: "provider:segmentation_id", usage: "only the one of this VNI (also --vni)"},
			{flag: "gateway", of: gatewayNoun, usage: "only those that this gateway has", keep: connected("network_id", "l2_gateway_id")},
			{flag: "switch", usage: "only those that this switch or device carries by a gateway", keep: networksOn},
			statusFilter("ACTIVE"),
			managerFilter(), projectFilter(),
		},
		examples: map[string]string{
			"":       "  bordergw network create blue\n  bordergw network list",
			"create": "  bordergw network create blue\n  bordergw network create --name red --vni 7000\n  bordergw network create green --far-end 10.9.9.9 --far-end 10.9.9.10",
			"list":   "  bordergw network list\n  bordergw network list --switch sw1\n  bordergw network list --vni 7000 -o wide",
			"show":   "  bordergw network show blue",
			"update": "  bordergw network update blue --name navy\n  bordergw network update blue --far-end 10.9.9.9\n  bordergw network update blue --far-end ''\n  bordergw network update blue --managed-by ''",
			"delete": "  bordergw network delete blue red",
		},
	}
}

// farEndAttribute are tunnel end points that nobody registers. What is given is the whole list.
func farEndAttribute() attribute {
	return attribute{flag: "far-end", key: "far_ends", define: texts, usage: "tunnel address that gets what is flooded, besides switches and remote MACs; repeatable, '' for none"}
}
