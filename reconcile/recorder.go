package reconcile

import (
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/topology"
)

// stampGap bounds how often the connections' conditions are recorded. Requests see the
// state of the moment.
const stampGap = 200 * time.Millisecond

// statusRecorder records since when connections, and devices without a worker, are as they
// are, and has it logged which connections come to be in error. It looks at what may have changed
// since it last looked. Workers record their devices themselves. It is Run's own, but for count.
type statusRecorder struct {
	store       Store
	workers     *workers
	devices     *deviceStatuses
	connections *connectionStatuses
	transitions *transitions
	events      *eventReporter
	touched     *touched
	dirty       dirtyConnections
	errors      errorLog
	// defs are the definitions that it last looked at.
	defs *model.Definitions
	// states are those of connections, by id, as they were recorded last; counted is how many
	// have which.
	states     map[string]string
	counted    map[string]int
	unrealised unrealised
	shown      atomic.Pointer[shownStates]
	// judged counts the connections that were looked at.
	judged int
}

// shownStates is how many connections have which state, how many that is in all, and which are not active.
type shownStates struct {
	of         map[string]int
	all        int
	unrealised unrealisedSet
}

// record records changes of conditions, and forgets objects that are gone.
func (r *statusRecorder) record(view *topology.View) {
	touched, defs := r.touched.take(), r.store.Definitions()
	r.recordDevices(defs, touched)
	dirty, gone := r.dirty.look(view, defs, touched)
	for _, id := range gone {
		r.forget(id)
	}
	for id := range dirty {
		if o := view.Outcome(id); o != nil {
			r.judge(id, view, o)
		}
	}
	r.errors.say()
	r.show()
	r.defs = defs
}

// recordDevices records the conditions of devices without a worker, and forgets devices that are gone.
func (r *statusRecorder) recordDevices(defs *model.Definitions, touched map[string]bool) {
	var was model.Table[model.GatewayDevice, *model.GatewayDevice]
	if r.defs != nil {
		was = r.defs.Devices
	}
	for id, c := range defs.Devices.Changes(was) {
		if c.Now == nil {
			touched[id] = true
		} else if !c.Now.Driven() {
			r.transitions.record("device/"+id, r.devices.of(id).Conditions)
		}
	}
	for id := range touched {
		if _, registered := defs.Devices.Get(id); !registered && r.workers.get(id) == nil {
			r.transitions.forget("device/" + id)
		}
	}
}

// judge records what became of a connection.
func (r *statusRecorder) judge(id string, view *topology.View, o *topology.Outcome) {
	r.judged++
	j := r.connections.judgement(view, o)
	st := j.status(o)
	r.dirty.unwritten(id, j.unwritten)
	r.transitions.record("connection/"+id, st.Conditions)
	r.errors.note(id, o.Connection, &st)
	if was, known := r.states[id]; was != st.State {
		r.events.status(o.Connection, &st, !known)
	}
	r.count(id, st.State)
}

// forget drops what is known of a connection that is gone.
func (r *statusRecorder) forget(id string) {
	r.transitions.forget("connection/" + id)
	r.errors.forget(id)
	r.count(id, "")
}

// count notes the state of a connection, "" for one that is gone.
func (r *statusRecorder) count(id, state string) {
	if was, known := r.states[id]; known {
		r.counted[was]--
	}
	r.unrealised.note(id, r.states[id], state)
	delete(r.states, id)
	if state != "" {
		r.states[id] = state
		r.counted[state]++
	}
}

// show shows the counts, and which connections are not active, to everybody.
func (r *statusRecorder) show() {
	c := &shownStates{of: map[string]int{}, all: len(r.states), unrealised: r.unrealised.take()}
	for state, n := range r.counted {
		c.of[state] = n
	}
	r.shown.Store(c)
}

// recorded tells how many connections have each status, as they were recorded last; every status is
// there. One that has not been looked at is pending. It has in order which of those that were looked at are not active.
func (r *statusRecorder) recorded() (counts map[string]int, unrealised unrealisedSet) {
	counts = map[string]int{model.ConnectionActive: 0, model.ConnectionPending: 0, model.ConnectionError: 0, model.ConnectionUnsupported: 0}
	recorded := 0
	if c := r.shown.Load(); c != nil {
		recorded, unrealised = c.all, c.unrealised
		for state, n := range c.of {
			counts[state] = n
		}
	}
	counts[model.ConnectionPending] += max(0, r.store.Definitions().Connections.Len()-recorded)
	return counts, unrealised
}

// counts are those that are recorded.
func (r *statusRecorder) counts() map[string]int {
	counts, _ := r.recorded()
	return counts
}

// contestedLog logs which MACs come to be contested. It is Run's own.
type contestedLog struct{ log logrus.FieldLogger }

// note logs in which networks MACs come to be contested, and where that is over, in a line each. was
// is the View before.
func (c *contestedLog) note(v, was *topology.View) {
	for network, macs := range v.ChangedContested(was) {
		log := c.log.WithField("network", network)
		switch {
		case macs.Now == nil:
			log.Info("no MAC that is configured elsewhere is claimed by a switch any more")
		case macs.Was == nil:
			log.Warn(macs.Now.String())
		}
	}
}
