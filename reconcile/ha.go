package reconcile

import (
	"cmp"
	"context"
	"fmt"
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
}

// passiveOf are the active-passive gateways. They are kept, as most gateways are none.
func (e *elector) passiveOf(defs *model.Definitions) model.Table[model.L2Gateway, *model.L2Gateway] {
	for id, c := range defs.Gateways.Changes(e.of) {
		e.passive = e.passive.Without(id)
		if c.Now != nil && c.Now.HAMode == model.ActivePassive {
			e.passive = e.passive.With(c.Now)
		}
	}
	e.of = defs.Gateways
	return e.passive
}

// elect elects in each gateway, where down are the devices that have been away for longer
// than the hold. It returns when to elect again although nothing changes, zero for never.
func (e *elector) elect(ctx context.Context, down map[string]bool, now time.Time) (again time.Time) {
	defs := e.store.Definitions()
	among := election{where: model.NewPlaces(defs), workers: e.workers, down: down}
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
	where   *model.Places
	workers *workers
	down    map[string]bool
}

// choose gives the id of the device that should be active now, "" for none.
func (e *election) choose(g *model.L2Gateway) string {
	best := e.firstReachable(g)
	current := g.ActiveDevice()
	switch {
	case current == nil && g.Active != "":
		return "" // it was taken out of the gateway
	case current == nil:
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
// or has been away for longer than the hold.
func (e *election) released(g *model.L2Gateway, next *model.Device) bool {
	for i := range g.Devices {
		d := &g.Devices[i]
		place, known := e.where.Find(d)
		if d == next || !known {
			continue
		}
		w := e.workers.driver(place.Device.ID)
		if w == nil {
			continue
		}
		if st := w.state(); !e.down[place.Device.ID] && st.released < g.Revision {
			return false
		}
	}
	return true
}
