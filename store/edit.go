package store

import (
	"fmt"

	"bordergw/model"
)

// editor makes changes by the rules of one transaction.
type editor struct {
	rules *rules
	// created says that a record has the revision for its place in the order of creation.
	created bool
}

func (e *editor) Definitions() *model.Definitions { return &e.rules.tx.next.Definitions }

// attempt undoes what a rule did before it refused.
func (e *editor) attempt(rule func() error) error {
	saved, created := e.rules.tx, e.created
	err := rule()
	if err != nil {
		e.rules.tx, e.created = saved, created
	}
	return err
}

// create is attempt for a rule that creates a record, which gets a place of its own in the
// order of creation.
func (e *editor) create(rule func() error) error {
	return e.attempt(func() error {
		if e.created {
			e.rules.tx.next.Revision++
		}
		e.created = true
		return rule()
	})
}

// refusalOf drops the record that a rule returns.
func refusalOf[P any](_ P, err error) error { return err }

func (e *editor) CreateNetwork(n model.Network) error {
	return e.create(func() error { return refusalOf(e.rules.networks.create(n)) })
}

func (e *editor) UpdateNetwork(id string, u model.NetworkUpdate) error {
	return e.attempt(func() error { return refusalOf(e.rules.networks.update(id, u)) })
}

func (e *editor) DeleteNetwork(id string) error {
	return e.attempt(func() error { return e.rules.networks.delete(id) })
}

func (e *editor) CreateGatewayDevice(gd model.GatewayDevice) error {
	return e.create(func() error { return refusalOf(e.rules.devices.create(gd)) })
}

func (e *editor) UpdateGatewayDevice(id string, u model.GatewayDeviceUpdate) error {
	return e.attempt(func() error { return refusalOf(e.rules.devices.update(id, u)) })
}

func (e *editor) DeleteGatewayDevice(id string) error {
	return e.attempt(func() error { return e.rules.devices.delete(id) })
}

func (e *editor) CreateRemoteMACs(deviceID string, entries []model.RemoteMACEntry) error {
	return e.attempt(func() error { return refusalOf(e.rules.remoteMACs.create(deviceID, entries)) })
}

func (e *editor) DeleteRemoteMAC(deviceID, entryID string) error {
	return e.attempt(func() error { return e.rules.remoteMACs.delete(deviceID, entryID) })
}

func (e *editor) CreateL2Gateway(g model.L2Gateway) error {
	return e.create(func() error { return refusalOf(e.rules.gateways.create(g)) })
}

func (e *editor) UpdateL2Gateway(id string, u model.L2GatewayUpdate) error {
	return e.attempt(func() error { return refusalOf(e.rules.gateways.update(id, u)) })
}

func (e *editor) DeleteL2Gateway(id string) error {
	return e.attempt(func() error { return e.rules.gateways.delete(id) })
}

func (e *editor) CreateConnection(c model.L2GatewayConnection) error {
	return e.create(func() error { return refusalOf(e.rules.connections.create(c)) })
}

func (e *editor) DeleteConnection(id string) error {
	return e.attempt(func() error { return e.rules.connections.delete(id) })
}

func (e *editor) Restore(what *model.Restoration) error {
	return e.attempt(func() error { return e.rules.restore(what) })
}

func (e *editor) ManageNetwork(id, manager string) error {
	return networks.manage(&e.rules.tx, "network", id, manager)
}

func (e *editor) ManageGatewayDevice(id, manager string) error {
	return devices.manage(&e.rules.tx, "gateway device", id, manager)
}

func (e *editor) ManageL2Gateway(id, manager string) error {
	return gateways.manage(&e.rules.tx, "L2 gateway", id, manager)
}

func (e *editor) ManageConnection(id, manager string) error {
	return connections.manage(&e.rules.tx, "connection", id, manager)
}

// manage says which program keeps a record; noun is what messages call the record.
func (k table[T, P]) manage(t *txn, noun, id, manager string) error {
	old, ok := k.in(&t.next.Definitions).Get(id)
	switch {
	case !ok:
		return &model.Error{Kind: model.NotFound, Type: "ResourceNotFound", Message: fmt.Sprintf("The %s %s could not be found.", noun, id)}
	case old.Meta().ManagedBy == manager:
		return nil
	}
	changed := *old
	P(&changed).Meta().ManagedBy = manager
	k.put(t, &changed)
	return nil
}
