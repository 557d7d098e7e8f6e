package api

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"bordergw/model"
)

// trace follows frames between two hosts.
func trace(c *call) (reply, error) {
	values := c.url.query()
	var ends [2]model.TraceEnd
	for i, key := range []string{"from", "to"} {
		var err error
		if ends[i], err = c.traceEnd(key, values.Get(key)); err != nil {
			return reply{}, err
		}
	}
	network, err := c.networkCalled(values.Get("network"))
	if err == nil && network == "" {
		network, err = c.commonNetwork(ends[0], ends[1])
	}
	if err != nil {
		return reply{}, err
	}
	found, err := c.cfg.Status.Trace(c.r.Context(), network, ends[0], ends[1])
	if err != nil {
		return reply{}, err
	}
	return ok(found)
}

// traceEnd reads a host: a MAC, an IP address that a switch reports, or SWITCH:PORT[:VLAN].
func (c *call) traceEnd(key, text string) (model.TraceEnd, error) {
	end := model.TraceEnd{Name: model.Printable(text)}
	if mac, err := model.ParseMAC(text); err == nil {
		end.MAC, end.Name = mac, mac.String()
		return end, nil
	}
	if _, err := netip.ParseAddr(text); err == nil {
		return c.traceIP(key, text)
	}
	sw, port, cut := strings.Cut(text, ":")
	if !cut || sw == "" || port == "" {
		return end, badInput(key, "'%s' is not a MAC address, an IPv4 address or SWITCH:PORT[:VLAN].", printed(text))
	}
	if i := strings.LastIndexByte(port, ':'); i > 0 { // ports may have colons in their names, VLANs have none
		if vlan, is := traceVLAN(port[i+1:]); is {
			port, end.VLAN = port[:i], &vlan
		}
	}
	end.Switch, end.Port = sw, port
	return end, nil
}

// traceVLAN reads a VLAN: a number from 0 to 4094, or untagged, which is 0.
func traceVLAN(text string) (model.VLAN, bool) {
	if text == "untagged" {
		return 0, true
	}
	n, err := strconv.ParseInt(text, 10, 16)
	if err != nil {
		return 0, false
	}
	vlan, err := model.NewVLAN(n)
	return vlan, err == nil
}

// traceIP is the MAC of an IP address. It fails if there is not exactly one.
func (c *call) traceIP(key, text string) (model.TraceEnd, error) {
	hosts, err := hostsOf(c, text)
	if err != nil {
		return model.TraceEnd{}, err
	}
	macs := map[model.MAC]bool{}
	for h := range hosts {
		macs[h.MAC] = true
	}
	for mac := range macs {
		if len(macs) == 1 {
			return model.TraceEnd{MAC: mac, Name: mac.String()}, nil
		}
	}
	if len(macs) == 0 {
		return model.TraceEnd{}, badInput(key, "no switch reports a MAC with the address %s.", printed(text))
	}
	return model.TraceEnd{}, badInput(key, "%d MACs have the address %s: use one of them.", len(macs), printed(text))
}

// commonNetwork is the only network that both hosts are in. Where there is none it is that of the first: borders may join
// it to that of the second.
func (c *call) commonNetwork(from, to model.TraceEnd) (string, error) {
	if from.MAC == (model.MAC{}) || to.MAC == (model.MAC{}) {
		return "", badInput("network", "which network is to be traced has to be said with a port.")
	}
	of, err := c.networksOf(from.MAC)
	if err != nil {
		return "", err
	}
	other, err := c.networksOf(to.MAC)
	if err != nil {
		return "", err
	}
	both := maps.Clone(of)
	maps.DeleteFunc(both, func(id, _ string) bool { return other[id] == "" })
	if len(both) == 0 {
		both = of
	}
	if len(both) == 1 {
		return slices.Collect(maps.Keys(both))[0], nil
	}
	if len(both) == 0 {
		return "", badInput("network", "%s is in no network now: say which network is to be traced.", from.Name)
	}
	names := slices.Sorted(maps.Values(both))
	return "", badInput("network", "%s may be meant in the networks %s: say which.", from.Name, model.NamesOf(names))
}

// networksOf are the names of the networks that a MAC is in, by id.
func (c *call) networksOf(mac model.MAC) (map[string]string, error) {
	page, err := c.cfg.Status.MACs(model.MACQuery{First: mac, Last: mac, Limit: maxPage})
	out := map[string]string{}
	for _, e := range page.Entries {
		out[e.Network.ID] = cmp.Or(e.Network.Name, e.Network.ID)
	}
	return out, err
}

// traceSchema is the answer, with the words that it uses.
func traceSchema() schema {
	answer := schemaOf[model.Trace]()
	direction := propertyOf(answer, "directions")["items"].(schema)
	propertyOf(direction, "verdict")["enum"] = model.TraceVerdicts
	hop := propertyOf(direction, "hops")["items"].(schema)
	propertyOf(hop, "state")["enum"] = model.HopStates
	return answer
}

// propertyOf is the schema of a property of an object.
func propertyOf(object schema, name string) schema {
	return object["properties"].(map[string]schema)[name]
}

// tracePaths describes it.
func tracePaths() []fixedEndpoint {
	host := "a MAC in any spelling, an IPv4 address that a switch reports, or SWITCH:PORT[:VLAN]"
	required := func(p schema) schema {
		p["required"] = true
		return p
	}
	return []fixedEndpoint{{
		method: "GET", path: "/v1/trace", status: 200, body: traceSchema(),
		summary: "how frames go between two hosts, both ways, through the rows that switches hold, and what is the first that is missing",
		params: []schema{
			query("network", "id or name of a network; it may be left out where both MACs are in one network only", plainText()),
			required(query("from", host, plainText())), required(query("to", host, plainText())),
		},
	}}
}
