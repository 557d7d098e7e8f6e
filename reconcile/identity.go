package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// Which switch a database is. Names come from switches and are not unique: two
// may have the same one from the factory. A name belongs to the registration that
// was known by it first, by what the store remembers: the row of the database, the
// tunnel addresses, the ports, and where the session came from.

// notDriven is why a session is not used although the switch was reached: what it
// shows is another registration's, or another switch.
type notDriven string

// Error implements error.
func (e notDriven) Error() string { return string(e) }

// registrations are those of the store's definitions now.
func (l *Loop) registrations() *model.Registrations { return l.store.Definitions().Registrations() }

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
	if (len(switches) > 0 || !w.recorded()) && !w.kept(switches) {
		if err := w.keepInTime(ctx, switches); err != nil {
			return err
		}
	}
	if !w.recorded() {
		return errors.New("nothing is written to the switch, as the store can not remember that it was read")
	}
	w.ways = w.loop.registrations()
	return w.loop.claims.take(w, switchNames(switches))
}

// stillMay is mayDrive for a session that was admitted, where registrations have
// changed since.
func (w *worker) stillMay(s *vtep.Session) error {
	now := w.loop.registrations()
	if now == w.ways {
		return nil
	}
	if err := w.mayDrive(s.Facts().Switches); err != nil {
		return err
	}
	w.ways = now
	return nil
}

// mayDrive says why the switches of a session are not this device's to write.
func (w *worker) mayDrive(switches []model.SwitchInventory) error {
	gd, names := w.device.Load(), switchNames(switches)
	w.mu.Lock()
	k := w.link
	w.mu.Unlock()
	if name := w.loop.registeredElsewhere(gd, names); name != "" {
		return notDriven(fmt.Sprintf("switch %s is registered anew", name))
	}
	if !w.loop.stillIs(gd, k, names) {
		return notDriven(fmt.Sprintf("the switch is called %s now", model.NamesOf(names)))
	}
	return w.loop.foreign(gd, switches)
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
		return !s.Missing && w.loop.foreign(gd, []model.SwitchInventory{s}) != nil
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

// foreign says which of a session's switches has the name that another device is
// known by, and is another switch; nil if none does.
func (l *Loop) foreign(gd *model.GatewayDevice, switches []model.SwitchInventory) error {
	all := l.registrations()
	for i := range switches {
		now := &switches[i]
		holders := all.Holders(now.Name)
		var own *model.SwitchInventory
		for _, h := range holders {
			if h.Device.ID == gd.ID && !h.Switch.Missing {
				own = h.Switch
			}
		}
		for _, h := range holders {
			if h.Device.ID == gd.ID || h.Switch.Missing || l.precedes(gd, own, h) || sameSwitch(gd, own, now, h) {
				continue
			}
			return notDriven(foreignText(gd, now, h))
		}
	}
	return nil
}

// precedes reports whether the device has the older right to a switch's name: it
// was registered first and is known by it, or was registered under it, before the
// other one was there, and never read since.
func (l *Loop) precedes(gd *model.GatewayDevice, own *model.SwitchInventory, h model.Holder) bool {
	if own != nil {
		return gd.Seq < h.Device.Seq
	}
	inv, _ := l.store.Definitions().Inventories.Get(gd.ID)
	return len(switchesOf(inv)) == 0 && gd.Name == h.Switch.Name && h.Device.Name != gd.Name && gd.Revision < h.Device.Seq
}

// sameSwitch reports whether what a session of a device shows is the switch that
// another device is known by. own is what was remembered of it for the device
// itself. A row is the same wherever it is read; a copied one, as images have, shows
// in the tunnel address. A tunnel address alone is believed of a row that is not
// known to be another.
func sameSwitch(gd *model.GatewayDevice, own, now *model.SwitchInventory, h model.Holder) bool {
	was := h.Switch
	switch {
	case gd.ProjectID != h.Device.ProjectID:
		return false // it can be forged
	case now.SharesTunnelIP(was):
		return own != nil || !now.OtherRow(was)
	case !now.SameRow(was):
		return false
	}
	return own != nil && own.SameRow(was) || len(now.TunnelIPs) == 0 || len(was.TunnelIPs) == 0 ||
		gd.ManagementIP != "" && gd.ManagementIP == h.Device.ManagementIP
}

func foreignText(gd *model.GatewayDevice, now *model.SwitchInventory, h model.Holder) string {
	if gd.ProjectID != h.Device.ProjectID {
		return fmt.Sprintf("switch %s is registered by another project; nothing is written to it over this registration", now.Name)
	}
	return fmt.Sprintf("switch %s (%s) is another switch than that of device %s (%s, %s), which is known by that name; nothing is written to it",
		now.Name, addresses(now), h.Device.DisplayName(), describe(h.Device), addresses(h.Switch))
}

func addresses(s *model.SwitchInventory) string {
	if len(s.TunnelIPs) == 0 {
		return "no tunnel IP"
	}
	return "tunnel IP " + model.Joined(s.TunnelIPs, ", ")
}

// unlike says why a switch that dials in is not the one that a device is known to
// be; "" if it may be. The name alone is no evidence once there is other.
func (l *Loop) unlike(gd *model.GatewayDevice, from string, switches []model.SwitchInventory) string {
	inv, ok := l.store.Definitions().Inventories.Get(gd.ID)
	if !ok || gd.Accepted > inv.Revision {
		return ""
	}
	for i := range switches {
		now := &switches[i]
		was, known := inv.Switch(now.Name)
		if known && !continues(inv, was, from, now) {
			return fmt.Sprintf("another database announces the switches of device %s: switch %s has %s, and the device is known by %s; "+
				"if it takes its place, update the device with accept_replacement", gd.DisplayName(), now.Name, addresses(now), addresses(was))
		}
	}
	return ""
}

// continues reports whether a switch that dials in may be the one that was seen. One
// without any tunnel address is known by where it is and by its ports.
func continues(inv *model.Inventory, was *model.SwitchInventory, from string, now *model.SwitchInventory) bool {
	bare := len(was.TunnelIPs) == 0 || len(now.TunnelIPs) == 0
	switch {
	case now.SharesTunnelIP(was):
		return true
	case now.SameRow(was):
		return bare || inv.Peer == "" || inv.Peer == from
	}
	return len(was.TunnelIPs)+len(now.TunnelIPs) == 0 && inv.Peer == from && now.SamePorts(was)
}
