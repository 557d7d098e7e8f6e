package api

import (
	"bordergw/model"
)

// macView is a remote MAC with the device it belongs to, whose owner owns it.
type macView struct {
	*model.RemoteMACEntry
	project string
}

// Meta implements record.
func (v macView) Meta() *model.Record { return &model.Record{ID: v.ID, ProjectID: v.project} }

// maxRemoteMACs bounds a body with remote MACs, in bytes. 50,000 of them fit however
// they are written.
const maxRemoteMACs = 16 << 20

// remoteMACs is the sub-resource of a gateway device. Unlike upstream's it can
// be created in bulk, paged and sorted.
func remoteMACs() *resource[macView] {
	return &resource[macView]{
		singular: "remote_mac_entry", plural: "remote_mac_entries",
		route:  "/v2.0/gw/gateway_devices/{gateway_device_id}/remote_mac_entries",
		attrs:  remoteMACAttributes(),
		all:    allRemoteMACs,
		find:   findRemoteMAC,
		absent: func(id string) error { return model.ErrRemoteMACNotFound(id) },
		create: func(c *call, in values) (macView, error) {
			vs, err := createRemoteMACs(c, []values{in})
			if err != nil {
				return macView{}, err
			}
			return vs[0], nil
		},
		createAll: createRemoteMACs,
		maxBody:   maxRemoteMACs,
		remark:    reviewer.vni,
		remove: func(c *call, id string) error {
			return c.cfg.Store.DeleteRemoteMAC(c.r.Context(), c.parent, id)
		},
	}
}

func remoteMACAttributes() []attribute[macView] {
	type M = macView
	return []attribute[M]{
		identity[M](),
		{name: "mac_address", doc: "address of the host", post: true, required: true, format: unicastMAC, filter: true, sort: true,
			show: func(m M) any { return m.MAC }},
		{name: "vtep_address", post: true, required: true, format: vtepAddress, filter: true, sort: true,
			doc:  "tunnel address that the MAC is behind",
			show: func(m M) any { return m.VTEPAddress }},
		{name: "segmentation_id", post: true, required: true, format: vniNumber, filter: true, sort: true,
			doc:  "VNI of the connections that the entry applies to",
			show: func(m M) any { return int(m.SegmentationID) }},
		// Accepted and never shown, as upstream.
		{name: "tenant_id", doc: "the same as project_id, as Neutron called it before", post: true, format: text},
		{name: "project_id", doc: "project that owns the device", post: true, format: text},
	}
}

// showRemoteMACs is the read-only view in a gateway device.
func showRemoteMACs(of model.DeviceMACs) items {
	return func(yield func(any, error) bool) {
		for m := range of.All() {
			if !yield(&m.RemoteMACEntry, nil) {
				return
			}
		}
	}
}

// parentDevice is the device of the path, if the caller may see it.
func parentDevice(c *call) (*model.GatewayDevice, bool) {
	d, ok := c.defs.Devices.Get(c.parent)
	return d, ok && !c.who.hidesDevice(c.defs, c.parent)
}

// allRemoteMACs is empty for an unknown device, as upstream.
func allRemoteMACs(c *call) []macView {
	d, ok := parentDevice(c)
	if !ok {
		return nil
	}
	of := c.defs.RemoteMACs.Of(d.ID)
	vs := make([]macView, 0, of.Len())
	for m := range of.All() {
		vs = append(vs, macView{&m.RemoteMACEntry, d.ProjectID})
	}
	return vs
}

func findRemoteMAC(c *call, id string) (macView, error) {
	d, ok := parentDevice(c)
	if !ok {
		return macView{}, model.ErrGatewayDeviceNotFound(c.parent)
	}
	e, err := c.cfg.Store.GetRemoteMAC(c.parent, id)
	if err != nil {
		return macView{}, err
	}
	return macView{e, d.ProjectID}, nil
}

func createRemoteMACs(c *call, ins []values) ([]macView, error) {
	d, ok := parentDevice(c)
	if !ok {
		return nil, model.ErrGatewayDeviceNotFound(c.parent)
	}
	if !c.who.may("create_remote_mac_entry", d.ProjectID) {
		return nil, errPolicy("create_remote_mac_entry")
	}
	es := make([]model.RemoteMACEntry, 0, len(ins))
	for _, in := range ins {
		es = append(es, model.RemoteMACEntry{
			MAC:            valueOf[model.MAC](in, "mac_address"),
			VTEPAddress:    valueOf[model.VTEPAddress](in, "vtep_address"),
			SegmentationID: valueOf[model.VNI](in, "segmentation_id"),
		})
	}
	made, err := c.cfg.Store.CreateRemoteMACs(c.r.Context(), c.parent, es)
	if err != nil {
		return nil, err
	}
	vs := make([]macView, 0, len(made))
	for i := range made {
		vs = append(vs, macView{&made[i], d.ProjectID})
	}
	return vs, nil
}
