package store

import "bordergw/model"

// maxID bounds ids that callers choose.
const maxID = 255

// networkRules keep networks: an id is given once, and what a connection or a device
// names is not deleted.
type networkRules struct {
	tx         *txn
	quotas     *quotaRules
	quarantine *quarantine
	vnis       *vniRules
	endpoints  *endpointRules
}

func (r *networkRules) create(n model.Network) (*model.Network, error) {
	if err := r.quotas.check(model.QuotaNetwork, n.ProjectID); err != nil {
		return nil, err
	}
	var err error
	if n.Record, err = networks.newRecord(r.tx, "Network", n.Record, n.ProjectID); err != nil {
		return nil, err
	}
	if n.VNI != 0 {
		if err := r.vnis.checkNew(&n); err != nil {
			return nil, err
		}
		if err := r.quarantine.check(&n, n.VNI); err != nil {
			return nil, err
		}
	}
	return networks.put(r.tx, &n), nil
}

func (r *networkRules) update(id string, u model.NetworkUpdate) (*model.Network, error) {
	old, err := r.tx.next.network(id)
	if err != nil {
		return nil, err
	}
	n := *old
	set(&n.Name, u.Name)
	set(&n.Description, u.Description)
	set(&n.Shared, u.Shared)
	set(&n.AdminStateUp, u.AdminStateUp)
	return networks.replace(r.tx, old, &n), nil
}

func (r *networkRules) delete(id string) error {
	n, err := r.tx.next.network(id)
	if err != nil {
		return err
	}
	for range r.tx.next.connectionsTo(id) {
		return model.ErrNetworkInUse(id)
	}
	if r.tx.next.deviceFor(model.NetworkVLAN, id) != nil {
		return model.ErrResourceInUse(id, "network")
	}
	r.quarantine.networkDeleted(n)
	r.endpoints.networkDeleted(id)
	networks.remove(r.tx, id)
	return nil
}

// set assigns what an update gives.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
