package store

import (
	"cmp"
	"slices"

	"bordergw/model"
)

// gatewayRules keep gateways: they name devices that exist, each in one way, and none that
// has a connection is deleted.
type gatewayRules struct {
	tx          *txn
	quotas      *quotaRules
	stitching   *stitching
	connections *connectionRules
}

func (r *gatewayRules) create(g model.L2Gateway) (*model.L2Gateway, error) {
	if err := r.quotas.check(model.QuotaL2Gateway, g.ProjectID); err != nil {
		return nil, err
	}
	var err error
	if g.Record, err = gateways.newRecord(r.tx, "L2 Gateway", g.Record, g.ProjectID); err != nil {
		return nil, err
	}
	g.HAMode = cmp.Or(g.HAMode, model.ActiveActive)
	list, err := r.newDevices(g.Devices)
	if err != nil {
		return nil, err
	}
	g.Devices = list
	if err := checkOneKind(r.tx.next.SlotsOf(&g)); err != nil {
		return nil, err
	}
	return gateways.put(r.tx, &g), nil
}

// newDevices checks a list of devices, each by itself, and gives them ids.
func (r *gatewayRules) newDevices(list []model.Device) ([]model.Device, error) {
	out := slices.Clone(list)
	for i := range out {
		if err := r.checkDevice(&out[i]); err != nil {
			return nil, err
		}
		out[i].ID = r.tx.newID()
	}
	return out, nil
}

// checkDevice checks a device as a request gives it and makes its
// interfaces canonical.
func (r *gatewayRules) checkDevice(dev *model.Device) error {
	if dev.DeviceID != "" {
		gd, err := r.tx.next.device(dev.DeviceID)
		if err != nil {
			return err
		}
		if gd.Type == model.NetworkVLAN && dev.SegmentationID > model.VNI(model.MaxVLAN) {
			return errSegmentationRange()
		}
	}
	dev.Interfaces = mergeInterfaces(dev.Interfaces)
	for _, i := range dev.Interfaces {
		if (len(i.VLANs) > 0) != (len(dev.Interfaces[0].VLANs) > 0) {
			return model.ErrSegmentationRequired()
		}
	}
	return nil
}

// mergeInterfaces copies, joining those of one name as networking-l2gw does.
func mergeInterfaces(list []model.Interface) []model.Interface {
	var out []model.Interface
	at := map[string]int{}
	for _, i := range list {
		n, ok := at[i.Name]
		if !ok {
			n = len(out)
			at[i.Name] = n
			out = append(out, model.Interface{Name: i.Name})
		}
		out[n].VLANs = append(out[n].VLANs, i.VLANs...)
		out[n].ProvisionAhead = out[n].ProvisionAhead || i.ProvisionAhead
	}
	return out
}

func (r *gatewayRules) update(id string, u model.L2GatewayUpdate) (*model.L2Gateway, error) {
	old, err := r.tx.next.gateway(id)
	if err != nil {
		return nil, err
	}
	g := *old
	set(&g.Name, u.Name)
	set(&g.HAMode, u.HAMode)
	set(&g.Preempt, u.Preempt)
	set(&g.ManagedBy, u.ManagedBy)
	if len(u.Devices) == 0 {
		return gateways.replace(r.tx, old, &g), nil
	}
	if g.Devices, err = r.changedDevices(old, u); err != nil {
		return nil, err
	}
	if err := checkOneKind(r.tx.next.SlotsOf(&g)); err != nil {
		return nil, err
	}
	if stored := gateways.replace(r.tx, old, &g); stored == old {
		return old, nil
	}
	r.stitching.gateway(&g)
	return &g, r.connections.recheck(&g)
}

// changedDevices gives a gateway's devices after an update. A device that was
// there keeps its id.
func (r *gatewayRules) changedDevices(g *model.L2Gateway, u model.L2GatewayUpdate) ([]model.Device, error) {
	out := slices.Clone(g.Devices)
	at, taken := make([]int, len(u.Devices)), map[int]bool{}
	for n := range u.Devices {
		// Those of one name are meant in their order; upstream lets one too many
		// replace the first.
		at[n] = indexOf(g.Devices, &u.Devices[n], taken)
		if at[n] < 0 && !u.ReplaceDevices {
			at[n] = indexOf(g.Devices, &u.Devices[n], nil)
		}
		taken[at[n]] = true
		if at[n] < 0 && !u.ReplaceDevices {
			return nil, model.ErrL2GatewayDeviceNotFound(cmp.Or(u.Devices[n].DeviceName, u.Devices[n].DeviceID))
		}
	}
	list, err := r.newDevices(u.Devices)
	if err != nil {
		return nil, err
	}
	where := newPlaces(&r.tx.next)
	for n := range list {
		if at[n] >= 0 {
			was := &g.Devices[at[n]]
			if err := checkTagging(was, &list[n]); err != nil {
				return nil, err
			}
			list[n].ID = was.ID
			out[at[n]] = list[n]
		}
		if err := where.checkPorts(&list[n]); err != nil {
			return nil, err
		}
	}
	if u.ReplaceDevices {
		return list, nil
	}
	return out, nil
}

// indexOf finds the device that a request means, but none of those taken.
func indexOf(list []model.Device, dev *model.Device, taken map[int]bool) int {
	for i, o := range list {
		if o.DeviceID == dev.DeviceID && o.DeviceName == dev.DeviceName && !taken[i] {
			return i
		}
	}
	return -1
}

// checkTagging: the gateway's connections give the VLAN or they do not.
func checkTagging(was, is *model.Device) error {
	if len(was.Interfaces) == 0 || len(is.Interfaces) == 0 {
		return nil
	}
	switch before, after := tagged(was), tagged(is); {
	case before && !after:
		return model.ErrSegmentationIDExists()
	case after && !before:
		return model.ErrSegmentationIDNotExists()
	}
	return nil
}

// tagged reports whether an interface carries a VLAN above 0.
func tagged(dev *model.Device) bool {
	g := model.L2Gateway{Devices: []model.Device{*dev}}
	return g.HasVLANs()
}

func (r *gatewayRules) delete(id string) error {
	if _, err := r.tx.next.gateway(id); err != nil {
		return err
	}
	for range r.tx.next.connectionsOf(id) {
		return model.ErrL2GatewayInUse(id)
	}
	gateways.remove(r.tx, id)
	return nil
}

// setActive notes which device carries the gateway's traffic.
func (r *gatewayRules) setActive(id, deviceID string) error {
	old, err := r.tx.next.gateway(id)
	if err != nil || old.Active == deviceID {
		return err
	}
	g := *old
	g.Active = deviceID
	gateways.put(r.tx, &g)
	return nil
}
