package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
)

const (
	// electionGap is when to look again while no device is active.
	electionGap = 200 * time.Millisecond
	// redialGap is how often a switch is dialled whose part another one has: if it
	// comes back with what it held, both are bound until it is reached.
	redialGap = 300 * time.Millisecond
)

// elector chooses the device that carries traffic in each active-passive gateway.
// The choice is durable. A device that can be reached leaves its part before
// another takes it: between the two no device is active. It is Run's own.
type elector struct {
	store   Store
	log     logrus.FieldLogger
	workers *workers
	events  *eventReporter
	// passive are the active-passive ones of these gateways.
	passive, of model.Table[model.L2Gateway, *model.L2Gateway]
	// left are the devices, by id, that were taken out of a gateway, by its id, since a device of it was last made
	// active: one of them may have been.
	left map[string]map[string]bool
}

// passiveOf are the active-passive gateways. They are kept, as most gateways are none.
func (e *elector) passiveOf(defs *model.Definitions) model.Table[model.L2Gateway, *model.L2Gateway] {
	if e.left == nil {
		e.left = leftBefore(defs)
	}
	where := model.NewPlaces(defs)
	for id, c := range defs.Gateways.Changes(e.of) {
		e.passive = e.passive.Without(id)
		if c.Now == nil || c.Now.HAMode != model.ActivePassive {
			delete(e.left, id)
			continue
		}
		e.passive = e.passive.With(c.Now)
		if c.Was != nil {
			for device := range devicesOf(c.Was, where) {
				include(e.left, id, device)
			}
		}
	}
	e.of = defs.Gateways
	return e.passive
}

// devicesOf are the registered devices of a gateway, by id.
func devicesOf(g *model.L2Gateway, where *model.Places) map[string]bool {
	out := map[string]bool{}
	for i := range g.Devices {
		if place, known := where.Find(&g.Devices[i]); known {
			out[place.Device.ID] = true
		}
	}
	return out
}

// leftBefore are, after a start, the devices that hold networks of gateways without an active device.
func leftBefore(defs *model.Definitions) map[string]map[string]bool {
	out, holders := map[string]map[string]bool{}, map[string]map[string]bool{}
	for h := range defs.Holdings.All() {
		include(holders, h.Name, h.DeviceID)
	}
	for c := range defs.Connections.All() {
		g, ok := defs.Gateways.Get(c.L2GatewayID)
		if !ok || g.HAMode != model.ActivePassive || g.ActiveDevice() != nil {
			continue
		}
		for device := range holders[c.NetworkID] {
			include(out, g.ID, device)
		}
	}
	return out
}

// elect elects in each gateway, where down are the devices that have been away for longer
// than the hold. It returns when to elect again although nothing changes, zero for never.
func (e *elector) elect(ctx context.Context, down map[string]bool, now time.Time) (again time.Time) {
	defs := e.store.Definitions()
	among := election{defs: defs, left: e.left, where: model.NewPlaces(defs), workers: e.workers, down: down}
	for g := range e.passiveOf(defs).All() {
		next := among.choose(g)
		if next == g.Active {
			if next == "" {
				again = now.Add(electionGap) // another device is about to let go
			}
			continue
		}
		log := e.log.WithFields(logrus.Fields{
			"gateway": cmp.Or(g.Name, g.ID), "gateway_id": g.ID, "from": calledDevice(defs, g.Active), "to": calledDevice(defs, next),
		})
		if err := e.store.SetActiveDevice(ctx, g.ID, next); err != nil {
			log.WithField("err", err).Warn("changing the active device")
			again = now.Add(electionGap)
			continue
		}
		log.Info("active device changes")
		e.events.elected(g, g.Active, next)
		if next == "" {
			again = now.Add(electionGap)
		} else {
			delete(e.left, g.ID)
		}
	}
	return again
}

// calledDevice is the name of a registered device, with its id; "" for none.
func calledDevice(defs *model.Definitions, id string) string {
	gd, ok := defs.Devices.Get(id)
	if !ok || gd.Name == "" {
		return id
	}
	return fmt.Sprintf("%s (%s)", gd.Name, id)
}

// election is what a choice is made from: where the devices of gateways are, and which
// of them can be reached.
type election struct {
	defs *model.Definitions
	left map[string]map[string]bool
	// networks are those of gateways, by id, once somebody asks.
	networks map[string]map[string]bool
	where    *model.Places
	workers  *workers
	down     map[string]bool
}

// choose gives the id of the device that should be active now, "" for none.
func (e *election) choose(g *model.L2Gateway) string {
	best := e.firstReachable(g)
	current := g.ActiveDevice()
	switch {
	case current == nil && g.Active != "":
		return "" // it was taken out of the gateway
	case current == nil:
		if bound := e.bound(g); bound != nil {
			best = bound
		}
		if best == nil || !e.released(g, best) {
			return ""
		}
		return best.ID
	case best == nil || best == current:
		return current.ID
	}
	place, known := e.where.Find(current)
	switch {
	case !known:
		return "" // its switch has left a database that has others, or has another name
	case e.down[place.Device.ID]:
		return best.ID // it can not be asked to leave
	case g.Preempt && e.workers.reach(place.Device):
		return "" // it leaves, then the other one comes
	}
	return current.ID
}

// failedOver are those of the devices that are down whose part in an
// active-passive gateway another device has.
func (e *elector) failedOver(defs *model.Definitions, down map[string]bool) map[string]bool {
	out := map[string]bool{}
	if len(down) == 0 {
		return out
	}
	where := model.NewPlaces(defs)
	for g := range e.passiveOf(defs).All() {
		active := g.ActiveDevice()
		if active == nil {
			continue
		}
		for i := range g.Devices {
			d := &g.Devices[i]
			if place, known := where.Find(d); d != active && known && down[place.Device.ID] {
				out[place.Device.ID] = true
			}
		}
	}
	return out
}

// firstReachable is the first listed device with a session. While an earlier
// one may still come, there is none.
func (e *election) firstReachable(g *model.L2Gateway) *model.Device {
	for i := range g.Devices {
		place, known := e.where.Find(&g.Devices[i])
		if !known || !place.Device.Driven() {
			continue
		}
		if e.workers.reach(place.Device) {
			return &g.Devices[i]
		}
		if !e.down[place.Device.ID] {
			return nil
		}
	}
	return nil
}

// released reports whether no other device still holds what the next one is to take:
// each has been brought in sync since no device was active, or has been away for longer
// than the hold.
func (e *election) released(g *model.L2Gateway, next *model.Device) bool {
	place, _ := e.where.Find(next)
	for _, id := range e.mayHold(g) {
		if place.Device != nil && id == place.Device.ID || e.down[id] {
			continue
		}
		w := e.workers.driver(id)
		if w == nil {
			continue
		}
		if st := w.state(); st.released < g.Revision {
			return false
		}
	}
	return true
}

// reachable is the first listed device that is reached now, else the first of all.
func (e *election) reachable(g *model.L2Gateway) *model.Device {
	for i := range g.Devices {
		if place, known := e.where.Find(&g.Devices[i]); known && e.workers.reach(place.Device) {
			return &g.Devices[i]
		}
	}
	if len(g.Devices) == 0 {
		return nil
	}
	return &g.Devices[0]
}

// bound is the first reachable device that carries a network of the gateway at one of its ports already, nil if none
// does. Whoever wrote it, a store that is lost perhaps, had made it the active one.
func (e *election) bound(g *model.L2Gateway) *model.Device {
	for i := range g.Devices {
		d := &g.Devices[i]
		place, known := e.where.Find(d)
		if !known || !place.Device.Driven() {
			continue
		}
		w := e.workers.driver(place.Device.ID)
		if w == nil || w.current() == nil {
			continue
		}
		s := w.current()
		for n := range d.Interfaces {
			for vlan, ls := range s.Bound(place.Switch, d.Interfaces[n].Name) {
				if e.joins(g, ls) && (len(d.Interfaces[n].VLANs) == 0 || slices.Contains(d.Interfaces[n].VLANs, vlan)) {
					return d
				}
			}
		}
	}
	return nil
}

// joins reports whether a gateway has a connection to a network.
func (e *election) joins(g *model.L2Gateway, network string) bool {
	if e.networks == nil {
		e.networks = map[string]map[string]bool{}
		for c := range e.defs.Connections.All() {
			include(e.networks, c.L2GatewayID, c.NetworkID)
		}
	}
	return e.networks[g.ID][network]
}

// mayHold are the devices of a gateway, and those that were taken out of it, by id.
func (e *election) mayHold(g *model.L2Gateway) []string {
	ids := slices.Collect(maps.Keys(e.left[g.ID]))
	for i := range g.Devices {
		if place, known := e.where.Find(&g.Devices[i]); known {
			ids = append(ids, place.Device.ID)
		}
	}
	return ids
}
