package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"bordergw/model"
	"bordergw/store"

	"github.com/stretchr/testify/require"
)

// Open opens the store that lives in the directory place.
type Open func(t testing.TB, place string, opts store.Options) *store.Store

// fixture is a store under test.
type fixture struct {
	*store.Store
	t     testing.TB
	ctx   context.Context
	place string
	open  Open
	opts  store.Options
}

// newFixture opens an empty store that gives out the VNIs 100 to 103, and
// checks in the end that all of it is durable.
func newFixture(t testing.TB, open Open) *fixture {
	n := 0
	f := &fixture{t: t, ctx: t.Context(), place: t.TempDir(), open: open, opts: store.Options{
		VNIRange: model.VNIRange{First: 100, Last: 103},
		NewID:    func() string { n++; return fmt.Sprintf("id-%d", n) },
		Now:      func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6, time.Local) },
	}}
	f.Store = open(t, f.place, f.opts)
	t.Cleanup(func() {
		f.reopen()
		require.NoError(t, f.Close())
	})
	return f
}

// reopen closes and opens the store and compares.
func (f *fixture) reopen() {
	f.t.Helper()
	before := dump(f.t, f.Definitions())
	require.NoError(f.t, f.Close())
	f.Store = f.open(f.t, f.place, f.opts)
	require.Equal(f.t, before, dump(f.t, f.Definitions()))
}

// later opens the store anew after a while.
func (f *fixture) later(d time.Duration) {
	f.t.Helper()
	now := f.opts.Now()
	f.opts.Now = func() time.Time { return now.Add(d) }
	f.reopen()
}

// dump prints a snapshot.
func dump(t testing.TB, d *model.Definitions) string {
	out := fmt.Sprintln("store", d.StoreID, "revision", d.Revision)
	add := func(record any) {
		b, err := json.Marshal(record)
		require.NoError(t, err)
		out += fmt.Sprintf("%T %s\n", record, b)
	}
	each(d.Networks, add)
	each(d.Devices, add)
	each(d.Gateways, add)
	each(d.Connections, add)
	each(d.Inventories, add)
	each(d.Tombstones, add)
	each(d.Retired, add)
	each(d.Quotas, add)
	each(d.Released, add)
	each(d.Endpoints, add)
	return out
}

func each[T any, P model.Recorder[T]](t model.Table[T, P], f func(any)) {
	for r := range t.All() {
		f(r)
	}
}

// refused expects a *model.Error of that type, and that nothing changed.
func (f *fixture) refused(typ string, before *model.Definitions, err error) {
	f.t.Helper()
	var e *model.Error
	require.True(f.t, errors.As(err, &e), "want %s, got %v", typ, err)
	require.Equal(f.t, typ, e.Type, e.Message)
	require.Same(f.t, before, f.Definitions(), "a refusal changed something")
}

func must[R any](f *fixture) func(*R, error) *R {
	return func(r *R, err error) *R {
		f.t.Helper()
		require.NoError(f.t, err)
		return r
	}
}

func (f *fixture) network(id string, vni model.VNI) *model.Network {
	f.t.Helper()
	return must[model.Network](f)(f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: id, ProjectID: "p"}, VNI: vni}))
}

// hwVTEP registers a switch database that was never read.
func (f *fixture) hwVTEP(name string, port uint16) *model.GatewayDevice {
	f.t.Helper()
	return must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, hwVTEP(name, port)))
}

func hwVTEP(name string, port uint16) model.GatewayDevice {
	return model.GatewayDevice{Name: name, Type: model.HWVTEP, ManagementIP: "10.0.0.1", ManagementPort: port}
}

// seen registers a switch database and its one switch of the same name.
func (f *fixture) seen(name string, port uint16, ports ...string) *model.GatewayDevice {
	f.t.Helper()
	gd := f.hwVTEP(name, port)
	f.inventory(gd.ID, physicalSwitch(name, ports...))
	return gd
}

func (f *fixture) inventory(deviceID string, switches ...model.SwitchInventory) {
	f.t.Helper()
	require.NoError(f.t, f.SetInventory(f.ctx, deviceID, model.Inventory{Switches: switches, SeenAt: time.Now()}))
}

func physicalSwitch(name string, ports ...string) model.SwitchInventory {
	s := model.SwitchInventory{Name: name}
	for _, p := range ports {
		s.Ports = append(s.Ports, model.PortInventory{Name: p})
	}
	return s
}

func (f *fixture) gateway(devices ...model.Device) *model.L2Gateway {
	f.t.Helper()
	return must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Record: model.Record{ProjectID: "owner"}, Devices: devices}))
}

func named(name string, interfaces ...model.Interface) model.Device {
	return model.Device{DeviceName: name, Interfaces: interfaces}
}

func byID(id string, vni model.VNI, interfaces ...model.Interface) model.Device {
	return model.Device{DeviceID: id, SegmentationID: vni, Interfaces: interfaces}
}

func port(name string, vlans ...model.VLAN) model.Interface {
	return model.Interface{Name: name, VLANs: vlans}
}

func request(g *model.L2Gateway, network string, seg model.SegmentationID) model.L2GatewayConnection {
	return model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: network, SegmentationID: seg}
}

func (f *fixture) connect(g *model.L2Gateway, network string, seg model.SegmentationID) *model.L2GatewayConnection {
	f.t.Helper()
	return must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, request(g, network, seg)))
}

// connectRefused expects a connection to be refused.
func (f *fixture) connectRefused(typ string, g *model.L2Gateway, network string, seg model.SegmentationID) {
	f.t.Helper()
	before := f.Definitions()
	_, err := f.CreateConnection(f.ctx, request(g, network, seg))
	f.refused(typ, before, err)
}

func (f *fixture) vni(network string) model.VNI {
	f.t.Helper()
	n, ok := f.Definitions().Networks.Get(network)
	require.True(f.t, ok)
	return n.VNI
}

// confirm records that a device was seen without anything that was given up.
func (f *fixture) confirm(deviceID string) {
	f.t.Helper()
	var ids []string
	for r := range f.Definitions().Released.All() {
		ids = append(ids, r.ID)
	}
	require.NoError(f.t, f.ConfirmReleased(f.ctx, deviceID, ids))
}

// pending are the devices that a network's tombstone names.
func (f *fixture) pending(network string) []string {
	ts, ok := f.Definitions().Tombstones.Get(network)
	if !ok {
		return nil
	}
	return ts.Pending
}

// macsOf are the remote MACs of a device.
func (f *fixture) macsOf(device string) (out []model.RemoteMACEntry) {
	for m := range f.Definitions().RemoteMACs.Of(device).All() {
		out = append(out, m.RemoteMACEntry)
	}
	return out
}

// audit lists the audit records that a filter chooses.
func (f *fixture) audit(filter model.AuditFilter) []*model.AuditRecord {
	f.t.Helper()
	out := []*model.AuditRecord{}
	for r, err := range f.Audit(filter) {
		require.NoError(f.t, err)
		out = append(out, r)
	}
	return out
}

// endpoints are a set with one end point and these MACs.
func (f *fixture) endpoints(network string, ip byte, macs ...byte) *model.EndpointSet {
	e := model.Endpoint{VTEPAddress: model.VTEPAddress{10, 0, 0, ip}}
	for _, m := range macs {
		e.MACs = append(e.MACs, model.EndpointMAC{MAC: model.MAC{2, 0, 0, 0, 0, m}, VTEPAddress: e.VTEPAddress})
	}
	set, err := model.NewEndpointSet(network, "neutron", "", []model.Endpoint{e})
	require.NoError(f.t, err)
	return set
}

func (f *fixture) putEndpoints(set *model.EndpointSet) *model.EndpointSet {
	f.t.Helper()
	return must[model.EndpointSet](f)(f.PutEndpoints(f.ctx, set, model.IfMatch{}))
}
