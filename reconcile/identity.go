package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// identityOf tells which device a switch is, by some definitions.
func identityOf(defs *model.Definitions, tls *transport.TLS) *connector.Identity {
	return &connector.Identity{Definitions: defs, Registrations: defs.Registrations(), TLS: tls}
}

// sharing lists the devices that reach a device's database, itself among them; none if it
// is not registered.
func sharing(defs *model.Definitions, id string) []*model.GatewayDevice {
	gd, ok := defs.Devices.Get(id)
	if !ok {
		return nil
	}
	return defs.Registrations().Sharing(gd)
}

// anyShared reports whether a device, or one that reaches the same database, is in a
// set.
func anyShared(defs *model.Definitions, set map[string]bool, id string) bool {
	return set[id] || slices.ContainsFunc(sharing(defs, id), func(gd *model.GatewayDevice) bool { return set[gd.ID] })
}

// admit makes this worker the only one that writes the switches that its session
// shows, if they are its device's. What they are is remembered before, so that
// another registration of the same database is known to be one.
func (w *worker) admit(ctx context.Context, switches []model.SwitchInventory) error {
	if err := w.mayDrive(switches); err != nil {
		w.disown(ctx)
		return err
	}
	// A database without any switch is one that is being set up again; what was
	// last seen stays known, so that nothing is taken away for lack of facts.
	if (len(switches) > 0 || !w.inventory.recorded()) && !w.inventory.kept(switches) {
		if err := w.inventory.keepInTime(ctx, switches); err != nil {
			return err
		}
	}
	if !w.inventory.recorded() {
		return errors.New("nothing is written to the switch, as the store can not remember that it was read")
	}
	w.session.ways = w.loop.store.Definitions().Registrations()
	return w.loop.leases.Take(w.seat, connector.SwitchNames(switches))
}

// stillMay is mayDrive for a session that was admitted, where registrations have
// changed since.
func (w *worker) stillMay(s *vtep.Session) error {
	now := w.loop.store.Definitions().Registrations()
	if now == w.session.ways {
		return nil
	}
	if err := w.mayDrive(s.Facts().Switches); err != nil {
		return err
	}
	w.session.ways = now
	return nil
}

// mayDrive says why the switches of a session are not this device's to write.
func (w *worker) mayDrive(switches []model.SwitchInventory) error {
	gd, names := w.device.Load(), connector.SwitchNames(switches)
	if name := registeredElsewhere(w.loop.store.Definitions(), gd, names); name != "" {
		return connector.NotDriven(fmt.Sprintf("switch %s is registered anew", name))
	}
	identity := identityOf(w.loop.store.Definitions(), w.loop.opts.TLS)
	if !identity.StillIs(gd, w.seat.Link(), names) {
		return connector.NotDriven(fmt.Sprintf("the switch is called %s now", model.NamesOf(names)))
	}
	return identity.Foreign(gd, switches)
}

// disown forgets what was remembered of switches that another registration is known
// by, and that turned out to be others.
func (w *worker) disown(ctx context.Context) {
	gd := w.device.Load()
	inv, ok := w.loop.store.Definitions().Inventories.Get(w.id)
	if !ok {
		return
	}
	own := slices.DeleteFunc(slices.Clone(inv.Switches), func(s model.SwitchInventory) bool {
		return !s.Missing && identityOf(w.loop.store.Definitions(), w.loop.opts.TLS).Foreign(gd, []model.SwitchInventory{s}) != nil
	})
	if len(own) == len(inv.Switches) {
		return
	}
	next := *inv
	next.Switches = own
	if err := w.loop.store.SetInventory(ctx, w.id, next); err != nil && ctx.Err() == nil {
		w.logger().WithField("err", err).Warn("forgetting switches of another device")
	}
}
