package reconcile

import (
	"errors"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/damping"
)

// The phases of a device: what a worker shows of its session, records and logs.

// announced is the phase that was logged last, and the one that was recorded last.
type announced struct{ logged, stamped string }

// enterReading notes that the database is being read. That of a switch that is driven
// elsewhere is read only to see whether that is still so.
func (w *worker) enterReading() {
	if _, waits := w.loop.leases.Waits(w.seat); !waits {
		w.enter(model.DeviceReading, "reading the database")
	}
}

// enter changes the phase and logs what an operator would want to know: that a
// switch has come, or that it refuses something.
func (w *worker) enter(phase, detail string) {
	detail = model.Bounded(detail)
	w.board.enter(phase, detail)
	if phase != w.announced.stamped && phase != model.DeviceSyncing && !w.brief { // a write takes a moment: it is no change
		w.announced.stamped = phase
		w.loop.events.phase(w.device.id, phase, detail)
		w.stamp()
	}
	if phase == w.announced.logged || phase == model.DeviceUnreachable && detail == w.announced.logged || w.brief {
		return
	}
	switch phase {
	case model.DeviceInSync:
		w.device.logger().WithField("phase", phase).Info("switch is in sync")
	case model.DeviceDegraded:
		w.device.logger().WithField("phase", phase).Warn("switch is reachable but not all can be written: " + detail)
	case model.DeviceUnreachable:
		w.device.logger().WithField("phase", phase).Warn("switch can not be reached, trying again until it can: " + detail)
	default:
		return
	}
	w.announced.logged = phase
}

// logNotDriven logs, once, that a switch is reached and not driven by this
// registration.
func (w *worker) logNotDriven(phase, why string) {
	if w.announced.logged != why {
		w.device.logger().WithField("phase", phase).Warn("the switch is reached, and not driven by this registration: " + why)
	}
	w.announced.logged = why
}

// stamp records the device's conditions, from which those of connections follow. Those of a deleted
// one nobody asks for.
func (w *worker) stamp() {
	if w.brief {
		return
	}
	w.loop.transitions.record("device/"+w.device.id, w.loop.devices.of(w.device.id).Conditions)
	w.touched()
}

// touched notes that something else may be known of the session than before.
func (w *worker) touched() { w.loop.touched.add(w.device.id) }

// lost records the end of a session, or that none could be had.
func (w *worker) lost(err error) {
	if err == nil {
		err = errors.New("session ended")
	}
	w.board.lost(err)
	phase := model.DeviceUnreachable
	if errors.As(err, new(connector.DrivenElsewhere)) {
		phase = model.DeviceDrivenElsewhere
	}
	if refused(err) && !w.brief {
		w.logNotDriven(phase, model.Bounded(err.Error()))
	}
	w.enter(phase, err.Error())
	w.upkeep.damper = damping.Damper{}
	w.stamp() // what TLS says may be new while the phase is not
}
