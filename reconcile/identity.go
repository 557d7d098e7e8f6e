package reconcile

import (
	"slices"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/vtep/transport"
)

// identityOf tells which device a switch is, by some definitions.
func identityOf(defs *model.Definitions, tls *transport.TLS) *connector.Identity {
	return &connector.Identity{Definitions: defs, Registrations: defs.Registrations(), TLS: tls}
}

// sharing lists the devices that reach a device's database, itself among them; none if it
// is not registered.
func sharing(defs *model.Definitions, id string) []*model.GatewayDevice {
	gd, ok := defs.Devices.Get(id)
	if !ok {
		return nil
	}
	return defs.Registrations().Sharing(gd)
}

// anyShared reports whether a device, or one that reaches the same database, is in a
// set.
func anyShared(defs *model.Definitions, set map[string]bool, id string) bool {
	return set[id] || slices.ContainsFunc(sharing(defs, id), func(gd *model.GatewayDevice) bool { return set[gd.ID] })
}
