package reconcile

import (
	"cmp"
	"context"
	"fmt"
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
	// left are the parts that carried a gateway, by its id, and were taken out of it, until another device is active.
	left map[string][]model.Device
	// asked are the gateways, by id, whose active device has been asked to leave.
	asked map[string]bool
}

// passiveOf are the active-passive gateways. They are kept, as most gateways are none.
func (e *elector) passiveOf(defs *model.Definitions) model.Table[model.L2Gateway, *model.L2Gateway] {
	if e.left == nil {
		e.left, e.asked = map[string][]model.Device{}, map[string]bool{}
	}
	for id, c := range defs.Gateways.Changes(e.of) {
		e.passive = e.passive.Without(id)
		if c.Now == nil || c.Now.HAMode != model.ActivePassive {
			delete(e.left, id)
			delete(e.asked, id)
			continue
		}
		e.passive = e.passive.With(c.Now)
		if c.Was != nil {
			e.left[id] = append(e.left[id], departed(c)...)
		}
	}
	e.of = defs.Gateways
	return e.passive
}

// departed are the parts of a gateway that it has no more and that may be bound: the active one, or, of a gateway that was
// active-active, all.
func departed(c model.Change[*model.L2Gateway]) (out []model.Device) {
	for i := range c.Was.Devices {
		was := &c.Was.Devices[i]
		carried := c.Was.HAMode != model.ActivePassive || c.Was.Active == was.ID || c.Now.Active == was.ID
		if carried && !slices.ContainsFunc(c.Now.Devices, func(d model.Device) bool { return d.ID == was.ID }) {
			out = append(out, *was)
		}
	}
	return out
}

// elect elects in each gateway, where down are the devices that have been away for longer
// than the hold. It returns when to elect again although nothing changes, zero for never.
func (e *elector) elect(ctx context.Context, down map[string]bool, now time.Time) (again time.Time) {
	defs := e.store.Definitions()
	passive := e.passiveOf(defs)
	among := election{defs: defs, left: e.left, asked: e.asked, where: model.NewPlaces(defs), workers: e.workers, down: down}
	for g := range passive.All() {
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
		if e.asked[g.ID] = next == ""; next == "" {
			again = now.Add(electionGap)
		} else {
			delete(e.left, g.ID)
			delete(e.asked, g.ID)
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
	defs  *model.Definitions
	left  map[string][]model.Device
	asked map[string]bool
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
		if bound := e.bound(g); bound != nil && !e.asked[g.ID] {
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

// released reports whether no other device of the gateway still holds what the
// next one is to take: each has been brought in sync since no device was active,
// or has been away for longer than the hold. One that was taken out of it must
// have given up the ports that it had there.
func (e *election) released(g *model.L2Gateway, next *model.Device) bool {
	for i := range g.Devices {
		d := &g.Devices[i]
		place, known := e.where.Find(d)
		if d == next || !known || e.down[place.Device.ID] {
			continue
		}
		if w := e.workers.driver(place.Device.ID); w != nil && w.board.releasedUpTo() < g.Revision {
			return false
		}
	}
	return !slices.ContainsFunc(e.left[g.ID], func(d model.Device) bool { return e.mayCarry(g, &d) })
}

// mayCarry reports whether a part that a gateway had may still be bound for it: it is, and not for another gateway, as the
// switch has not been brought in sync since; or its switch can not be asked and has not been away for longer than the hold.
func (e *election) mayCarry(g *model.L2Gateway, d *model.Device) bool {
	place, known := e.where.Find(d)
	if !known || e.down[place.Device.ID] {
		return false
	}
	w := e.workers.driver(place.Device.ID)
	return w != nil && (w.current() == nil || e.carries(g, d) && w.board.releasedUpTo() < g.Revision)
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
		if e.carries(g, &g.Devices[i]) {
			return &g.Devices[i]
		}
	}
	return nil
}

// carries reports whether a switch has a network of a gateway bound at one of the ports that the gateway has, or had,
// there.
func (e *election) carries(g *model.L2Gateway, d *model.Device) bool {
	place, known := e.where.Find(d)
	if !known || !place.Device.Driven() {
		return false
	}
	w := e.workers.driver(place.Device.ID)
	if w == nil || w.current() == nil {
		return false
	}
	s := w.current()
	for n := range d.Interfaces {
		for vlan, ls := range s.Bound(place.Switch, d.Interfaces[n].Name) {
			if e.joins(g, ls) && (len(d.Interfaces[n].VLANs) == 0 || slices.Contains(d.Interfaces[n].VLANs, vlan)) {
				return true
			}
		}
	}
	return false
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
