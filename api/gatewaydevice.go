package api

import (
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
)

// deviceView is a registered device with what is known of its session.
type deviceView struct {
	*model.GatewayDevice
	macs   model.DeviceMACs
	status model.DeviceStatus
}

func viewDevice(c *call, d *model.GatewayDevice) deviceView {
	v := deviceView{d, c.defs.RemoteMACs.Of(d.ID), c.cfg.Status.DeviceStatus(d.ID)}
	v.status.Detail = strings.Join(slices.DeleteFunc([]string{v.status.Detail, idleMACs(c.cfg.Store, v.macs)}, func(s string) bool { return s == "" }), "; ")
	return v
}

// maxIdle bounds the VNIs that a device's status names.
const maxIdle = 5

// idleMACs says for the status of a device which of its remote MACs nothing makes use
// of, "" for none.
func idleMACs(index Index, of model.DeviceMACs) string {
	var idle []string
	for v := range of.VNIs() {
		if index.UsesVNI(v) {
			continue
		}
		if idle = append(idle, v.String()); len(idle) == maxIdle {
			break
		}
	}
	if len(idle) == 0 {
		return ""
	}
	return fmt.Sprintf(noteIdleMACs, strings.Join(idle, ", "))
}

// gatewayDevices is networking-midonet's device management with our own
// attributes added.
func gatewayDevices() *resource[deviceView] {
	return kept[model.GatewayDevice, *model.GatewayDevice, deviceView]{
		table:  func(d *model.Definitions) model.Table[model.GatewayDevice, *model.GatewayDevice] { return d.Devices },
		absent: model.ErrGatewayDeviceNotFound,
		view:   viewDevice,
		create: createGatewayDevice,
		update: updateGatewayDevice,
		remove: Store.DeleteGatewayDevice,
	}.serve(resource[deviceView]{
		singular: "gateway_device", plural: "gateway_devices", route: "/v2.0/gw/gateway_devices",
		attrs:  gatewayDeviceAttributes(),
		remark: reviewer.device,
	})
}

func gatewayDeviceAttributes() []attribute[deviceView] {
	type D = deviceView
	orNone := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	attrs := []attribute[D]{
		chosenIdentity[D](),
		{name: "name", doc: "what people call the device; that of its Physical_Switch, if gateways name it so", post: true, put: true, format: text, filter: true, sort: true,
			show: func(d D) any { return d.Name }},
		{name: "type", doc: "hw_vtep (default): a switch with a hardware_vtep database; the others are stored only", post: true, format: oneOf(model.HWVTEP, model.RouterVTEP, model.NetworkVLAN),
			fallback: model.HWVTEP, filter: true, sort: true, show: func(d D) any { return d.Type }},
		{name: "management_ip", post: true, put: true, doc: "where the switch database is dialled", format: orNull(ipAddress), show: func(d D) any { return orNone(d.ManagementIP) }},
		{name: "management_port", doc: "port of the switch database, usually 6640", post: true, put: true, format: orNull(portNumber), show: showManagementPort},
		{name: "management_protocol", post: true, put: true,
			doc:    "ovsdb (default): it is dialled; ovsdb+ssl: with TLS; ovsdb-listen: the switch dials in",
			format: orNull(oneOf(model.ProtocolOVSDB, model.ProtocolOVSDBTLS, model.ProtocolOVSDBListen)),
			show:   func(d D) any { return orNone(d.ManagementProtocol) }},
		{name: "resource_id", doc: "router or network of the other types", post: true, format: text, show: func(d D) any { return d.ResourceID }},
		{name: "tunnel_ips", post: true, put: true, doc: "at most one; used while the switch shows none", format: listOf[model.VTEPAddress](vtepAddress),
			show: func(d D) any { return append([]model.VTEPAddress{}, d.TunnelIPs...) }},
		readOnly("remote_mac_entries", "MACs behind tunnel end points that no registered switch has", schemaOf[[]model.RemoteMACEntry](), func(d D) any { return showRemoteMACs(d.macs) }),
		{name: "site", doc: "switches of one site mesh, sites meet as border_mode says", post: true, put: true, format: text, filter: true, sort: true,
			show: func(d D) any { return d.Site }},
		{name: "profile", doc: profileDoc(), post: true, put: true, format: text, show: func(d D) any { return d.Profile }},
		{name: "border_mode", post: true, put: true,
			doc: "how frames pass between sites: direct (default), straight from every switch to the far end; stitch, through a cable between two ports; relay, from tunnel to tunnel in the border", format: oneOf(model.BorderDirect, model.BorderStitch, model.BorderRelay),
			show: func(d D) any { return d.BorderMode }},
		{name: "stitch_ports", post: true, put: true, doc: "the two ports that a cable joins (stitch)", format: listOf[string](nameText),
			show: func(d D) any { return append([]string{}, d.StitchPorts...) }},
		{name: "tls", doc: "name of a CA or fingerprint in the configuration", post: true, put: true, format: text, show: func(d D) any { return d.TLS }},
		{name: "drift_policy", post: true, put: true, doc: "what is done about managed rows that an external writer changes: repair (default) writes them again, report shows them and leaves them",
			format: oneOf(model.DriftRepair, model.DriftReport), show: func(d D) any { return d.DriftPolicy }},
		{name: "accept_replacement", put: true, format: boolean,
			doc: "true: another unit takes the place of this switch; the next one of its name that dials in is it"},
		{name: "status", doc: "IN_SYNC, SYNCING (being written), READING, DEGRADED (something is not as it should be), UNREACHABLE, DRIVEN_ELSEWHERE (another registration drives the switch) or UNSUPPORTED (stored only)", filter: true, sort: true, format: shown(text), show: func(d D) any { return d.status.Phase }},
		readOnly("status_detail", "why the status is what it is", plainText(), func(d D) any { return d.status.Detail }),
		readOnly("last_error", "why the last session, or the last attempt at one, ended", plainText(), func(d D) any { return d.status.LastError }),
		readOnly("conditions", "Reachable, InSync and CertificateValid, each with its reason and since when", schemaOf[[]model.Condition](), func(d D) any { return showConditions(d.status.Conditions) }),
		readOnly("observed_revision", "revision of the definitions that the status is about", schemaOf[uint64](), func(d D) any { return d.status.ObservedRevision }),
	}
	return append(append(attrs, managedBy[D]()), ownership[D]()...)
}

// profileDoc lists the profiles.
func profileDoc() string {
	names, features := model.Profiles()
	return "what the switch is able to do: one of " + names + " (default auto, which probes), with +FEATURE for each of " + features + ", as in ovs-vtep+bfd"
}

func showManagementPort(d deviceView) any {
	if d.ManagementPort == 0 {
		return nil
	}
	return int(d.ManagementPort)
}

func showConditions(cs []model.Condition) any { return append([]model.Condition{}, cs...) }

func createGatewayDevice(c *call, in values) (*model.GatewayDevice, error) {
	if id := valueOf[string](in, "resource_id"); in["type"] == model.NetworkVLAN && c.who.hidesNetwork(c.defs, id) {
		return nil, model.ErrResourceNotFound(id)
	}
	return c.cfg.Store.CreateGatewayDevice(c.r.Context(), model.GatewayDevice{
		Record:             in.record(),
		Name:               valueOf[string](in, "name"),
		Type:               valueOf[model.DeviceType](in, "type"),
		ManagementIP:       valueOf[string](in, "management_ip"),
		ManagementPort:     valueOf[uint16](in, "management_port"),
		ManagementProtocol: valueOf[string](in, "management_protocol"),
		ResourceID:         valueOf[string](in, "resource_id"),
		TunnelIPs:          valueOf[[]model.VTEPAddress](in, "tunnel_ips"),
		Site:               valueOf[string](in, "site"),
		Profile:            valueOf[string](in, "profile"),
		BorderMode:         valueOf[model.BorderMode](in, "border_mode"),
		StitchPorts:        valueOf[[]string](in, "stitch_ports"),
		TLS:                valueOf[string](in, "tls"),
		DriftPolicy:        valueOf[model.DriftPolicy](in, "drift_policy"),
	})
}

func updateGatewayDevice(c *call, id string, in values) (*model.GatewayDevice, error) {
	return c.cfg.Store.UpdateGatewayDevice(c.r.Context(), id, model.GatewayDeviceUpdate{
		Name: given[string](in, "name"),

		ManagementIP:       givenOrNull[string](in, "management_ip"),
		ManagementPort:     givenOrNull[uint16](in, "management_port"),
		ManagementProtocol: givenOrNull[string](in, "management_protocol"),

		TunnelIPs:   given[[]model.VTEPAddress](in, "tunnel_ips"),
		Site:        given[string](in, "site"),
		Profile:     given[string](in, "profile"),
		BorderMode:  given[model.BorderMode](in, "border_mode"),
		StitchPorts: given[[]string](in, "stitch_ports"),
		TLS:         given[string](in, "tls"),
		DriftPolicy: given[model.DriftPolicy](in, "drift_policy"),
		ManagedBy:   given[string](in, "managed_by"),
		Replaced:    valueOf[bool](in, "accept_replacement"),
	})
}
