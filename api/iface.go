package api

import (
	"context"
	"iter"

	"bordergw/model"

	"github.com/prometheus/client_golang/prometheus"
)

// Store holds what operators defined. Its methods return a *model.Error for
// whatever the caller may see; any other error is internal. A returned
// record is durable.
type Store interface {
	// Definitions is the current snapshot; it is never modified.
	Definitions() *model.Definitions
	Networks
	GatewayDevices
	RemoteMACs
	L2Gateways
	Connections
	Quotas
	Records
	Quarantine
	Endpoints
	Index
	Edits
	Revisions
}

// Revisions tells what definitions were.
type Revisions interface {
	// Revisions gives the revisions that are kept, the newest first.
	Revisions(context.Context, model.RevisionFilter) iter.Seq2[*model.Revision, error]
	// At gives what definitions were at a revision, and what they are.
	At(ctx context.Context, revision uint64) (*model.Past, error)
	// Around gives a revision with what definitions were before it and after.
	Around(ctx context.Context, revision uint64) (*model.Turn, error)
	// LastAudit is the number of the newest audit record; definitions that are taken afterwards have it.
	LastAudit() uint64
}

// Edits makes several changes as one.
type Edits interface {
	// Edit makes all of a change durable, or nothing when it fails.
	Edit(ctx context.Context, change func(model.Editor) error) error
	// Try gives the definitions as they would be after a change. Nothing is stored.
	Try(change func(model.Editor) error) (*model.Definitions, error)
}

// Networks changes networks.
type Networks interface {
	CreateNetwork(context.Context, model.Network) (*model.Network, error)
	UpdateNetwork(ctx context.Context, id string, u model.NetworkUpdate) (*model.Network, error)
	DeleteNetwork(ctx context.Context, id string) error
}

// GatewayDevices changes registered switch databases.
type GatewayDevices interface {
	CreateGatewayDevice(context.Context, model.GatewayDevice) (*model.GatewayDevice, error)
	UpdateGatewayDevice(ctx context.Context, id string, u model.GatewayDeviceUpdate) (*model.GatewayDevice, error)
	DeleteGatewayDevice(ctx context.Context, id string) error
}

// RemoteMACs reads and changes the far MACs of a device. Several are created
// together or not at all.
type RemoteMACs interface {
	CreateRemoteMACs(ctx context.Context, deviceID string, es []model.RemoteMACEntry) ([]model.RemoteMACEntry, error)
	// GetRemoteMAC distinguishes an entry of another device from an unknown one.
	GetRemoteMAC(deviceID, id string) (*model.RemoteMACEntry, error)
	DeleteRemoteMAC(ctx context.Context, deviceID, id string) error
}

// L2Gateways changes gateways.
type L2Gateways interface {
	CreateL2Gateway(context.Context, model.L2Gateway) (*model.L2Gateway, error)
	UpdateL2Gateway(ctx context.Context, id string, u model.L2GatewayUpdate) (*model.L2Gateway, error)
	DeleteL2Gateway(ctx context.Context, id string) error
}

// Connections changes connections.
type Connections interface {
	CreateConnection(context.Context, model.L2GatewayConnection) (*model.L2GatewayConnection, error)
	DeleteConnection(ctx context.Context, id string) error
}

// Quotas limits what projects own.
type Quotas interface {
	// DefaultLimits are those of a project without limits of its own.
	DefaultLimits() model.Limits
	SetQuota(ctx context.Context, project string, limits model.Limits) (*model.Quota, error)
	DeleteQuota(ctx context.Context, project string) error
}

// Quarantine keeps numbers on the wire, which were given up, from other networks while
// a switch may still use them.
type Quarantine interface {
	Quarantine() []model.Quarantined
	// EndQuarantine frees a number of a network, or of all for "".
	EndQuarantine(ctx context.Context, w model.WireID, network string) error
}

// Endpoints changes what sources outside answer for in a network.
type Endpoints interface {
	// PutEndpoints replaces a set. An equal one changes nothing. It returns what stands.
	PutEndpoints(ctx context.Context, set *model.EndpointSet, condition model.IfMatch) (*model.EndpointSet, error)
	// DeleteEndpoints forgets a set, which need not be there.
	DeleteEndpoints(ctx context.Context, network, source string, condition model.IfMatch) error
}

// Index finds definitions at a cost that does not grow with how many there are.
type Index interface {
	// Called yields the items of a name. Kind is network, gateway_device or l2_gateway.
	Called(kind, name string) iter.Seq[*model.Record]
	// UsesVNI reports whether a network, a gateway or a connection has a VNI.
	UsesVNI(model.VNI) bool
}

// Records gives and takes the store's content as a whole.
type Records interface {
	// Audit gives the newest changes, newest first. Changes made with a context
	// that has a model.Actor are recorded.
	Audit(model.AuditFilter) iter.Seq2[*model.AuditRecord, error]
	// Import fills an empty store, with everything or nothing.
	Import(context.Context, *model.Export) error
	// PurgeRetired gives up a deleted device: what it holds stays there.
	PurgeRetired(ctx context.Context, deviceID string) error
}

// Status says how far the definitions have been realised.
type Status interface {
	DeviceStatus(id string) model.DeviceStatus
	ConnectionStatus(id string) model.ConnectionStatus
	// DeviceReports lists registered and discovered switch databases.
	DeviceReports() []model.DeviceReport
	// DeviceReport is that of one registered device, false if there is none of that id.
	DeviceReport(id string) (model.DeviceReport, bool)
	// Overview sums up how all that is defined stands.
	Overview() model.Overview
	// DeletedDevices lists deleted devices that are still to be cleaned.
	DeletedDevices() []model.DeletedDevice
	// Plans is what would be sent now, with that many steps of each device at most, 0 for
	// all. A device is planned when its turn comes. Nothing is written.
	Plans(limit int) iter.Seq[model.DevicePlan]
	// Plan is that of one registered device, false if there is none of that id.
	Plan(id string, limit int) (model.DevicePlan, bool)
	// Occupant returns the name of the foreign logical switch that has one of the VLANs
	// of a port, "" if none is known.
	Occupant(at model.Place, port string, vlans []model.VLAN) string
	// EndpointReach is what the end points of a site need in a network, false while that is
	// not known.
	EndpointReach(network, site string) (model.EndpointReach, bool)
	// UnfreezeMAC lets a MAC of a network move again that moved too often, and
	// reports whether it was held.
	UnfreezeMAC(network string, mac model.MAC) bool
	// Ready is nil once every registered device was read or is known to be
	// unreachable. Its text is shown to anybody who asks.
	Ready() error
	Lookups
	Adoptions
}

// Adoptions say what stands unmanaged on switches, and what would come of definitions for it.
type Adoptions interface {
	// Standing copies what the database of a device holds of unmanaged logical switches.
	Standing(id string) (model.Standing, error)
	// Suppose tells what would be written to devices in some networks if the definitions were others.
	// Nothing is changed.
	Suppose(next *model.Definitions, networks, devices []string) (model.Supposition, error)
	// Preview tells what would be written to switches if the definitions were next instead of now.
	// Nothing is changed.
	Preview(now, next *model.Definitions) (model.Preview, error)
}

// Lookups answer what is asked of rows and MACs as they stand.
type Lookups interface {
	// DeviceRows is a page of the logical switches that the database of a device holds, after
	// that of a marker.
	DeviceRows(id, after string, limit int) (model.RowsPage, error)
	// NetworkRows are the logical switches of a network that the database of a device holds.
	NetworkRows(id, network string) ([]model.LogicalSwitchRows, error)
	// MACs is a page of the MAC table.
	MACs(model.MACQuery) (model.MACPage, error)
	// HostsOf are the MACs with an IP address, and whether anybody reports IP addresses.
	HostsOf(model.IPv4) (hosts []model.MACKey, reported bool)
	// ProgrammedOn tells of each switch that is to hold a row for a MAC whether it does.
	ProgrammedOn(network string, mac model.MAC) []model.ProgrammedOn
	// Trace follows frames between two hosts of a network, both ways, through the rows that switches hold.
	Trace(ctx context.Context, network string, from, to model.TraceEnd) (model.Trace, error)
}

// Registry takes and shows metrics; *prometheus.Registry is one.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}
