package storetest

import (
	"encoding/json"
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// exported is what a file would hold.
func (f *fixture) exported() *model.Export {
	f.t.Helper()
	text, err := json.Marshal(f.Definitions().Export())
	require.NoError(f.t, err)
	var e model.Export
	require.NoError(f.t, json.Unmarshal(text, &e))
	return &e
}

// other opens another empty store, with other ids and VNIs to give.
func (f *fixture) other() *fixture {
	o := newFixture(f.t, f.open)
	require.NoError(f.t, o.Close())
	o.opts.NewID, o.opts.VNIRange = nil, model.VNIRange{First: 1, Last: 9}
	o.Store = o.open(f.t, o.place, o.opts)
	return o
}

// populate defines one of everything, in an order that import has to undo.
func (f *fixture) populate() {
	f.t.Helper()
	f.network("a", 0)
	old := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{
		Record: model.Record{ProjectID: "p"}, ManagementIP: "192.0.2.1", ManagementPort: 6640}))
	named := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Name: "named", Devices: []model.Device{
		{DeviceName: "sw", Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{0, 7}}, {Name: "p2", VLANs: []model.VLAN{8}}}}}}))
	border := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Name: "border", Devices: []model.Device{{DeviceID: old.ID, SegmentationID: 7000}}}))
	f.network("b", 0)
	must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: named.ID, NetworkID: "b"}))
	must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: border.ID, NetworkID: "a"}))
	late := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{
		ManagementIP: "192.0.2.2", ManagementPort: 6640, BorderMode: model.BorderStitch, StitchPorts: []string{"xa", "xb"}}))
	must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, border.ID, model.L2GatewayUpdate{ReplaceDevices: true,
		Devices: []model.Device{{DeviceID: old.ID, SegmentationID: 7000}, {DeviceID: late.ID, SegmentationID: 7000}}}))
	_, err := f.CreateRemoteMACs(f.ctx, old.ID, []model.RemoteMACEntry{
		{MAC: model.MAC{2, 0, 0, 0, 0, 1}, SegmentationID: 7000}, {MAC: model.MAC{2, 0, 0, 0, 0, 2}, SegmentationID: 7000}})
	require.NoError(f.t, err)
	f.putEndpoints(f.endpoints("b", 1, 2, 1))
	must[model.Quota](f)(f.SetQuota(f.ctx, "p", model.Limits{model.QuotaNetwork: 2}))
	f.putEndpoints(f.endpoints("a", 2))
	f.putEndpoints(f.endpoints("b", 3, 2, 3))
}

// testExportImport: a round trip keeps everything, and the store goes on as if
// it had made the records itself.
func testExportImport(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.populate()
	e := f.exported()
	o := f.other()
	require.NoError(t, o.Import(o.ctx, e))
	require.Equal(t, e, o.exported())
	o.reopen()
	require.Equal(t, e, o.exported())
	n := must[model.Network](o)(o.CreateNetwork(o.ctx, model.Network{}))
	for _, old := range e.Networks {
		require.Greater(t, n.Seq, old.Seq, "a new record comes last")
	}
	o.requireOwnNumbers()
}

// requireOwnNumbers: a set shares its number with no other set and no device, whose databases
// are numbered likewise.
func (f *fixture) requireOwnNumbers() {
	f.t.Helper()
	by := map[uint64]string{}
	claim := func(r *model.Record) {
		require.Empty(f.t, by[r.Seq], "%s has its number", r.ID)
		by[r.Seq] = r.ID
	}
	for gd := range f.Definitions().Devices.All() {
		claim(gd.Meta())
	}
	for set := range f.Definitions().Endpoints.All() {
		claim(set.Meta())
	}
	require.Len(f.t, by, f.Definitions().Devices.Len()+f.Definitions().Endpoints.Len())
}

// testImportOrder: b was joined to the stretch before the network that gave it
// its VNI.
func testImportOrder(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.network("b", 5000)
	f.network("a", 0)
	for i, network := range []string{"b", "a"} {
		gd := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{ManagementIP: "192.0.2.1", ManagementPort: uint16(1 + i)}))
		g := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Devices: []model.Device{{DeviceID: gd.ID, SegmentationID: 7000}}}))
		must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: network}))
	}
	e := f.exported()
	require.Equal(t, model.VNI(7000), e.Networks[1].VNI)
	o := f.other()
	require.NoError(t, o.Import(o.ctx, e))
	require.Equal(t, e, o.exported())
}

// testImportClashes: what was refused if it were created now, but came about, is
// taken back too. Network a's connection gave it the VNI that b is still joined
// by, and a device was given the name under which its port is bound twice.
func testImportClashes(t *testing.T, open Open) {
	f := newFixture(t, open)
	var joined []*model.L2GatewayConnection
	join := func(network string, dev model.Device) {
		g := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Devices: []model.Device{dev}}))
		joined = append(joined, must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: network})))
	}
	for i, id := range []string{"a", "b", "c", "d"} {
		f.network(id, 0)
		if i < 2 {
			join(id, model.Device{DeviceID: f.hwVTEP("", uint16(1+i)).ID, SegmentationID: 7000})
		}
	}
	require.NoError(t, f.DeleteConnection(f.ctx, joined[0].ID))
	gd, port := f.hwVTEP("old", 3), []model.Interface{{Name: "p1", VLANs: []model.VLAN{7}}}
	join("c", model.Device{DeviceID: gd.ID, Interfaces: port})
	join("d", model.Device{DeviceName: "new", Interfaces: port})
	name := "new"
	must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, model.GatewayDeviceUpdate{Name: &name}))

	e, o := f.exported(), f.other()
	require.NoError(t, o.Import(o.ctx, e))
	require.Equal(t, e, o.exported())
}

func testImportRefusals(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.populate()
	for name, c := range map[string]struct {
		typ   string
		spoil func(*model.Export)
	}{
		"format":         {"HTTPBadRequest", func(e *model.Export) { e.Format++ }},
		"null":           {"HTTPBadRequest", func(e *model.Export) { e.Networks[0] = nil }},
		"no revision":    {"HTTPBadRequest", func(e *model.Export) { e.Networks[0].Revision = 1<<64 - 1 }},
		"seq of another": {"HTTPBadRequest", func(e *model.Export) { e.GatewayDevices[1].Seq = e.GatewayDevices[0].Seq }},
		"seq of a kind":  {"HTTPBadRequest", func(e *model.Export) { e.Connections[0].Seq = e.Networks[0].Seq }},
		"large seq":      {"HTTPBadRequest", func(e *model.Export) { e.GatewayDevices[0].Seq = 1<<32 + e.GatewayDevices[1].Seq }},
		"no id":          {"HTTPBadRequest", func(e *model.Export) { e.L2Gateways[0].ID = "" }},
		"long id": {"HTTPBadRequest", func(e *model.Export) {
			e.Quotas[0].ID = strings.Repeat("é", 256)
			e.Quotas[0].ProjectID = e.Quotas[0].ID
		}},
		"entry twice": {"Conflict", func(e *model.Export) {
			macs := e.GatewayDevices[0].RemoteMACs
			macs[1].ID = macs[0].ID
		}},
		"no entry id": {"HTTPBadRequest", func(e *model.Export) { e.GatewayDevices[0].RemoteMACs[0].ID = "" }},
		"null device": {"HTTPBadRequest", func(e *model.Export) { e.GatewayDevices[0] = nil }},
		"MAC twice": {"DuplicateRemoteMacEntry", func(e *model.Export) {
			macs := e.GatewayDevices[0].RemoteMACs
			macs[1].MAC = macs[0].MAC
		}},
		"no device id":   {"HTTPBadRequest", func(e *model.Export) { e.L2Gateways[0].Devices[0].ID = "" }},
		"twice":          {"Conflict", func(e *model.Export) { e.Networks = append(e.Networks, e.Networks[0]) }},
		"no device":      {"GatewayDeviceNotFound", func(e *model.Export) { e.GatewayDevices = e.GatewayDevices[1:] }},
		"no network":     {"NetworkNotFound", func(e *model.Export) { e.Networks = e.Networks[1:] }},
		"no gateway":     {"InvalidInput", func(e *model.Export) { e.L2Gateways = e.L2Gateways[:1] }},
		"no VNI":         {"HTTPBadRequest", func(e *model.Export) { e.Networks[1].VNI = 0 }},
		"VNI twice":      {"", func(e *model.Export) { e.Networks[1].VNI = e.Networks[0].VNI }},
		"not canonical":  {"HTTPBadRequest", func(e *model.Export) { e.GatewayDevices[0].ResourceID = "x" }},
		"unknown limit":  {"HTTPBadRequest", func(e *model.Export) { e.Quotas[0].Limits["x"] = 1 }},
		"null set":       {"HTTPBadRequest", func(e *model.Export) { e.Endpoints[0] = nil }},
		"empty set":      {"HTTPBadRequest", func(e *model.Export) { e.Endpoints[0].Endpoints = nil }},
		"set twice":      {"Conflict", func(e *model.Export) { e.Endpoints = append(e.Endpoints, e.Endpoints[0]) }},
		"set of nothing": {"NetworkNotFound", func(e *model.Export) { e.Endpoints[0].NetworkID = "no such network" }},
		"not in order": {"HTTPBadRequest", func(e *model.Export) {
			macs := e.Endpoints[0].Endpoints[0].MACs
			macs[0], macs[1] = macs[1], macs[0]
		}},
		"endpoint MAC twice": {"HTTPBadRequest", func(e *model.Export) {
			macs := e.Endpoints[0].Endpoints[0].MACs
			macs[1] = macs[0]
		}},
		"other's project": {"HTTPBadRequest", func(e *model.Export) { e.Connections[0].ProjectID = "q" }},
	} {
		o := f.other()
		e := f.exported()
		c.spoil(e)
		before := o.Definitions()
		err := o.Import(o.ctx, e)
		require.Error(t, err, name)
		if c.typ == "" {
			c.typ = "VNIInUse"
		}
		o.refused(c.typ, before, err)
		require.NoError(t, o.Import(o.ctx, f.exported()), "a refusal leaves no trace: %s", name)
	}
	f.refused(model.ErrNotEmpty().Type, f.Definitions(), f.Import(f.ctx, f.exported()))
}
