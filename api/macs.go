package api

import (
	"bytes"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"bordergw/model"
)

// macs lists the MAC table.
func macs(c *call) (reply, error) {
	q, values, err := macQuery(c)
	if err != nil {
		return reply{}, err
	}
	if ip := values.Get("ip"); ip != "" {
		if q.Hosts, err = hostsOf(c, ip); err != nil {
			return reply{}, err
		}
	}
	page, err := c.cfg.Status.MACs(q)
	if err != nil {
		return reply{}, err
	}
	c.dateEntries(page.Entries)
	return ok(map[string]any{"macs": page.Entries, "next": nextPage(page.Next), "total": page.Total})
}

// hostsOf are the MACs with an IP address. It fails if nobody reports any.
func hostsOf(c *call, text string) (map[model.MACKey]bool, error) {
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.Is4() {
		return nil, badInput("ip", "'%s' is not an IPv4 address.", printed(text))
	}
	hosts, reported := c.cfg.Status.HostsOf(model.IPv4(ip.As4()))
	if !reported {
		return nil, &model.Error{Kind: model.NotFound, Type: "NoAddresses", Message: "no switch reports IP addresses"}
	}
	out := map[model.MACKey]bool{}
	for _, h := range hosts {
		out[h] = true
	}
	return out, nil
}

// macQuery reads what a list is to have.
func macQuery(c *call) (q model.MACQuery, values url.Values, err error) {
	values = c.url.query()
	if q.Limit, err = pageLimit(values); err != nil {
		return q, values, err
	}
	q.First, q.Last, q.After = model.MAC{}, lastMAC, values.Get("marker")
	if prefix := values.Get("q"); prefix != "" {
		if q.First, q.Last, err = macRange(prefix); err != nil {
			return q, values, err
		}
	}
	if text := values.Get("mac"); text != "" {
		if q.First, err = model.ParseMAC(text); err != nil {
			return q, values, badInput("mac", "%s.", err)
		}
		q.Last = q.First
	}
	if q.State = values.Get("state"); q.State != "" && !slices.Contains(model.MACStates, q.State) {
		return q, values, badInput("state", "'%s' is not one of %s.", printed(q.State), strings.Join(model.MACStates, ", "))
	}
	switch sort := values.Get("sort"); sort {
	case "", "mac":
	case "-since":
		q.NewestFirst = true
	default:
		return q, values, badInput("sort", "'%s' is neither mac nor -since.", printed(sort))
	}
	if q.Network, err = c.networkCalled(values.Get("network")); err != nil {
		return q, values, err
	}
	q.Device, err = c.deviceCalled(values.Get("device"))
	return q, values, err
}

var lastMAC = model.MAC(bytes.Repeat([]byte{0xff}, 6))

// macRange are the MACs that begin with some hexadecimal digits, in any spelling of a MAC.
func macRange(prefix string) (first, last model.MAC, err error) {
	digits := strings.NewReplacer(":", "", "-", "", ".", "").Replace(strings.ToLower(prefix))
	bad := strings.Trim(digits, "0123456789abcdef") != "" || len(digits) > 12 || digits == ""
	if bad {
		return first, last, badInput("q", "'%s' is not the beginning of a MAC address.", printed(prefix))
	}
	first, err = model.ParseMAC(digits + strings.Repeat("0", 12-len(digits)))
	if err == nil {
		last, err = model.ParseMAC(digits + strings.Repeat("f", 12-len(digits)))
	}
	return first, last, err
}

// networkCalled is the id of the network of an id or a name, "" for "".
func (c *call) networkCalled(ref string) (string, error) {
	if _, known := c.defs.Networks.Get(ref); known || ref == "" {
		return ref, nil
	}
	id, err := c.called("network", ref)
	if id == "" && err == nil {
		err = model.ErrNetworkNotFound(ref)
	}
	return id, err
}

// deviceCalled is the id of the registered device of an id or a name, or of what a source answers for; "" for "".
func (c *call) deviceCalled(ref string) (string, error) {
	_, device := c.defs.Devices.Get(ref)
	if _, source := c.defs.Endpoints.Get(ref); device || source || ref == "" {
		return ref, nil
	}
	id, err := c.called("gateway_device", ref)
	if id == "" && err == nil {
		err = model.ErrGatewayDeviceNotFound(ref)
	}
	return id, err
}

// called is the id of the object of a name, "" for none.
func (c *call) called(kind, name string) (id string, err error) {
	for r := range c.cfg.Store.Called(kind, name) {
		if id != "" {
			return "", badInput(strings.TrimPrefix(kind, "gateway_"), "several are called '%s': use an id.", printed(name))
		}
		id = r.ID
	}
	return id, nil
}

// dateEntries gives MACs the times at which they came where they are: those of the history reach back beyond the start of the daemon.
// Where it can not be read they stay as they are.
func (c *call) dateEntries(entries []model.MACEntry) {
	if c.cfg.History == nil || len(entries) == 0 {
		return
	}
	keys := make([]model.MACKey, len(entries))
	for i := range entries {
		keys[i] = model.MACKey{Network: entries[i].Network.ID, MAC: entries[i].MAC}
	}
	places, err := c.cfg.History.Present(keys)
	if err != nil {
		c.log.WithField("err", err).Warn("the history can not be read: times are those since the start")
	}
	for i := range entries {
		e := &entries[i]
		if p, known := places[keys[i]]; known && e.Source != model.MACStaticSrc && p.Device == e.Device.ID && p.From.Before(e.Since) {
			e.Since = p.From
		}
	}
}

// formerPlace is a place in an answer.
type formerPlace struct {
	From     time.Time         `json:"from"`
	To       *time.Time        `json:"to"`
	Device   model.Named       `json:"device"`
	Endpoint model.VTEPAddress `json:"endpoint"`
	// How is learned or moved.
	How string `json:"how"`
}

// macDetail is one MAC of one network with all that is known of it.
type macDetail struct {
	model.MACEntry
	Programmed []model.ProgrammedOn `json:"programmed"`
	History    []formerPlace        `json:"history"`
}

// macAnswer is what is known of a MAC.
type macAnswer struct {
	MACs []macDetail `json:"macs"`
	// HistorySince is from when on former places are kept, null if none are; HistoryDays is how many days
	// these are, 0 if the history is younger than what it may keep.
	HistorySince *time.Time `json:"history_since"`
	HistoryDays  int        `json:"history_days"`
}

// showMAC shows where a MAC is in each network, and where it was.
func showMAC(c *call) (reply, error) {
	mac, err := model.ParseMAC(c.id)
	if err != nil {
		return reply{}, badInput("mac", "%s.", err)
	}
	values := c.url.query()
	network, err := c.networkCalled(values.Get("network"))
	if err != nil {
		return reply{}, err
	}
	h, err := c.historyOf(mac, network)
	if text := values.Get("at"); text != "" {
		at, bad := time.Parse(time.RFC3339, text)
		switch {
		case bad != nil:
			return reply{}, badInput("at", "'%s' is not a time such as 2026-11-29T00:47:02Z.", printed(text))
		case err != nil:
			return reply{}, err
		}
		return h.at(c, mac, at)
	}
	if err != nil { // where it is does not depend on a file that can not be read
		c.log.WithField("err", err).Warn("the history can not be read: where MACs were is not known")
		h = &macHistory{off: true}
	}
	out, err := h.now(c, mac, network, values.Get("history") == "1")
	if err != nil {
		return reply{}, err
	}
	return ok(out)
}

// macPaths describes them.
func macPaths() []fixedEndpoint {
	list := schema{"type": "object", "required": []string{"macs", "next", "total"}, "additionalProperties": false, "properties": schema{
		"macs": several(schemaOf[model.MACEntry]()), "next": nextSchema(), "total": schema{"type": "integer"}}}
	network := query("network", "id or name of a network", plainText())
	return []fixedEndpoint{
		{method: "GET", path: "/v1/macs", status: 200, body: list, summary: "the MAC table: where each MAC is, by network",
			params: slices.Concat([]schema{query("mac", "in any spelling", plainText()), query("q", "beginning of a MAC", plainText()), network,
				query("device", "id or name of the switch that it is at", plainText()), query("ip", "IPv4 address of the host", plainText()),
				query("state", "", schema{"enum": model.MACStates}), query("sort", "-since is the latest first", schema{"enum": []string{"mac", "-since"}})}, pageParameters())},
		{method: "GET", path: "/v1/macs/{mac}", status: 200, body: schemaOf[macAnswer](), summary: "where a MAC is in each network, which switches hold a row for it, and where it was",
			params: []schema{network, query("history", "1 adds where it was", schema{"enum": []string{"1"}}), query("at", "a time: where it was then", plainText())}},
	}
}
