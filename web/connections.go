package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"bordergw/model"
)

// connection is one, as the API shows it, with the names of what it joins.
type connection struct {
	ID             string            `json:"id"`
	NetworkID      string            `json:"network_id"`
	GatewayID      string            `json:"l2_gateway_id"`
	SegmentationID any               `json:"segmentation_id"`
	ManagedBy      string            `json:"managed_by"`
	Status         string            `json:"status"`
	StatusDetail   string            `json:"status_detail"`
	Conditions     []model.Condition `json:"conditions"`
	Network        string            `json:"-"`
	Gateway        string            `json:"-"`
}

// Called is how people call a connection: it has no name of its own.
func (c *connection) Called() string { return c.Gateway + "/" + c.Network }

// Since is when the connection came to be as it is: the latest change of its conditions.
func (c *connection) Since() (since time.Time) {
	for _, cond := range c.Conditions {
		if cond.Since.After(since) {
			since = cond.Since
		}
	}
	return since
}

// connectionsView lists connections.
type connectionsView struct {
	Connections []connection
	Pages       pager
	Statuses    []string
}

func connectionsPage(p *page) error {
	p.about("connections", "Connections", "/ui/connections")
	p.Live = true
	var found struct {
		Connections []connection `json:"l2_gateway_connections"`
		Links       links        `json:"l2_gateway_connections_links"`
	}
	q := p.listQuery("status", "network_id", "l2_gateway_id", "managed_by", "page_reverse")
	if err := p.get("/v2.0/l2-gateway-connections", q, &found); err != nil {
		return err
	}
	nameConnections(p, found.Connections)
	p.View = connectionsView{found.Connections, found.Links.pager(p),
		[]string{model.ConnectionActive, model.ConnectionPending, model.ConnectionError, model.ConnectionUnsupported}}
	return nil
}

// readConnections reads the first of those that a query chooses. more: there are others.
func readConnections(p *page, q url.Values) (cs []connection, more bool, err error) {
	var found struct {
		Connections []connection `json:"l2_gateway_connections"`
		Links       links        `json:"l2_gateway_connections_links"`
	}
	err = p.get("/v2.0/l2-gateway-connections", q, &found)
	nameConnections(p, found.Connections)
	return found.Connections, found.Links.pager(p).Next != "", err
}

func nameConnections(p *page, cs []connection) {
	for i := range cs {
		cs[i].Network, cs[i].Gateway = p.name("networks", cs[i].NetworkID), p.name("l2-gateways", cs[i].GatewayID)
	}
}

// gateway is an L2 gateway, as the API shows it.
type gateway struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	HAMode  string `json:"ha_mode"`
	Devices []part `json:"devices"`
}

// part is what a gateway has of one switch.
type part struct {
	DeviceID   string `json:"device_id"`
	DeviceName string `json:"device_name"`
	VNI        string `json:"segmentation_id"`
	Interfaces []struct {
		Name  string   `json:"name"`
		VLANs []string `json:"segmentation_id"`
	} `json:"interfaces"`
	// Name and Page are those of the device, as far as it is registered.
	Name string `json:"-"`
	Page string `json:"-"`
	// Said is what the status of the connection says of it.
	Said string `json:"-"`
}

// connectionView is one connection.
type connectionView struct {
	Connection connection
	Gateway    gateway
	Timeline   []timeline
	Events     []event
	EventsOff  string
}

func connectionPage(p *page) error {
	p.Live = true
	id := p.r.PathValue("id")
	var found struct {
		Connection connection `json:"l2_gateway_connection"`
	}
	if err := p.get(apiPath("v2.0", "l2-gateway-connections", id), nil, &found); isStatus(err, http.StatusNotFound) {
		return &apiError{Status: http.StatusNotFound, Message: "There is no connection " + id + "."} // Neutron's text lacks the id
	} else if err != nil {
		return err
	}
	all := []connection{found.Connection}
	nameConnections(p, all)
	v := &connectionView{Connection: all[0]}
	p.about("connection", "Connection "+v.Connection.Called(), "/ui/connections")
	p.View = v
	if err := readGateway(p, v); err != nil {
		return err
	}
	object := model.KindConnection + "/" + id
	now := time.Now()
	changes, err := conditionChanges(p, object, now.Add(-timelineLength))
	if err != nil {
		v.EventsOff = err.Error()
	}
	v.Timeline = newTimelines(v.Connection.Conditions, changes, now)
	v.Events, _, _ = readEvents(p, url.Values{"object": {object}, "limit": {"15"}}) // as above
	return nil
}

// readGateway reads the gateway of a connection, and what is said of its switches.
func readGateway(p *page, v *connectionView) error {
	var found struct {
		Gateway gateway `json:"l2_gateway"`
	}
	err := p.get(apiPath("v2.0", "l2-gateways", v.Connection.GatewayID), nil, &found)
	if err != nil && !isStatus(err, http.StatusNotFound) {
		return err
	}
	v.Gateway = found.Gateway
	for i := range v.Gateway.Devices {
		d := &v.Gateway.Devices[i]
		d.Name = d.DeviceName
		if d.DeviceID != "" {
			d.Name, d.Page = p.name("gateway_devices", d.DeviceID), link("switches", d.DeviceID)
		} else {
			d.Page = query(link("switches"), "name", d.DeviceName)
		}
		d.Said = saidOf(v.Connection.StatusDetail, d.Name)
	}
	return nil
}

// saidOf is what a status says of a device, whose name its parts begin with.
func saidOf(detail, device string) string {
	var out []string
	for text := range strings.SplitSeq(detail, "; ") {
		if after, is := strings.CutPrefix(text, "device "+device+": "); is {
			out = append(out, after)
		}
	}
	return strings.Join(out, "; ")
}
