package api

import (
	"strings"

	"bordergw/model"
)

// unused accepts what says that a feature of Neutron is not used: null, false, 0,
// "" and an empty list. Stock clients and Heat send these. Anything else is refused
// for the reason given.
func unused(answer schema, why string) format {
	nothing := either(schema{"enum": []any{nil, false, 0, "", "0", "false", "False"}},
		schema{"type": "array", "maxItems": 0}, schema{"type": "object", "maxProperties": 0})
	return format{request: nothing, answer: answer, parse: func(v any) (any, error) {
		if s, _ := v.(string); falsy(v) || s == "0" || strings.EqualFold(s, "false") {
			return nil, nil
		}
		return nil, reasonf("'%s' is not supported: %s", printed(v), why)
	}}
}

// notNetworks are Neutron's attributes of a network that mean nothing to switches.
// What is answered is true of every network here; an attribute of which nothing
// is known is not answered.
func notNetworks() (attrs []attribute[*model.Network]) {
	type N = *model.Network
	always := func(v any) func(N) any { return func(N) any { return v } }
	texts := schemaOf[[]string]()
	for _, a := range []attribute[N]{
		{name: "provider:physical_network", adminWrite: true, adminRead: true, show: always(nil),
			format: unused(null(), "a network of type vxlan has no physical network")},
		{name: "router:external", filter: true, adminWrite: true, show: always(false),
			format: unused(boolean.answer, "no router is connected to networks of this service")},
		{name: "is_default", show: always(false), format: unused(boolean.answer, "only an external network can be the default")},
		{name: "vlan_transparent", show: always(false), format: unused(boolean.answer, "frames of tenants are carried without a VLAN tag")},
		{name: "qos_policy_id", show: always(nil), format: unused(null(), "no QoS policy is put on switches")},
		{name: "dns_domain", show: always(""), format: unused(plainText(), "ports of switches have no DNS names")},
		{name: "availability_zone_hints", show: always([]string{}), format: unused(texts, "this service has no availability zones")},
		{name: "availability_zones", show: always([]string{}), format: shown(format{answer: texts})},
		{name: "tags", show: always([]string{}), format: unused(texts, "tags are not stored")},
		{name: "mtu", format: unused(null(), "the MTU is set on the switches and their underlay")},
		{name: "segments", format: unused(null(), "a network is one segment, given as provider:segmentation_id")},
		{name: "port_security_enabled", format: orNull(boolean),
			doc: "taken and without effect: this service has no ports that could be secured"},
	} {
		a.post, a.put = a.parse != nil, a.parse != nil
		switch {
		case a.parse == nil:
			a.doc = "none, always"
		case a.doc == "":
			a.doc = "of Neutron's networks; taken where it asks for nothing"
		}
		attrs = append(attrs, a)
	}
	for _, name := range []string{"created_at", "updated_at", "revision_number", "l2_adjacency", "ipv4_address_scope", "ipv6_address_scope"} {
		attrs = append(attrs, attribute[N]{name: name, doc: "refused in requests by name, not answered"})
	}
	return attrs
}
