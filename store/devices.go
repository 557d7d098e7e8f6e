package store

import (
	"cmp"
	"fmt"
	"slices"

	"bordergw/model"
)

// deviceRules keep gateway devices: an address, a resource and a tunnel address belong to
// one of them. One that a gateway names is not deleted, and what may stand on the switch
// of a deleted one is remembered.
type deviceRules struct {
	tx          *txn
	at          instant
	quotas      *quotaRules
	cleanup     *cleanup
	stitching   *stitching
	inventories *inventoryRules
}

func (r *deviceRules) create(gd model.GatewayDevice) (*model.GatewayDevice, error) {
	gd.Type = cmp.Or(gd.Type, model.HWVTEP)
	succeeds := r.predecessors(&gd)
	if err := r.quotas.checkDevice(gd.ProjectID, succeeds); err != nil {
		return nil, err
	}
	var err error
	if gd.Record, err = devices.newRecord(r.tx, "Gateway device", gd.Record, gd.ProjectID); err != nil {
		return nil, err
	}
	if old, dead := r.tx.next.Retired.Get(gd.ID); dead && !slices.Contains(succeeds, old) {
		return nil, model.ErrDeletedDeviceID(gd.ID) // its switch is elsewhere
	}
	gd.TunnelIPs, gd.StitchPorts = slices.Clone(gd.TunnelIPs), slices.Clone(gd.StitchPorts)
	if err := r.checkType(&gd); err != nil {
		return nil, err
	}
	if err := r.check(&gd); err != nil {
		return nil, err
	}
	made := devices.put(r.tx, &gd)
	r.succeed(made, succeeds)
	return made, nil
}

// checkType checks what the type asks for and drops what it does not know, in
// the order of networking-midonet.
func (r *deviceRules) checkType(gd *model.GatewayDevice) error {
	switch gd.Type {
	case model.HWVTEP:
		gd.ResourceID = ""
		gd.ManagementProtocol = cmp.Or(gd.ManagementProtocol, model.ProtocolOVSDB)
		gd.BorderMode = cmp.Or(gd.BorderMode, model.BorderDirect)
		gd.DriftPolicy = cmp.Or(gd.DriftPolicy, model.DriftRepair)
		return r.checkAddress(gd)
	case model.RouterVTEP, model.NetworkVLAN:
		gd.ManagementIP, gd.ManagementPort, gd.ManagementProtocol = "", 0, ""
		return r.checkResource(gd)
	}
	return model.ErrBadRequest("Invalid input for type. Reason: %s is not in valid_values.", gd.Type)
}

// checkAddress: several databases may share an IP address, not
// an IP address and port.
func (r *deviceRules) checkAddress(gd *model.GatewayDevice) error {
	if gd.ManagementIP == "" || gd.ManagementPort == 0 {
		if gd.ManagementProtocol == model.ProtocolOVSDBListen {
			return nil
		}
		return model.ErrDeviceTypeInvalid(gd.Type, "management_port and management_ip")
	}
	for o := range having(&r.tx.next, devices, addressOf(hasAddress, gd)) {
		if o.ID != gd.ID {
			return model.ErrGatewayDeviceDuplicate("management_ip", fmt.Sprintf("%s with management_port %d", gd.ManagementIP, gd.ManagementPort), o)
		}
	}
	return nil
}

func sameAddress(a, b *model.GatewayDevice) bool {
	return a.ManagementIP != "" && a.ManagementIP == b.ManagementIP && a.ManagementPort == b.ManagementPort
}

// checkResource: routers are not known here, networks are.
func (r *deviceRules) checkResource(gd *model.GatewayDevice) error {
	if gd.ResourceID == "" {
		return model.ErrDeviceTypeInvalid(gd.Type, "resource_id")
	}
	kind := "router"
	if gd.Type == model.NetworkVLAN {
		kind = "network"
		gd.TunnelIPs = nil
		if _, ok := r.tx.next.Networks.Get(gd.ResourceID); !ok {
			return model.ErrResourceNotFound(gd.ResourceID)
		}
	}
	for o := range having(&r.tx.next, devices, claim{kind: standsForOf, a: string(gd.Type), b: gd.ResourceID}) {
		if o.ID != gd.ID {
			return model.ErrResourceInUse(gd.ResourceID, kind)
		}
	}
	return nil
}

// check checks what an update may change too.
func (r *deviceRules) check(gd *model.GatewayDevice) error {
	if len(gd.TunnelIPs) > 1 {
		return model.ErrTunnelIPsExhausted()
	}
	// Those of a switch are read from its Physical_Switch.
	if len(gd.TunnelIPs) == 0 && gd.Type == model.RouterVTEP {
		return model.ErrTunnelIPsRequired()
	}
	for _, ip := range gd.TunnelIPs {
		for o := range having(&r.tx.next, devices, claim{kind: hasTunnelIP, a: ip.String()}) {
			if o.ID != gd.ID {
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

func (r *deviceRules) update(id string, u model.GatewayDeviceUpdate) (*model.GatewayDevice, error) {
	old, err := r.tx.next.device(id)
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
	set(&gd.ManagedBy, u.ManagedBy)
	if u.Replaced && gd.Driven() {
		gd.Accepted = r.tx.next.Revision
	}
	if u.TunnelIPs != nil && gd.Type != model.NetworkVLAN {
		gd.TunnelIPs = slices.Clone(*u.TunnelIPs)
	}
	if u.StitchPorts != nil {
		gd.StitchPorts = slices.Clone(*u.StitchPorts)
	}
	if err := r.move(&gd, u); err != nil {
		return nil, err
	}
	if err := r.check(&gd); err != nil {
		return nil, err
	}
	stored := devices.replace(r.tx, old, &gd)
	r.changed(old, stored)
	return stored, nil
}

// changed has others follow a device that has changed.
func (r *deviceRules) changed(old, stored *model.GatewayDevice) {
	if stored.Profile != old.Profile {
		r.inventories.forgetReplication(stored.ID)
	}
	r.stitching.device(stored.ID)
	if stored.Name != old.Name || stored.BorderMode != old.BorderMode {
		was, is := newPlaces(r.tx.base), newPlaces(&r.tx.next)
		r.cleanup.settleNaming(slices.Concat(was.references(old), is.references(stored)))
	}
}

// move changes where a driven device is reached, under the rules of a new
// one. What stands on the switch is not touched: it is the same device.
func (r *deviceRules) move(gd *model.GatewayDevice, u model.GatewayDeviceUpdate) error {
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
	if err := r.checkAddress(gd); err != nil {
		return err
	}
	r.succeed(gd, r.predecessors(gd))
	return nil
}

func (r *deviceRules) delete(id string) error {
	gd, err := r.tx.next.device(id)
	if err != nil {
		return err
	}
	where := newPlaces(&r.tx.next)
	if g := where.namedBy(gd); g != nil {
		return model.ErrGatewayDeviceInUse(gd, g)
	}
	r.remove(gd, where)
	return nil
}

// remove removes a device with all that is known of it. What may stand on its switch is remembered.
func (r *deviceRules) remove(gd *model.GatewayDevice, where *places) {
	id := gd.ID
	inv, read := r.tx.next.Inventories.Get(id)
	heir := where.otherWay(gd)
	devices.remove(r.tx, id)
	remoteMACs.removeDevice(r.tx, id)
	inventories.remove(r.tx, id)
	switch {
	case heir != nil: // reaches the same switch, and cleans what is left there
		r.cleanup.passOn(id, heir.ID)
	case gd.Driven() && read:
		retired.put(r.tx, model.NewRetiredDevice(gd, inv, r.at.steady))
	case gd.Driven():
		r.cleanup.passOn(id, "")
	}
}

// restored asks the rules that a device which was put as it once was has to keep, and has it
// take up what it holds.
func (r *deviceRules) restored(gd *model.GatewayDevice) error {
	if err := r.checkRestored(gd); err != nil {
		return err
	}
	old, stood := r.tx.base.Devices.Get(gd.ID)
	if !stood || !sameAddress(old, gd) || old.ManagementProtocol != gd.ManagementProtocol {
		succeeds := r.predecessors(gd)
		if dead, is := r.tx.next.Retired.Get(gd.ID); is && !slices.Contains(succeeds, dead) {
			succeeds = append(succeeds, dead) // it had moved before it was deleted, and moves back
		}
		r.succeed(gd, succeeds)
	}
	if !stood {
		return nil
	}
	r.changed(old, gd)
	return nil
}

func (r *deviceRules) checkRestored(gd *model.GatewayDevice) error {
	if gd.Driven() {
		if err := r.checkAddress(gd); err != nil {
			return err
		}
	} else {
		asked := *gd // the rule drops what a type does not know
		if err := r.checkResource(&asked); err != nil {
			return err
		}
	}
	return r.check(gd)
}

// predecessors are the deleted devices that a new one takes the place of, as it
// has their address. One that dials us is known by its name only.
func (r *deviceRules) predecessors(gd *model.GatewayDevice) []*model.RetiredDevice {
	if !gd.Driven() {
		return nil
	}
	had := addressOf(hadAddress, gd)
	if gd.ManagementIP == "" {
		had = claim{kind: hadName, a: gd.Name}
	}
	return slices.Collect(having(&r.tx.next, retired, had))
}

// succeed makes a device the heir of what had to be cleaned on others. They have
// been read, and so it counts as read: it may hold what they held.
func (r *deviceRules) succeed(gd *model.GatewayDevice, predecessors []*model.RetiredDevice) {
	for _, old := range predecessors {
		r.cleanup.inherit(old, gd.ID)
		r.inventories.markRead(gd, old.RetiredAt)
	}
}
