package store

import (
	"cmp"
	"context"
	"slices"

	"bordergw/model"
)

// CreateL2Gateway stores a gateway. Switch and port names need not exist yet,
// device ids must.
func (s *Store) CreateL2Gateway(ctx context.Context, g model.L2Gateway) (*model.L2Gateway, error) {
	return write(ctx, s, func(t *txn) (*model.L2Gateway, error) { return t.createGateway(g) })
}

// UpdateL2Gateway changes what the update lists. It is refused when one of the
// gateway's connections could not be created as it would be then.
func (s *Store) UpdateL2Gateway(ctx context.Context, id string, u model.L2GatewayUpdate) (*model.L2Gateway, error) {
	return write(ctx, s, func(t *txn) (*model.L2Gateway, error) { return t.updateGateway(id, u) })
}

// DeleteL2Gateway removes a gateway that has no connection.
func (s *Store) DeleteL2Gateway(ctx context.Context, id string) error {
	return s.do(ctx, func(t *txn) error { return t.deleteGateway(id) })
}

func (t *txn) gateway(id string) (*model.L2Gateway, error) {
	g, ok := t.next.Gateways.Get(id)
	if !ok {
		return nil, model.ErrL2GatewayNotFound(id)
	}
	return g, nil
}

func (t *txn) createGateway(g model.L2Gateway) (*model.L2Gateway, error) {
	if err := t.checkQuota(model.QuotaL2Gateway, g.ProjectID); err != nil {
		return nil, err
	}
	g.Record = t.newRecord(g.ProjectID)
	g.HAMode = cmp.Or(g.HAMode, model.ActiveActive)
	list, err := t.newDevices(g.Devices)
	if err != nil {
		return nil, err
	}
	g.Devices = list
	if err := t.checkOneKind(&g); err != nil {
		return nil, err
	}
	return gateways.put(t, &g), nil
}

// newDevices checks a list of devices, each by itself, and gives them ids.
func (t *txn) newDevices(list []model.Device) ([]model.Device, error) {
	out := slices.Clone(list)
	for i := range out {
		if err := t.checkGatewayDevice(&out[i]); err != nil {
			return nil, err
		}
		out[i].ID = t.opts.NewID()
	}
	return out, nil
}

// checkGatewayDevice checks a device as a request gives it and makes its
// interfaces canonical.
func (t *txn) checkGatewayDevice(dev *model.Device) error {
	if dev.DeviceID != "" {
		gd, err := t.device(dev.DeviceID)
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

func (t *txn) updateGateway(id string, u model.L2GatewayUpdate) (*model.L2Gateway, error) {
	old, err := t.gateway(id)
	if err != nil {
		return nil, err
	}
	g := *old
	set(&g.Name, u.Name)
	set(&g.HAMode, u.HAMode)
	set(&g.Preempt, u.Preempt)
	if len(u.Devices) == 0 {
		return gateways.replace(t, old, &g), nil
	}
	if g.Devices, err = t.changedDevices(old, u); err != nil {
		return nil, err
	}
	if err := t.checkOneKind(&g); err != nil {
		return nil, err
	}
	if stored := gateways.replace(t, old, &g); stored == old {
		return old, nil
	}
	t.stitchGateway(&g)
	return &g, t.recheck(&g)
}

// changedDevices gives a gateway's devices after an update. A device that was
// there keeps its id.
func (t *txn) changedDevices(g *model.L2Gateway, u model.L2GatewayUpdate) ([]model.Device, error) {
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
	list, err := t.newDevices(u.Devices)
	if err != nil {
		return nil, err
	}
	where := newPlaces(&t.next)
	for n := range list {
		if at[n] >= 0 {
			was := &g.Devices[at[n]]
			if err := checkTagging(was, &list[n]); err != nil {
				return nil, err
			}
			list[n].ID = was.ID
			out[at[n]] = list[n]
		}
		if err := t.checkPorts(where, &list[n]); err != nil {
			return nil, err
		}
	}
	if u.ReplaceDevices {
		return list, nil
	}
	return out, nil
}

// checkPorts refuses ports that a known switch lacks, but for those that are to come.
func (t *txn) checkPorts(where *places, dev *model.Device) error {
	sw, err := t.switchOf(where, dev)
	if err != nil || sw == nil {
		return err
	}
	for _, i := range dev.Interfaces {
		if sw.Lacks(i.Name) && !i.ProvisionAhead {
			return model.ErrPhysicalPortNotFound(i.Name, sw.Name)
		}
	}
	return nil
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

// recheck looks at a changed gateway's connections once more.
func (t *txn) recheck(g *model.L2Gateway) error {
	var affected []string
	for c := range t.next.Connections.All() {
		if c.L2GatewayID != g.ID {
			continue
		}
		if err := t.checkGiven(g, c.SegmentationID); err != nil {
			return err
		}
		if err := t.checkKind(g, c.SegmentationID); err != nil {
			return err
		}
		if err := t.checkVLANs(c, g); err != nil {
			return err
		}
		if err := t.checkBorderQuarantine(c, g); err != nil {
			return err
		}
		if err := t.checkVNIs(c, g); err != nil {
			return err
		}
		affected = append(affected, c.NetworkID)
	}
	t.settle(affected...)
	return nil
}

func (t *txn) deleteGateway(id string) error {
	if _, err := t.gateway(id); err != nil {
		return err
	}
	for c := range t.next.Connections.All() {
		if c.L2GatewayID == id {
			return model.ErrL2GatewayInUse(id)
		}
	}
	gateways.remove(t, id)
	return nil
}
