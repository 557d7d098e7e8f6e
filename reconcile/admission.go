package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/vtep"
)

// admission decides whether the switches that a session shows are the device's to write. It
// holds the lease of those that it admitted last. It is the worker's own.
type admission struct {
	device    *device
	seat      *connector.Seat
	leases    *connector.Leases
	inventory *inventoryKeeper
	// ways are the registrations as they were when the session was last admitted.
	ways *model.Registrations
}

// admit makes this worker the only one that writes the switches that its session
// shows, if they are its device's. What they are is remembered before, so that
// another registration of the same database is known to be one.
func (a *admission) admit(ctx context.Context, switches []model.SwitchInventory) error {
	if err := a.mayDrive(switches); err != nil {
		a.disown(ctx)
		return err
	}
	// A database without any switch is one that is being set up again; what was
	// last seen stays known, so that nothing is taken away for lack of facts.
	if (len(switches) > 0 || !a.inventory.recorded()) && !a.inventory.kept(switches) {
		if err := a.inventory.keepInTime(ctx, switches); err != nil {
			return err
		}
	}
	if !a.inventory.recorded() {
		return errors.New("nothing is written to the switch, as the store can not remember that it was read")
	}
	a.ways = a.device.store.Definitions().Registrations()
	return a.leases.Take(a.seat, connector.SwitchNames(switches))
}

// still is mayDrive for a session that was admitted, where registrations have changed
// since.
func (a *admission) still(s *vtep.Session) error {
	now := a.device.store.Definitions().Registrations()
	if now == a.ways {
		return nil
	}
	if err := a.mayDrive(s.Facts().Switches); err != nil {
		return err
	}
	a.ways = now
	return nil
}

// mayDrive says why the switches of a session are not this device's to write.
func (a *admission) mayDrive(switches []model.SwitchInventory) error {
	gd, names := a.device.Load(), connector.SwitchNames(switches)
	if err := a.mayClean(names); err != nil {
		return err
	}
	identity := a.device.identity()
	if !identity.StillIs(gd, a.seat.Link(), names) {
		return connector.NotDriven(fmt.Sprintf("the switch is called %s now", model.NamesOf(names)))
	}
	return identity.Foreign(gd, switches)
}

// disown forgets what was remembered of switches that another registration is known
// by, and that turned out to be others.
func (a *admission) disown(ctx context.Context) {
	gd, inv := a.device.Load(), a.device.inventory()
	if inv == nil {
		return
	}
	own := slices.DeleteFunc(slices.Clone(inv.Switches), func(s model.SwitchInventory) bool {
		return !s.Missing && a.device.identity().Foreign(gd, []model.SwitchInventory{s}) != nil
	})
	if len(own) == len(inv.Switches) {
		return
	}
	next := *inv
	next.Switches = own
	if err := a.device.store.SetInventory(ctx, a.device.id, next); err != nil && ctx.Err() == nil {
		a.device.logger().WithField("err", err).Warn("forgetting switches of another device")
	}
}

// mayClean says why the switches of a session are not a deleted device's to clean; nil for a
// registered device. A switch that a registered device has as well is for that one to clean.
func (a *admission) mayClean(names []string) error {
	defs := a.device.store.Definitions()
	if _, registered := defs.Devices.Get(a.device.id); registered {
		return nil
	}
	if _, retired := defs.Retired.Get(a.device.id); !retired {
		return connector.NotDriven("the device is given up")
	}
	all := defs.Registrations()
	for _, name := range names {
		if len(all.Holders(name)) > 0 {
			return connector.NotDriven(fmt.Sprintf("switch %s is registered anew", name))
		}
	}
	return nil
}
