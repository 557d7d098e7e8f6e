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

// registrations are those of the store's definitions now.
func (l *Loop) registrations() *model.Registrations { return l.store.Definitions().Registrations() }

// identity tells which device a switch is, as things stand.
func (l *Loop) identity() *connector.Identity {
	return &connector.Identity{Definitions: l.store.Definitions(), Registrations: l.registrations(), TLS: l.opts.TLS}
}

// sharing lists the devices that reach the device's database, also while it is no
// longer registered.
func (l *Loop) sharing(id string) []*model.GatewayDevice {
	gd, ok := l.store.Definitions().Devices.Get(id)
	if !ok {
		return nil
	}
	return l.registrations().Sharing(gd)
}

// anyShared reports whether a device, or one that reaches the same database, is in a
// set.
func (l *Loop) anyShared(set map[string]bool, id string) bool {
	return set[id] || slices.ContainsFunc(l.sharing(id), func(gd *model.GatewayDevice) bool { return set[gd.ID] })
}

// driver is the worker that has a session with the switch of a device, which may be
// that of another registration; else the device's own, nil if there is none.
func (l *Loop) driver(id string) *worker {
	own := l.worker(id)
	for _, gd := range l.sharing(id) {
		w := l.worker(gd.ID)
		if w == nil || w.current() == nil {
			continue
		}
		if st := w.state(); st.reachable() || own == nil || own.current() == nil {
			return w
		}
	}
	return own
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
	w.session.ways = w.loop.registrations()
	return w.loop.leases.Take(w.seat, connector.SwitchNames(switches))
}

// stillMay is mayDrive for a session that was admitted, where registrations have
// changed since.
func (w *worker) stillMay(s *vtep.Session) error {
	now := w.loop.registrations()
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
	if name := w.loop.registeredElsewhere(gd, names); name != "" {
		return connector.NotDriven(fmt.Sprintf("switch %s is registered anew", name))
	}
	identity := w.loop.identity()
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
		return !s.Missing && w.loop.identity().Foreign(gd, []model.SwitchInventory{s}) != nil
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
