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
	if n.FarEnds, err = model.SortedFarEnds(n.FarEnds); err != nil {
		return nil, err
	}
	if vni := n.VNI; vni != 0 {
		n.VNI = 0
		if err := r.giveVNI(&n, vni); err != nil {
			return nil, err
		}
	}
	return networks.put(r.tx, &n), nil
}

// giveVNI gives a network the VNI that an operator chooses. It keeps one that it has.
func (r *networkRules) giveVNI(n *model.Network, vni model.VNI) error {
	if n.VNI != 0 {
		return model.ErrBadRequest("Invalid input for provider:segmentation_id. Reason: network %s has the VNI %s for ever.", n.ID, n.VNI)
	}
	n.VNI = vni
	if err := r.vnis.checkNew(n); err != nil {
		return err
	}
	return r.quarantine.check(n, vni)
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
	set(&n.ManagedBy, u.ManagedBy)
	if u.FarEnds != nil {
		if n.FarEnds, err = model.SortedFarEnds(*u.FarEnds); err != nil {
			return nil, err
		}
	}
	if u.VNI != nil && n.VNI != *u.VNI {
		if err := r.giveVNI(&n, *u.VNI); err != nil {
			return nil, err
		}
	}
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
