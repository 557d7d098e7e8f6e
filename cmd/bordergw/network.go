package main

import "github.com/spf13/cobra"

// networkNoun is a tenant network.
func networkNoun() noun {
	return noun{
		word: "network", one: "network", many: "networks", path: "/v2.0/networks", lookup: "name",
		columns: []string{"id", "name", "provider:segmentation_id", "status"},
		args:    []argument{{name: "NAME", key: "name"}},
		creates: []attribute{
			{flag: "id", key: "id", define: text, usage: "id, if another system has given one"},
			{flag: "segmentation-id", key: "provider:segmentation_id", define: vni, usage: "VNI (also --vni); otherwise the first connection fixes it"},
			{flag: "description", key: "description", define: text, usage: "text for people"},
			projectAttribute(),
		},
		updates: []attribute{
			{flag: "name", key: "name", define: text, usage: "new name"},
			{flag: "description", key: "description", define: text, usage: "text for people"},
		},
		managed: true,
		extra:   []func(*clientFlags) *cobra.Command{endpointsCommand, membersCommand},
	}
}
