package api

import "bordergw/model"

// networks is our own small resource in the place of Neutron's core one, so
// that stock clients can resolve names.
func networks() *resource[*model.Network] {
	type N = *model.Network
	attrs := []attribute[N]{
		chosenIdentity[N](),
		{name: "name", doc: "what people call the network", post: true, put: true, format: text, filter: true, sort: true,
			show: func(n N) any { return n.Name }},
		{name: "provider:network_type", doc: "vxlan, the only type there is", post: true, format: orNull(oneOf("vxlan")), filter: true,
			adminWrite: true, adminRead: true, show: func(N) any { return "vxlan" }},
		{name: "provider:segmentation_id", post: true, doc: "VNI; the first connection fixes it if it is not given", format: orNull(vniNumber), filter: true, sort: true,
			adminWrite: true, adminRead: true, show: showNetworkVNI},
		{name: "shared", doc: "whether other projects see the network", post: true, put: true, format: boolean, filter: true, adminWrite: true,
			show: func(n N) any { return n.Shared }},
		{name: "admin_state_up", doc: "kept for Neutron's clients; it changes nothing on switches", post: true, put: true, format: boolean, fallback: true, filter: true,
			show: func(n N) any { return n.AdminStateUp }},
		{name: "description", doc: "text for people", post: true, put: true, format: text, filter: true, sort: true,
			show: func(n N) any { return n.Description }},
		{name: "far_ends", post: true, put: true, adminWrite: true, adminRead: true, omitEmpty: true, format: listOf[model.VTEPAddress](vtepAddress),
			doc:  "tunnel end points that get what is flooded in the network, besides switches, hypervisors and those of remote_mac_entries",
			show: func(n N) any { return append([]model.VTEPAddress{}, n.FarEnds...) }},
		{name: "status", doc: "ACTIVE, always: connections have a status", filter: true, format: shown(text), show: func(N) any { return "ACTIVE" }},
		readOnly("subnets", "none, always: networks have no addresses here", schemaOf[[]string](), func(N) any { return []string{} }),
	}
	attrs = append(append(attrs, managedBy[N]()), notNetworks()...)
	return kept[model.Network, N, N]{
		table:  func(d *model.Definitions) model.Table[model.Network, N] { return d.Networks },
		absent: model.ErrNetworkNotFound,
		view:   asKept[N],
		create: createNetwork,
		update: updateNetwork,
		remove: Store.DeleteNetwork,
	}.serve(resource[N]{
		singular: "network", plural: "networks", route: "/v2.0/networks",
		attrs:  append(attrs, ownership[N]()...),
		public: func(n N) bool { return n.Shared },
		remark: reviewer.network,
	})
}

// showNetworkVNI is null until the first connection fixes it.
func showNetworkVNI(n *model.Network) any {
	if n.VNI == 0 {
		return nil
	}
	return int(n.VNI)
}

func createNetwork(c *call, in values) (*model.Network, error) {
	return c.cfg.Store.CreateNetwork(c.r.Context(), model.Network{
		Record:       in.record(),
		Name:         valueOf[string](in, "name"),
		Description:  valueOf[string](in, "description"),
		VNI:          valueOf[model.VNI](in, "provider:segmentation_id"),
		Shared:       valueOf[bool](in, "shared"),
		AdminStateUp: valueOf[bool](in, "admin_state_up"),
		FarEnds:      valueOf[[]model.VTEPAddress](in, "far_ends"),
	})
}

func updateNetwork(c *call, id string, in values) (*model.Network, error) {
	return c.cfg.Store.UpdateNetwork(c.r.Context(), id, model.NetworkUpdate{
		Name:         given[string](in, "name"),
		Description:  given[string](in, "description"),
		Shared:       given[bool](in, "shared"),
		AdminStateUp: given[bool](in, "admin_state_up"),
		FarEnds:      given[[]model.VTEPAddress](in, "far_ends"),
		ManagedBy:    given[string](in, "managed_by"),
	})
}
