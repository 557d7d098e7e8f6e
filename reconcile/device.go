package reconcile

import (
	"sync/atomic"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/vtep/transport"
)

// device is the registered device of a worker: its id, which stays, and its definition, which
// the Loop replaces. It asks the store for what else is known of it. Everybody may use it.
type device struct {
	id string
	// Pointer is the definition as the Loop handed it over last.
	atomic.Pointer[model.GatewayDevice]
	store Store
	tls   *transport.TLS
	log   logrus.FieldLogger
}

// logger has the device's name as it is now, and its id. The store has a new name before
// the Loop hands it to the worker.
func (d *device) logger() logrus.FieldLogger {
	gd := d.Load()
	if now, registered := d.store.Definitions().Devices.Get(d.id); registered {
		gd = now
	}
	return d.log.WithFields(logrus.Fields{"device": gd.DisplayName(), "device_id": d.id})
}

// registered reports whether the device has not been deleted.
func (d *device) registered() bool {
	_, ok := d.store.Definitions().Devices.Get(d.id)
	return ok
}

// inventory is what the store remembers of the device's switches, nil if nothing.
func (d *device) inventory() *model.Inventory {
	inv, _ := d.store.Definitions().Inventories.Get(d.id)
	return inv
}

// identity tells which device a switch is, as things stand.
func (d *device) identity() *connector.Identity {
	return identityOf(d.store.Definitions(), d.tls)
}

// sharingIDs are the device's id and those of devices that reach the same database:
// what is gone from it is gone for all of them.
func (d *device) sharingIDs() []string {
	ids := []string{d.id}
	for _, gd := range sharing(d.store.Definitions(), d.id) {
		if gd.ID != d.id {
			ids = append(ids, gd.ID)
		}
	}
	return ids
}
