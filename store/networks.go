package store

import (
	"context"

	"bordergw/model"
)

// maxID bounds ids that callers choose.
const maxID = 255

// CreateNetwork stores a network. Its ID may be given; its VNI is kept when
// given, and otherwise fixed by the first connection.
func (s *Store) CreateNetwork(ctx context.Context, n model.Network) (*model.Network, error) {
	return write(ctx, s, func(t *txn) (*model.Network, error) { return t.createNetwork(n) })
}

// UpdateNetwork changes what the update lists.
func (s *Store) UpdateNetwork(ctx context.Context, id string, u model.NetworkUpdate) (*model.Network, error) {
	return write(ctx, s, func(t *txn) (*model.Network, error) { return t.updateNetwork(id, u) })
}

// DeleteNetwork removes a network that has no connection. Its tombstone stays
// while a switch may still hold its rows.
func (s *Store) DeleteNetwork(ctx context.Context, id string) error {
	return s.do(ctx, func(t *txn) error { return t.deleteNetwork(id) })
}

func (t *txn) createNetwork(n model.Network) (*model.Network, error) {
	if err := t.checkQuota(model.QuotaNetwork, n.ProjectID); err != nil {
		return nil, err
	}
	record := t.newRecord(n.ProjectID)
	if n.ID != "" {
		record.ID = n.ID
	}
	if len(record.ID) > maxID {
		return nil, model.ErrBadRequest("Invalid input for id. Reason: '%s' exceeds maximum length of %d.", record.ID, maxID)
	}
	if _, ok := t.next.Networks.Get(record.ID); ok {
		return nil, model.ErrIDInUse("Network", record.ID)
	}
	n.Record = record
	if n.VNI != 0 {
		if err := t.checkNewVNI(&n); err != nil {
			return nil, err
		}
		if err := t.checkQuarantine(&n, n.VNI); err != nil {
			return nil, err
		}
	}
	return networks.put(t, &n), nil
}

func (t *txn) network(id string) (*model.Network, error) {
	n, ok := t.next.Networks.Get(id)
	if !ok {
		return nil, model.ErrNetworkNotFound(id)
	}
	return n, nil
}

func (t *txn) updateNetwork(id string, u model.NetworkUpdate) (*model.Network, error) {
	old, err := t.network(id)
	if err != nil {
		return nil, err
	}
	n := *old
	set(&n.Name, u.Name)
	set(&n.Description, u.Description)
	set(&n.Shared, u.Shared)
	set(&n.AdminStateUp, u.AdminStateUp)
	return networks.replace(t, old, &n), nil
}

func (t *txn) deleteNetwork(id string) error {
	n, err := t.network(id)
	if err != nil {
		return err
	}
	for c := range t.next.Connections.All() {
		if c.NetworkID == id {
			return model.ErrNetworkInUse(id)
		}
	}
	for gd := range t.next.Devices.All() {
		if gd.Type == model.NetworkVLAN && gd.ResourceID == id {
			return model.ErrResourceInUse(id, "network")
		}
	}
	t.releaseNetwork(n)
	networks.remove(t, id)
	return nil
}

// set assigns what an update gives.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
