package main

// connectionNoun joins a network to a gateway.
func connectionNoun() noun {
	gateway, network := gatewayNoun(), networkNoun()
	return noun{
		word: "connection", one: "l2_gateway_connection", many: "l2_gateway_connections", path: "/v2.0/l2-gateway-connections",
		columns: []string{"id", "l2_gateway_id", "network_id", "segmentation_id", "status"},
		args: []argument{
			{name: "GATEWAY", key: "l2_gateway_id", of: &gateway},
			{name: "NETWORK", key: "network_id", of: &network},
		},
		creates: []attribute{
			{flag: "segmentation-id", key: "segmentation_id", define: text, usage: "VLAN (border gateway: VNI) where the gateway gives none (also --default-segmentation-id)"},
		},
		managed: true,
	}
}
