package api

import (
	"encoding/json"
	"errors"

	"bordergw/model"
)

// connectionView is a connection with how far it has been realised. That is asked for once, when it is
// shown or filtered by: of a list only what is answered.
type connectionView struct {
	*model.L2GatewayConnection
	from  Status
	asked *model.ConnectionStatus
}

func viewConnection(c *call, x *model.L2GatewayConnection) *connectionView {
	return &connectionView{L2GatewayConnection: x, from: c.cfg.Status}
}

func (x *connectionView) status() *model.ConnectionStatus {
	if x.asked == nil {
		status := x.from.ConnectionStatus(x.ID)
		x.asked = &status
	}
	return x.asked
}

// connections is networking-l2gw's resource.
func connections() *resource[*connectionView] {
	return kept[model.L2GatewayConnection, *model.L2GatewayConnection, *connectionView]{
		table: func(d *model.Definitions) model.Table[model.L2GatewayConnection, *model.L2GatewayConnection] {
			return d.Connections
		},
		absent: func(string) *model.Error { return model.ErrConnectionNotFound() },
		view:   viewConnection,
		create: createConnection,
		update: updateConnection,
		remove: Store.DeleteConnection,
	}.serve(resource[*connectionView]{
		singular: "l2_gateway_connection", plural: "l2_gateway_connections", route: "/v2.0/l2-gateway-connections",
		attrs: connectionAttributes(),
		// Clients look for a connection by name before they delete it. Were the
		// name ignored, any name would find the only connection there is.
		matchNothing: []string{"name"},
		refuse:       adminRequired,
	})
}

func connectionAttributes() []attribute[*connectionView] {
	type C = *connectionView
	attrs := []attribute[C]{
		chosenIdentity[C](),
		{name: "network_id", doc: "network that is joined to the gateway", post: true, required: true, format: text, filter: true, sort: true,
			show: func(x C) any { return x.NetworkID }},
		{name: "l2_gateway_id", doc: "gateway that binds the network to ports, or joins it to other sites", post: true, format: text, filter: true, sort: true,
			show: func(x C) any { return x.L2GatewayID }},
		{name: "segmentation_id", aliases: segmentationAliases, post: true, format: segmentationText,
			filter: true, sort: true, show: showSegmentation,
			doc:  "VLAN, or for border devices VNI, where the gateway gives none",
			echo: func(x C) any { return x.SegmentationID.String() }},
		{name: "status", doc: "ACTIVE, PENDING (something is missing that may come), ERROR (something stands in the way) or UNSUPPORTED", filter: true, sort: true, format: shown(text), show: func(x C) any { return x.status().State }},
		readOnly("status_detail", "why the status is what it is: switch, object and reason", plainText(), func(x C) any { return x.status().Detail }),
		readOnly("conditions", "Accepted, Programmed, Bound, Flooding and TunnelsUp, each with its reason and since when", schemaOf[[]model.Condition](), func(x C) any { return showConditions(x.status().Conditions) }),
		readOnly("observed_revision", "revision of the definitions that the status is about", schemaOf[uint64](), func(x C) any { return x.status().ObservedRevision }),
	}
	return append(append(attrs, managedBy[C]()), ownership[C]()...)
}

// segmentationText is answered as a number or as text, see showSegmentation.
var segmentationText = format{parseSegmentationText, either(schema{"type": "integer"}, text.request), either(schema{"type": "integer"}, plainText())}

// parseSegmentationText accepts a string or an integer. What it may be follows
// from the gateway, see wantedKind.
func parseSegmentationText(v any) (any, error) {
	if n, isNumber := v.(json.Number); isNumber {
		if _, err := integer(n); err != nil && !errors.Is(err, errRange) {
			return nil, reasonf("'%s' is not a valid string", n)
		}
		return n.String(), nil
	}
	return stringValue(v)
}

// showSegmentation answers a read as upstream does: a number, or "" for none
// and for VLAN 0. A POST is answered with a string.
func showSegmentation(x *connectionView) any {
	if x.SegmentationID.Value == 0 {
		return ""
	}
	return int(x.SegmentationID.Value)
}

func createConnection(c *call, in values) (*model.L2GatewayConnection, error) {
	x := model.L2GatewayConnection{
		Record:      in.record(),
		L2GatewayID: valueOf[string](in, "l2_gateway_id"),
		NetworkID:   valueOf[string](in, "network_id"),
	}
	gw, _ := c.defs.Gateways.Get(x.L2GatewayID)
	if err := checkJoin(c.who, c.defs, x.NetworkID, gw); err != nil {
		return nil, err
	}
	if text := valueOf[string](in, "segmentation_id"); text != "" {
		kind := wantedKind(c.defs, gw)
		seg, err := parseSegmentation(kind, text)
		if err != nil {
			return nil, beforeRange(c.defs, x.NetworkID, kind, err)
		}
		x.SegmentationID = seg
	}
	if err := checkFree(c.defs, c.cfg.Status, &x, gw); err != nil {
		return nil, err
	}
	return c.cfg.Store.CreateConnection(c.r.Context(), x)
}

// updateConnection changes whose a connection is. All else is refused as upstream refuses it: a connection can not be changed.
func updateConnection(c *call, id string, in values) (*model.L2GatewayConnection, error) {
	manager, is := in["managed_by"].(string)
	if !is {
		return nil, errMethod("GET, DELETE")
	}
	if err := c.cfg.Store.Edit(c.r.Context(), func(e model.Editor) error { return e.ManageConnection(id, manager) }); err != nil {
		return nil, err
	}
	x, found := c.cfg.Store.Definitions().Connections.Get(id)
	if !found {
		return nil, model.ErrConnectionNotFound()
	}
	return x, nil
}

// checkJoin asks for the caller's rights on what a connection joins. It will
// belong to the gateway's project. gw is nil when there is none.
func checkJoin(who caller, defs *model.Definitions, network string, gw *model.L2Gateway) error {
	switch {
	case who.hidesNetwork(defs, network):
		return model.ErrNetworkNotFound(network)
	case gw == nil || who.may("create_l2_gateway_connection", gw.ProjectID):
		return nil
	case who.may("get_l2_gateway", gw.ProjectID):
		return adminRequired("create")
	}
	return model.ErrL2GatewayNotFound(gw.ID)
}

// checkFree refuses VLANs that an external writer has bound on a reachable switch, as
// upstream does. Later, and for a switch that is away, the connection's status says so.
// The store knows what is wrong with a network or gateway that does not exist.
func checkFree(defs *model.Definitions, status Status, x *model.L2GatewayConnection, gw *model.L2Gateway) error {
	if _, known := defs.Networks.Get(x.NetworkID); gw == nil || !known {
		return nil
	}
	where := model.NewPlaces(defs)
	for i := range gw.Devices {
		dev := &gw.Devices[i]
		if at, found := where.Find(dev); found {
			if err := checkFreeAt(status, at, dev.Interfaces, x.SegmentationID); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkFreeAt(status Status, at model.Place, ports []model.Interface, seg model.SegmentationID) error {
	for i := range ports {
		if by := status.Occupant(at, ports[i].Name, ports[i].VLANIDs(seg)); by != "" {
			return model.ErrDuplicateSegmentationID(ports[i].Name, by)
		}
	}
	return nil
}

// wantedKind is the kind of id that a gateway leaves to its connections, a VLAN for an
// unknown gateway.
func wantedKind(defs *model.Definitions, gw *model.L2Gateway) model.SegmentationKind {
	if gw == nil {
		return model.VLANSegmentation
	}
	return defs.SlotsOf(gw).Kind()
}

// parseSegmentation gives an id its kind. One that is not wanted at all is left
// for the store to refuse.
func parseSegmentation(kind model.SegmentationKind, s string) (model.SegmentationID, error) {
	if kind == model.VXLANSegmentation {
		n, err := segmentationNumber(s, 1, int64(model.MaxVNI))
		return model.VXLANID(model.VNI(n)), err
	}
	n, err := segmentationNumber(s, 0, int64(model.MaxVLAN))
	return model.VLANID(model.VLAN(n)), err
}

// beforeRange gives the refusal that upstream finds before it looks at the
// range of an id; for ids in range the store gives it.
func beforeRange(defs *model.Definitions, network string, kind model.SegmentationKind, outOfRange error) error {
	if _, known := defs.Networks.Get(network); !known {
		return model.ErrNetworkNotFound(network)
	}
	if kind == model.NoSegmentation {
		return model.ErrSegmentationGivenTwice()
	}
	return outOfRange
}
