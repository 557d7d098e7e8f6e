package store

import (
	"context"

	"bordergw/model"
)

// What operators define and ask for: each method is one rule and one commit.

// CreateNetwork stores a network. Its ID may be given; its VNI is kept when
// given, and otherwise fixed by the first connection.
func (s *Store) CreateNetwork(ctx context.Context, n model.Network) (*model.Network, error) {
	return write(ctx, s, func(r *rules) (*model.Network, error) { return r.networks.create(n) })
}

// UpdateNetwork changes what the update lists.
func (s *Store) UpdateNetwork(ctx context.Context, id string, u model.NetworkUpdate) (*model.Network, error) {
	return write(ctx, s, func(r *rules) (*model.Network, error) { return r.networks.update(id, u) })
}

// DeleteNetwork removes a network that has no connection. Its tombstone stays
// while a switch may still hold its rows.
func (s *Store) DeleteNetwork(ctx context.Context, id string) error {
	return s.do(ctx, func(r *rules) error { return r.networks.delete(id) })
}

// CreateGatewayDevice registers a switch database, or stores a device of a type
// that is not driven. Remote MACs are added afterwards.
func (s *Store) CreateGatewayDevice(ctx context.Context, gd model.GatewayDevice) (*model.GatewayDevice, error) {
	return write(ctx, s, func(r *rules) (*model.GatewayDevice, error) { return r.devices.create(gd) })
}

// UpdateGatewayDevice changes what the update lists.
func (s *Store) UpdateGatewayDevice(ctx context.Context, id string, u model.GatewayDeviceUpdate) (*model.GatewayDevice, error) {
	return write(ctx, s, func(r *rules) (*model.GatewayDevice, error) { return r.devices.update(id, u) })
}

// DeleteGatewayDevice removes a device that no gateway names, with its
// inventory and its remote MACs. A driven one that has been read leaves a
// RetiredDevice, so that its rows can be cleaned when it is seen again. One that
// was never read holds nothing of ours.
func (s *Store) DeleteGatewayDevice(ctx context.Context, id string) error {
	return s.do(ctx, func(r *rules) error { return r.devices.delete(id) })
}

// CreateRemoteMAC adds a far MAC to a device.
func (s *Store) CreateRemoteMAC(ctx context.Context, deviceID string, e model.RemoteMACEntry) (*model.RemoteMACEntry, error) {
	all, err := s.CreateRemoteMACs(ctx, deviceID, []model.RemoteMACEntry{e})
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// CreateRemoteMACs adds several, or none when one of them is refused.
func (s *Store) CreateRemoteMACs(ctx context.Context, deviceID string, entries []model.RemoteMACEntry) ([]model.RemoteMACEntry, error) {
	return write(ctx, s, func(r *rules) ([]model.RemoteMACEntry, error) { return r.remoteMACs.create(deviceID, entries) })
}

// DeleteRemoteMAC removes an entry; see GetRemoteMAC for the refusals.
func (s *Store) DeleteRemoteMAC(ctx context.Context, deviceID, entryID string) error {
	return s.do(ctx, func(r *rules) error { return r.remoteMACs.delete(deviceID, entryID) })
}

// CreateL2Gateway stores a gateway. Switch and port names need not exist yet,
// device ids must.
func (s *Store) CreateL2Gateway(ctx context.Context, g model.L2Gateway) (*model.L2Gateway, error) {
	return write(ctx, s, func(r *rules) (*model.L2Gateway, error) { return r.gateways.create(g) })
}

// UpdateL2Gateway changes what the update lists. It is refused when one of the
// gateway's connections could not be created as it would be then.
func (s *Store) UpdateL2Gateway(ctx context.Context, id string, u model.L2GatewayUpdate) (*model.L2Gateway, error) {
	return write(ctx, s, func(r *rules) (*model.L2Gateway, error) { return r.gateways.update(id, u) })
}

// DeleteL2Gateway removes a gateway that has no connection.
func (s *Store) DeleteL2Gateway(ctx context.Context, id string) error {
	return s.do(ctx, func(r *rules) error { return r.gateways.delete(id) })
}

// CreateConnection joins a network to a gateway and fixes the network's VNI if
// it has none. The connection belongs to the gateway's project.
func (s *Store) CreateConnection(ctx context.Context, c model.L2GatewayConnection) (*model.L2GatewayConnection, error) {
	return write(ctx, s, func(r *rules) (*model.L2GatewayConnection, error) { return r.connections.create(c) })
}

// DeleteConnection removes a connection. It never fails for a switch's sake:
// what remains to be cleaned is remembered.
func (s *Store) DeleteConnection(ctx context.Context, id string) error {
	return s.do(ctx, func(r *rules) error { return r.connections.delete(id) })
}

// SetQuota gives a project limits of its own; those that are not listed stay as
// they are. What exists already is not touched by a lower limit.
func (s *Store) SetQuota(ctx context.Context, project string, limits model.Limits) (*model.Quota, error) {
	return write(ctx, s, func(r *rules) (*model.Quota, error) { return r.quotas.set(project, limits), nil })
}

// DeleteQuota gives a project the default limits.
func (s *Store) DeleteQuota(ctx context.Context, project string) error {
	return s.do(ctx, func(r *rules) error { return r.quotas.delete(project) })
}

// EndQuarantine frees a number that networks have given up, before its time: of the
// network with that id, or of all for "". That no switch uses it any more is then the
// word of who asks. It is refused as not found when the number is not in quarantine.
func (s *Store) EndQuarantine(ctx context.Context, w model.WireID, network string) error {
	return s.do(ctx, func(r *rules) error { return r.quarantine.end(w, network) })
}

// PurgeRetired is ForgetRetired as an operator asks for it: the rows that the switch
// may hold stay there.
func (s *Store) PurgeRetired(ctx context.Context, deviceID string) error {
	return s.do(ctx, func(r *rules) error { return r.cleanup.purge(deviceID) })
}

// Import stores what another store exported, with ids, VNIs and the order of
// creation, all of it or nothing. The store must hold no definitions. Every
// record passes the rules that it passed when it was created, except quotas,
// clashes with other connections and what was known of the switches then; one
// that this store would keep in another form is refused.
func (s *Store) Import(ctx context.Context, e *model.Export) error {
	ctx = model.WithCause(ctx, model.Cause{Kind: model.CauseImport})
	return s.do(ctx, func(r *rules) error { return r.importAll(ctx, e) })
}

// Edit makes several changes in one transaction, or none when change fails.
func (s *Store) Edit(ctx context.Context, change func(model.Editor) error) error {
	return s.do(ctx, func(r *rules) error { return change(&editor{rules: r}) })
}

// Try gives the definitions as they would be after a change. Nothing is stored.
func (s *Store) Try(change func(model.Editor) error) (*model.Definitions, error) {
	r := begin(s, s.published.current.Load())
	if err := change(&editor{rules: r}); err != nil {
		return nil, err
	}
	next := r.tx.next.Definitions
	return &next, nil
}
