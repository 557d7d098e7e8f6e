package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"bordergw/model"
)

// CreateGatewayDevice registers a switch database, or stores a device of a type
// that is not driven. Remote MACs are added afterwards.
func (s *Store) CreateGatewayDevice(ctx context.Context, gd model.GatewayDevice) (*model.GatewayDevice, error) {
	return write(ctx, s, func(t *txn) (*model.GatewayDevice, error) { return t.createDevice(gd) })
}

// UpdateGatewayDevice changes what the update lists.
func (s *Store) UpdateGatewayDevice(ctx context.Context, id string, u model.GatewayDeviceUpdate) (*model.GatewayDevice, error) {
	return write(ctx, s, func(t *txn) (*model.GatewayDevice, error) { return t.updateDevice(id, u) })
}

// DeleteGatewayDevice removes a device that no gateway names, with its
// inventory and its remote MACs. A driven one that has been read leaves a
// RetiredDevice, so that its rows can be cleaned when it is seen again. One that
// was never read holds nothing of ours.
func (s *Store) DeleteGatewayDevice(ctx context.Context, id string) error {
	return s.do(ctx, func(t *txn) error { return t.deleteDevice(id) })
}

func (t *txn) device(id string) (*model.GatewayDevice, error) {
	gd, ok := t.next.Devices.Get(id)
	if !ok {
		return nil, model.ErrGatewayDeviceNotFound(id)
	}
	return gd, nil
}

func (t *txn) createDevice(gd model.GatewayDevice) (*model.GatewayDevice, error) {
	gd.Type = cmp.Or(gd.Type, model.HWVTEP)
	succeeds := t.predecessors(&gd)
	if err := t.checkDeviceQuota(gd.ProjectID, succeeds); err != nil {
		return nil, err
	}
	gd.Record = t.newRecord(gd.ProjectID)
	gd.TunnelIPs, gd.StitchPorts = slices.Clone(gd.TunnelIPs), slices.Clone(gd.StitchPorts)
	if err := t.checkType(&gd); err != nil {
		return nil, err
	}
	if err := t.checkDevice(&gd); err != nil {
		return nil, err
	}
	made := devices.put(t, &gd)
	t.succeed(made, succeeds)
	return made, nil
}

// checkType checks what the type asks for and drops what it does not know, in
// the order of networking-midonet.
func (t *txn) checkType(gd *model.GatewayDevice) error {
	switch gd.Type {
	case model.HWVTEP:
		gd.ResourceID = ""
		gd.ManagementProtocol = cmp.Or(gd.ManagementProtocol, model.ProtocolOVSDB)
		gd.BorderMode = cmp.Or(gd.BorderMode, model.BorderDirect)
		gd.DriftPolicy = cmp.Or(gd.DriftPolicy, model.DriftRepair)
		return t.checkAddress(gd)
	case model.RouterVTEP, model.NetworkVLAN:
		gd.ManagementIP, gd.ManagementPort, gd.ManagementProtocol = "", 0, ""
		return t.checkResource(gd)
	}
	return model.ErrBadRequest("Invalid input for type. Reason: %s is not in valid_values.", gd.Type)
}

// checkAddress: several databases may share an IP address, not
// an IP address and port.
func (t *txn) checkAddress(gd *model.GatewayDevice) error {
	if gd.ManagementIP == "" || gd.ManagementPort == 0 {
		if gd.ManagementProtocol == model.ProtocolOVSDBListen {
			return nil
		}
		return model.ErrDeviceTypeInvalid(gd.Type, "management_port and management_ip")
	}
	for o := range t.next.Devices.All() {
		if o.ID != gd.ID && sameAddress(o, gd) {
			return model.ErrGatewayDeviceDuplicate("management_ip", fmt.Sprintf("%s with management_port %d", gd.ManagementIP, gd.ManagementPort), o)
		}
	}
	return nil
}

func sameAddress(a, b *model.GatewayDevice) bool {
	return a.ManagementIP != "" && a.ManagementIP == b.ManagementIP && a.ManagementPort == b.ManagementPort
}

// checkResource: routers are not known here, networks are.
func (t *txn) checkResource(gd *model.GatewayDevice) error {
	if gd.ResourceID == "" {
		return model.ErrDeviceTypeInvalid(gd.Type, "resource_id")
	}
	kind := "router"
	if gd.Type == model.NetworkVLAN {
		kind = "network"
		gd.TunnelIPs = nil
		if _, ok := t.next.Networks.Get(gd.ResourceID); !ok {
			return model.ErrResourceNotFound(gd.ResourceID)
		}
	}
	for o := range t.next.Devices.All() {
		if o.Type == gd.Type && o.ResourceID == gd.ResourceID {
			return model.ErrResourceInUse(gd.ResourceID, kind)
		}
	}
	return nil
}

// checkDevice checks what an update may change too.
func (t *txn) checkDevice(gd *model.GatewayDevice) error {
	if len(gd.TunnelIPs) > 1 {
		return model.ErrTunnelIPsExhausted()
	}
	// Those of a switch are read from its Physical_Switch.
	if len(gd.TunnelIPs) == 0 && gd.Type == model.RouterVTEP {
		return model.ErrTunnelIPsRequired()
	}
	for o := range t.next.Devices.All() {
		for _, ip := range gd.TunnelIPs {
			if o.ID != gd.ID && slices.Contains(o.TunnelIPs, ip) {
				return model.ErrGatewayDeviceDuplicate("tunnel_ips", ip.String(), o)
			}
		}
	}
	if _, err := model.ParseProfile(gd.Profile); err != nil {
		return model.ErrBadRequest("Invalid input for profile. Reason: %s.", err)
	}
	p := gd.StitchPorts
	if len(p) > 2 {
		return model.ErrBadRequest("Invalid input for stitch_ports. Reason: a cable has two ends.")
	}
	if gd.BorderMode == model.BorderStitch && (len(p) != 2 || p[0] == p[1] || p[0] == "" || p[1] == "") {
		return model.ErrBadRequest("Invalid input for stitch_ports. Reason: stitch mode needs exactly two different ports.")
	}
	return nil
}

func (t *txn) updateDevice(id string, u model.GatewayDeviceUpdate) (*model.GatewayDevice, error) {
	old, err := t.device(id)
	if err != nil {
		return nil, err
	}
	gd := *old
	set(&gd.Name, u.Name)
	set(&gd.Site, u.Site)
	set(&gd.Profile, u.Profile)
	set(&gd.BorderMode, u.BorderMode)
	set(&gd.TLS, u.TLS)
	set(&gd.DriftPolicy, u.DriftPolicy)
	if u.Replaced && gd.Driven() {
		gd.Accepted = t.next.Revision
	}
	if u.TunnelIPs != nil && gd.Type != model.NetworkVLAN {
		gd.TunnelIPs = slices.Clone(*u.TunnelIPs)
	}
	if u.StitchPorts != nil {
		gd.StitchPorts = slices.Clone(*u.StitchPorts)
	}
	if err := t.moveDevice(&gd, u); err != nil {
		return nil, err
	}
	if err := t.checkDevice(&gd); err != nil {
		return nil, err
	}
	stored := devices.replace(t, old, &gd)
	if gd.Profile != old.Profile {
		t.forgetReplication(id)
	}
	t.stitchDevice(id)
	if gd.Name != old.Name || gd.BorderMode != old.BorderMode {
		t.settleAll()
	}
	return stored, nil
}

// moveDevice changes where a driven device is reached, under the rules of a new
// one. What stands on the switch is not touched: it is the same device.
func (t *txn) moveDevice(gd *model.GatewayDevice, u model.GatewayDeviceUpdate) error {
	if !gd.Driven() {
		return nil // as on creation, other types have no endpoint
	}
	was := *gd
	set(&gd.ManagementIP, u.ManagementIP)
	set(&gd.ManagementPort, u.ManagementPort)
	set(&gd.ManagementProtocol, u.ManagementProtocol)
	gd.ManagementProtocol = cmp.Or(gd.ManagementProtocol, model.ProtocolOVSDB)
	if sameAddress(&was, gd) && was.ManagementProtocol == gd.ManagementProtocol {
		return nil
	}
	if err := t.checkAddress(gd); err != nil {
		return err
	}
	t.succeed(gd, t.predecessors(gd))
	return nil
}

func (t *txn) deleteDevice(id string) error {
	gd, err := t.device(id)
	if err != nil {
		return err
	}
	if g := t.namedBy(gd); g != nil {
		return model.ErrGatewayDeviceInUse(gd, g)
	}
	_, read := t.next.Inventories.Get(id)
	heir := otherWay(newPlaces(&t.next), gd)
	devices.remove(t, id)
	t.deleteRemoteMACsOf(id)
	inventories.remove(t, id)
	switch {
	case heir != nil: // reaches the same switch, and cleans what is left there
		t.passOn(id, heir.ID)
	case gd.Driven() && read:
		retired.put(t, &model.RetiredDevice{GatewayDevice: *gd, RetiredAt: t.steady})
	case gd.Driven():
		t.passOn(id, "")
	}
	return nil
}

// otherWay is the first other device that reaches the same database, nil for none.
func otherWay(places *places, gd *model.GatewayDevice) *model.GatewayDevice {
	for _, o := range places.Registrations().Sharing(gd) {
		if o.ID != gd.ID {
			return o
		}
	}
	return nil
}

// namedBy is the first gateway that means this device, nil if none does. One that
// names a switch which another device reaches as well does not.
func (t *txn) namedBy(gd *model.GatewayDevice) *model.L2Gateway {
	places := newPlaces(&t.next)
	for g := range t.next.Gateways.All() {
		for i := range g.Devices {
			dev := &g.Devices[i]
			p, ok := places.Find(dev)
			if dev.DeviceID == gd.ID || ok && dev.DeviceID == "" && p.Device.ID == gd.ID && !heldElsewhere(places, p, gd) {
				return g
			}
		}
	}
	return nil
}

// heldElsewhere reports whether a switch is found without the device.
func heldElsewhere(places *places, at model.Place, gd *model.GatewayDevice) bool {
	sharing := places.Registrations().Sharing(gd)
	return slices.ContainsFunc(places.Registrations().Holders(at.Switch), func(h model.Holder) bool {
		return h.Device.ID != gd.ID && !h.Switch.Missing && slices.Contains(sharing, h.Device)
	})
}

// predecessors are the deleted devices that a new one takes the place of, as it
// has their address. One that dials us is known by its name only.
func (t *txn) predecessors(gd *model.GatewayDevice) (out []*model.RetiredDevice) {
	if !gd.Driven() {
		return nil
	}
	for r := range t.next.Retired.All() {
		listens := gd.ManagementIP == "" && r.ManagementIP == "" && gd.Name == r.Name
		if listens || sameAddress(&r.GatewayDevice, gd) {
			out = append(out, r)
		}
	}
	return out
}

// succeed makes a device the heir of what had to be cleaned on others. They have
// been read, and so it counts as read: it may hold what they held.
func (t *txn) succeed(gd *model.GatewayDevice, predecessors []*model.RetiredDevice) {
	for _, r := range predecessors {
		retired.remove(t, r.ID)
		t.passOn(r.ID, gd.ID)
		t.markRead(gd, r.RetiredAt)
	}
}
