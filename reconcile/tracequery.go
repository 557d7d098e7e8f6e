package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/reconcile/pathtrace"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// traced follows frames between two hosts, both ways.
func traced(ctx context.Context, q *lookup, network string, from, to model.TraceEnd) (model.Trace, error) {
	f, err := newFabric(ctx, q, network)
	if err != nil {
		return model.Trace{}, err
	}
	return f.trace(from, to)
}

// trace follows frames both ways.
func (f *fabric) trace(from, to model.TraceEnd) (model.Trace, error) {
	a, err := f.host(from)
	if err != nil {
		return model.Trace{}, err
	}
	b, err := f.host(to)
	if err != nil {
		return model.Trace{}, err
	}
	out := model.Trace{
		Network:    model.RefNetwork(f.defs, f.network).Named(),
		Directions: []model.TraceDirection{pathtrace.Direction(f, a, b), pathtrace.Direction(f, b, a)},
	}
	return out, f.ctx.Err()
}

// fabric is what one trace goes through: each switch as it was when the trace first came to it.
type fabric struct {
	*lookup
	ctx           context.Context
	view          *topology.View
	defs          *model.Definitions
	registrations *model.Registrations
	network       string
	switches      map[string]*pathtrace.Switch
	owners        map[model.VTEPAddress][]string
	parts         map[string][]pathtrace.Part
}

func newFabric(ctx context.Context, q *lookup, network string) (*fabric, error) {
	defs := q.store.Definitions()
	if _, known := defs.Networks.Get(network); !known {
		return nil, model.ErrNetworkNotFound(network)
	}
	f := &fabric{
		lookup: q, ctx: ctx, view: q.view.Load(), defs: defs, registrations: defs.Registrations(), network: network,
		switches: map[string]*pathtrace.Switch{}, owners: map[model.VTEPAddress][]string{}, parts: map[string][]pathtrace.Part{},
	}
	for gd := range defs.Devices.All() {
		first := f.registrations.First(gd)
		for _, addr := range f.addresses(first) {
			if !slices.Contains(f.owners[addr], first.ID) {
				f.owners[addr] = append(f.owners[addr], first.ID)
			}
		}
	}
	return f, nil
}

// addresses are the tunnel addresses of a device's switches, as they show them or as it is registered.
func (f *fabric) addresses(gd *model.GatewayDevice) (all []model.VTEPAddress) {
	for _, sw := range f.registrations.Switches(gd) {
		all = append(all, sw.TunnelIPs...)
	}
	return append(all, gd.TunnelIPs...)
}

// first is the registration that stands for the switch of a device.
func (f *fabric) first(device string) (*model.GatewayDevice, bool) {
	gd, known := f.defs.Devices.Get(device)
	if !known {
		return nil, false
	}
	return f.registrations.First(gd), true
}

// host is an end of the trace.
func (f *fabric) host(end model.TraceEnd) (*pathtrace.Host, error) {
	h := &pathtrace.Host{TraceEnd: end, Network: f.network}
	if end.MAC != (model.MAC{}) {
		return h, f.locate(h)
	}
	place, found := f.registrations.Resolve(&model.Device{DeviceName: end.Switch})
	if !found {
		return nil, &model.Error{Kind: model.NotFound, Type: "SwitchNotFound", Message: fmt.Sprintf("There is no switch or registered device %s.", model.Printable(end.Switch))}
	}
	h.Device = f.registrations.First(place.Device).ID
	h.Switch = place.Switch // "" is any of the device's
	h.Network = f.binding(h)
	return h, nil
}

// binding is the network that a host's port is to be bound to: the traced one, or one that borders join to it.
func (f *fabric) binding(h *pathtrace.Host) string {
	if want := f.view.Want(h.Device); want != nil {
		for _, id := range f.view.Joined(f.network) {
			if h.In(want.Bindings.Of(id)) {
				return id
			}
		}
	}
	return f.network
}

// locate finds where a MAC is: in the network, or in one that borders join to it, else anywhere.
func (f *fabric) locate(h *pathtrace.Host) error {
	joined := f.view.Joined(f.network)
	for _, id := range joined {
		page, err := f.MACs(model.MACQuery{First: h.MAC, Last: h.MAC, Network: id, Limit: 1})
		if err != nil || len(page.Entries) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		e := page.Entries[0]
		if first, known := f.first(e.Device.ID); known {
			e.Device = &model.Named{ID: first.ID, Name: first.DisplayName()}
		}
		h.Network, h.Entry = id, &e
		return nil
	}
	page, err := f.MACs(model.MACQuery{First: h.MAC, Last: h.MAC, Limit: maxElsewhere})
	h.Elsewhere = page.Entries
	return err
}

// maxElsewhere bounds the other networks that are named as where a MAC is.
const maxElsewhere = 16

// Owners implements pathtrace.Fabric.
func (f *fabric) Owners(addr model.VTEPAddress) []string { return f.owners[addr] }

// Border implements pathtrace.Fabric.
func (f *fabric) Border(device string) bool {
	gd, known := f.defs.Devices.Get(device)
	return known && (gd.BorderMode == model.BorderRelay || gd.BorderMode == model.BorderStitch && len(gd.StitchPorts) == 2)
}

// Stopped implements pathtrace.Fabric.
func (f *fabric) Stopped() bool { return f.ctx.Err() != nil }

// Network implements pathtrace.Fabric.
func (f *fabric) Network(logicalSwitch string) string {
	id, outer := strings.CutSuffix(logicalSwitch, vtep.BorderSuffix)
	name := model.RefNetwork(f.defs, id).Named().Name
	if outer {
		name += " between sites"
	}
	return name
}

// Broken implements pathtrace.Fabric.
func (f *fabric) Broken() (texts []string) {
	if !f.view.Carries(f.network) {
		return []string{"the network has no connection"}
	}
	for id := range f.view.ConnectionsOn(f.network) {
		c, stands := f.defs.Connections.Get(id)
		if st := f.connections.of(id); stands && st.State != model.ConnectionActive {
			texts = append(texts, fmt.Sprintf("connection %s is %s: %s", model.RefConnection(f.defs, c).Name, st.State, st.Detail))
		}
	}
	return texts
}

// Parts implements pathtrace.Fabric. It looks at the definitions: a View may lag behind them.
func (f *fabric) Parts(network string) []pathtrace.Part {
	if parts, known := f.parts[network]; known {
		return parts
	}
	parts := []pathtrace.Part{}
	for c := range f.defs.Connections.All() {
		if c.NetworkID == network {
			parts = append(parts, f.partsOf(c)...)
		}
	}
	f.parts[network] = parts
	return parts
}

// partsOf are what the gateway of a connection names.
func (f *fabric) partsOf(c *model.L2GatewayConnection) (parts []pathtrace.Part) {
	g, known := f.defs.Gateways.Get(c.L2GatewayID)
	if !known {
		return nil
	}
	st := f.connections.of(c.ID)
	status := strings.TrimSuffix(fmt.Sprintf("connection %s is %s: %s", model.RefConnection(f.defs, c).Name, st.State, st.Detail), ": ")
	for i := range g.Devices {
		d := &g.Devices[i]
		p := pathtrace.Part{Gateway: model.RefGateway(f.defs, g.ID).Name, Switch: d.DeviceName, Status: status}
		if place, found := f.registrations.Resolve(d); found {
			p.Device, p.Switch = place.Device.ID, place.Switch
		}
		for j := range d.Interfaces {
			for _, vlan := range d.Interfaces[j].VLANIDs(c.SegmentationID) {
				p.Slots = append(p.Slots, vtep.Slot{Switch: p.Switch, Port: d.Interfaces[j].Name, VLAN: vlan})
			}
		}
		parts = append(parts, p)
	}
	return parts
}

// Switch implements pathtrace.Fabric.
func (f *fabric) Switch(device string) *pathtrace.Switch {
	if s, seen := f.switches[device]; seen || device == "" {
		return s
	}
	f.switches[device] = f.look(device)
	return f.switches[device]
}

// look makes what is known of a device's switch.
func (f *fabric) look(device string) *pathtrace.Switch {
	gd, known := f.defs.Devices.Get(device)
	if !known {
		return nil
	}
	s := &pathtrace.Switch{
		Device: model.Named{ID: gd.ID, Name: gd.DisplayName()}, Want: f.view.Want(device), Addresses: f.addresses(gd),
		Site: gd.Site, Relays: gd.BorderMode == model.BorderRelay, Switches: f.registrations.Switches(gd), Report: gd.DriftPolicy == model.DriftReport,
	}
	if gd.BorderMode == model.BorderStitch {
		s.StitchPorts = gd.StitchPorts
	}
	w := f.workers.driver(device)
	if w == nil {
		s.Away = notConnected
		return s
	}
	st := w.state()
	s.Problems, s.Blocked = st.problems, st.blocked
	if st.facts != nil {
		s.Switches, s.BFD = st.facts.Switches, st.facts.BFD
	}
	if session := w.current(); session != nil {
		s.Database = &held{session, f.wantOf(w)}
	} else {
		s.Away = w.away()
	}
	return s
}

// held is what a session's database holds.
type held struct {
	*vtep.Session
	want *vtep.Want
}

// Rows implements pathtrace.Database.
func (h *held) Rows(logicalSwitch string, macs ...model.MAC) (vtep.Rows, bool) {
	return h.Session.Rows(h.want, logicalSwitch, macs...)
}
