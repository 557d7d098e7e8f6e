package model

import (
	"errors"
	"fmt"
	"slices"
)

// Kind classes an Error by what the caller can do about it.
type Kind int

const (
	// Internal is a fault of ours; its text is for the log only.
	Internal Kind = iota
	// Invalid input: the request can never succeed as it stands.
	Invalid
	// NotFound: a thing that the request names does not exist.
	NotFound
	// Conflict with what exists, including things still in use.
	Conflict
	// Forbidden to this caller.
	Forbidden
	// Unavailable now; trying again may help.
	Unavailable
	// PreconditionFailed: what the caller has seen has changed since (RFC 9110, section 13.1.1).
	PreconditionFailed
	// Gone: what is asked for was there, and is kept no longer.
	Gone
)

// Error is a refusal that the caller sees.
type Error struct {
	Kind Kind
	// Type is the Neutron exception class name, by which clients distinguish errors
	// apart.
	Type string
	// Message names everything. It is for administrators and the log.
	Message string
	// format and args make up Message, if it names what belongs to a project.
	format string
	args   []any
}

func (e *Error) Error() string { return e.Message }

// For is the message for somebody who sees what belongs to some projects only.
func (e *Error) For(sees func(project string) bool) string {
	if e.format == "" {
		return e.Message
	}
	args := slices.Clone(e.args)
	for i, a := range args {
		if o, ok := a.(owned); ok {
			args[i] = o.For(sees)
		}
	}
	return fmt.Sprintf(e.format, args...)
}

// About says which object an error is about. A refusal stays one of its kind.
func About(object string, err error) error {
	var refusal *Error
	if errors.As(err, &refusal) {
		return &Error{Kind: refusal.Kind, Type: refusal.Type, Message: object + ": " + refusal.Message}
	}
	return fmt.Errorf("%s: %w", object, err)
}

// owned is a part of a message that depends on who reads it.
type owned interface {
	// String names everything.
	String() string
	For(sees func(project string) bool) string
}

// ownedName is a name that administrators and one project may see. Others see the text
// otherwise.
type ownedName struct{ project, name, otherwise string }

func (n ownedName) String() string { return n.name }

func (n ownedName) For(sees func(project string) bool) string {
	if sees(n.project) {
		return n.name
	}
	return n.otherwise
}

// Called is a network in an error: by its name for its project, by its id for others.
func (n *Network) Called() fmt.Stringer {
	return ownedName{n.ProjectID, calledName(n.Name, n.ID), n.ID}
}

// Called is a device in an error: by its name for its project, by its id for others.
func (d *GatewayDevice) Called() fmt.Stringer {
	return ownedName{d.ProjectID, calledName(d.Name, d.ID), d.ID}
}

// KindOf gives the kind of the first Error in err's chain, else Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

func refuse(k Kind, typ, format string, args ...any) *Error {
	e := &Error{Kind: k, Type: typ, Message: fmt.Sprintf(format, args...)}
	if slices.ContainsFunc(args, func(a any) bool { _, ok := a.(owned); return ok }) {
		e.format, e.args = format, args
	}
	return e
}

// The refusals below carry the class names and texts of Neutron,
// networking-l2gw and networking-midonet, so that stock clients act on them.

// ErrBadRequest is Neutron's answer to a malformed attribute.
func ErrBadRequest(format string, args ...any) *Error {
	return refuse(Invalid, "HTTPBadRequest", format, args...)
}

// ErrInvalidInput is neutron_lib's InvalidInput.
func ErrInvalidInput(format string, args ...any) *Error {
	return refuse(Invalid, "InvalidInput", "Invalid input for operation: "+format+".", args...)
}

// ErrDeletedDeviceNotFound refuses what is no deleted device that is to be cleaned.
func ErrDeletedDeviceNotFound(id string) *Error {
	return refuse(NotFound, "DeletedDeviceNotFound", "Deleted device %s could not be found: it is clean, or was never deleted.", id)
}

// ErrNetworkNotFound refuses an unknown network.
func ErrNetworkNotFound(id string) *Error {
	return refuse(NotFound, "NetworkNotFound", "Network %s could not be found.", id)
}

// ErrNetworkInUse refuses to delete a network that has connections.
func ErrNetworkInUse(id string) *Error {
	return refuse(Conflict, "NetworkInUse",
		"Unable to complete operation on network %s. There are one or more l2 gateway connections in use on the network.", id)
}

// ErrIDInUse refuses an id given on create that exists already.
func ErrIDInUse(kind, id string) *Error {
	return refuse(Conflict, "Conflict", "%s %s already exists.", kind, id)
}

// ErrDeletedDeviceID refuses the id of a deleted device whose switch may still hold its rows, for
// a device at another address.
func ErrDeletedDeviceID(id string) *Error {
	return refuse(Conflict, "Conflict",
		"Gateway device %s was deleted and its switch has not been cleaned yet. Register it at its former address, wait, "+
			"give another id, or purge the deleted device.", id)
}

// ErrTooManySources refuses one more source of end points in a network.
func ErrTooManySources(network string) *Error {
	return refuse(Conflict, "EndpointSourcesExceeded",
		"Network %s has end points of %d sources, which is the most. Delete the end points of one of them first.", network, MaxEndpointSources)
}

// ErrVNIInUse refuses a VNI that another network has. Its name is its project's to know.
func ErrVNIInUse(v VNI, by *Network) *Error {
	which := ownedName{by.ProjectID, calledName(by.Name, by.ID), by.ID}
	return refuse(Conflict, "VNIInUse", "VNI %s is in use by network %s.", v, which)
}

// ErrNoVNILeft is the answer when the VNI range is exhausted; quarantined is how
// many of it a switch may still use for deleted networks.
func ErrNoVNILeft(r VNIRange, quarantined int) *Error {
	if quarantined > 0 {
		return refuse(Conflict, "NoNetworkAvailable",
			"No VNI is left in the range %s; %d of them belonged to deleted networks and may still be in use on a switch.", r, quarantined)
	}
	return refuse(Conflict, "NoNetworkAvailable", "No VNI is left in the range %s.", r)
}

// ErrL2GatewayNotFound refuses an unknown gateway.
func ErrL2GatewayNotFound(id string) *Error {
	return refuse(NotFound, "L2GatewayNotFound", "L2 Gateway %s could not be found", id)
}

// ErrL2GatewayInUse refuses to delete a gateway that has connections.
func ErrL2GatewayInUse(id string) *Error {
	return refuse(Conflict, "L2GatewayInUse",
		"L2 Gateway '%s' still has active mappings with one or more neutron networks.", id)
}

// ErrL2GatewayDeviceNotFound refuses a switch name that is not known.
func ErrL2GatewayDeviceNotFound(name string) *Error {
	return refuse(NotFound, "L2GatewayDeviceNotFound", "L2 Gateway Device %s could not be found.", name)
}

// ErrInterfaceNotFound refuses a port that a known switch lacks.
func ErrInterfaceNotFound(port string) *Error {
	return refuse(NotFound, "L2GatewayInterfaceNotFound", "L2 Gateway interface '%s' not found.", port)
}

// ErrPhysicalPortNotFound is the same when a gateway is updated.
func ErrPhysicalPortNotFound(port, sw string) *Error {
	return refuse(NotFound, "L2GatewayPhysicalPortNotFound",
		"Physical Port '%s' in Physical switch '%s' could not be found", port, sw)
}

// ErrSwitchFault refuses a switch that reports a fault.
func ErrSwitchFault(sw, fault string) *Error {
	return refuse(Conflict, "L2GatewayPhysicalSwitchFaultStatus",
		"Physical Switch '%s' switch_fault_status is '%s'", sw, fault)
}

// ErrPortFault refuses a port that reports a fault.
func ErrPortFault(port, sw, fault string) *Error {
	return refuse(Conflict, "L2GatewayPhysicalPortFaultStatus",
		"Physical Port '%s' in Physical switch '%s' port_fault_status is '%s'", port, sw, fault)
}

// ErrSegmentationRequired refuses a device of which some interfaces carry VLANs
// and some do not.
func ErrSegmentationRequired() *Error {
	return refuse(Conflict, "L2GatewaySegmentationRequired",
		"L2 gateway segmentation id must be consistent for all the interfaces")
}

// ErrSegmentationGivenTwice refuses the segmentation id of a connection whose gateway
// carries all ids itself.
func ErrSegmentationGivenTwice() *Error {
	return ErrInvalidInput("default segmentation_id should not be provided when segmentation_id is assigned during l2gateway creation")
}

// ErrSegmentationIDExists refuses to make a tagged gateway untagged.
func ErrSegmentationIDExists() *Error {
	return refuse(Conflict, "L2GatewaySegmentationIDExists",
		"The segmentation id is already specified in existing gateway interfaces.")
}

// ErrSegmentationIDNotExists refuses to make an untagged gateway tagged.
func ErrSegmentationIDNotExists() *Error {
	return refuse(Conflict, "L2GatewaySegmentationIDNotExists",
		"The segmentation id is not specified in existing gateway interfaces.")
}

// ErrDuplicateSegmentationID refuses a VLAN that is taken on a port.
func ErrDuplicateSegmentationID(port, uuid string) *Error {
	return refuse(Conflict, "L2GatewayDuplicateSegmentationID",
		"Duplicate segmentation ID for the interface name=%s uuid=%s", port, uuid)
}

// ErrConnectionExists refuses to join a network to a gateway twice. Upstream
// prints the mapping as a Python dictionary.
func ErrConnectionExists(c *L2GatewayConnection) *Error {
	return refuse(Conflict, "L2GatewayConnectionExists",
		"The specified mapping '{'network_id': '%s', 'l2_gateway_id': '%s', 'segmentation_id': '%s'}' exists on network gateway '%s'.",
		c.NetworkID, c.L2GatewayID, c.SegmentationID, c.L2GatewayID)
}

// ErrConnectionNotFound refuses an unknown connection. Upstream leaves the id
// out.
func ErrConnectionNotFound() *Error {
	return refuse(NotFound, "L2GatewayConnectionNotFound", "The connection  not found on the l2 gateway")
}

// ErrStretchConflict refuses a border connection whose VNI clashes.
func ErrStretchConflict(format string, args ...any) *Error {
	return refuse(Conflict, "L2GatewaySegmentationIDInUse", format, args...)
}

// ErrGatewayDeviceNotFound refuses an unknown gateway device.
func ErrGatewayDeviceNotFound(id string) *Error {
	return refuse(NotFound, "GatewayDeviceNotFound", "Gateway device %s does not exist", id)
}

// ErrGatewayDeviceInUse refuses to delete a device that a gateway names. Behind
// upstream's text stands which one, for its project.
func ErrGatewayDeviceInUse(gd *GatewayDevice, by *L2Gateway) *Error {
	which := ownedName{by.ProjectID, " " + calledName(by.Name, by.ID), ""}
	return refuse(Conflict, "GatewayDeviceInUse", "Gateway device %s is in use by l2 gateway%s", gd.ID, which)
}

// ErrGatewayDeviceDuplicate refuses a parameter that another device has. Behind
// upstream's text stands whose it is, for its project.
func ErrGatewayDeviceDuplicate(param, value string, by *GatewayDevice) *Error {
	which := ownedName{by.ProjectID, "gateway device " + calledName(by.Name, by.ID), "a gateway device of another project"}
	return refuse(Conflict, "GatewayDeviceParamDuplicate", "%s %s is already used by %s", param, value, which)
}

// calledName is a name with the id beside it, or the id alone.
func calledName(name, id string) string {
	if name == "" || name == id {
		return id
	}
	return fmt.Sprintf("%s (%s)", name, id)
}

// ErrDeviceTypeInvalid refuses a device that lacks what its type needs.
func ErrDeviceTypeInvalid(t DeviceType, needs string) *Error {
	class := map[DeviceType]string{
		HWVTEP: "HwVtepTypeInvalid", RouterVTEP: "RouterVtepTypeInvalid", NetworkVLAN: "NetworkVlanTypeInvalid",
	}[t]
	return refuse(Invalid, class, "Gateway device %s must be specified with %s", t, needs)
}

// ErrResourceNotFound refuses a resource id that names nothing.
func ErrResourceNotFound(id string) *Error {
	return refuse(NotFound, "ResourceNotFound", "specified resource %s does not exist", id)
}

// ErrResourceInUse refuses a resource that another device stands for.
func ErrResourceInUse(id, kind string) *Error {
	return refuse(Conflict, "DeviceInUseByGatewayDevice", "device %s (%s) is in use by gateway device", id, kind)
}

// ErrTunnelIPsRequired and ErrTunnelIPsExhausted bound the tunnel_ips.
func ErrTunnelIPsRequired() *Error {
	return refuse(Invalid, "TunnelIPsRequired",
		"Unable to complete operation for Gateway Device. The tunnel ips are required for hw_vtep type.")
}

// ErrTunnelIPsExhausted refuses more than one tunnel address.
func ErrTunnelIPsExhausted() *Error {
	return refuse(Invalid, "TunnelIPsExhausted",
		"Unable to complete operation for Gateway Device. The number of tunnel ips exceeds the maximum 1.")
}

// ErrRemoteMACNotFound refuses an unknown remote MAC entry.
func ErrRemoteMACNotFound(id string) *Error {
	return refuse(NotFound, "RemoteMacEntryNotFound", "Remote MAC entry %s does not exist", id)
}

// ErrRemoteMACWrongDevice refuses an entry that belongs to another device.
func ErrRemoteMACWrongDevice(id, device string) *Error {
	return refuse(Invalid, "RemoteMacEntryWrongGatewayDevice",
		"Remote MAC entry %s does not belong to gateway device %s", id, device)
}

// ErrRemoteMACDuplicate refuses a MAC that stands on the device for that VNI.
func ErrRemoteMACDuplicate(m MAC) *Error {
	return refuse(Conflict, "DuplicateRemoteMacEntry",
		"Request contains duplicate remote mac address entry: mac_address %s.", m)
}

// ErrRemoteMACNotSupported refuses entries on a network_vlan device.
func ErrRemoteMACNotSupported(t DeviceType) *Error {
	return refuse(Conflict, "OperationRemoteMacEntryNotSupported",
		"Unable to operate remote_mac_entry for gateway device %s type.", t)
}

// ErrAdminRequired refuses a caller without the admin role.
func ErrAdminRequired(verb string) *Error {
	return refuse(Forbidden, "AdminRequired",
		"User does not have admin privileges: Cannot %s resource for non admin tenant.", verb)
}

// ErrUnavailable says that the store can not answer now.
func ErrUnavailable(format string, args ...any) *Error {
	return refuse(Unavailable, "ServiceUnavailable", format, args...)
}
