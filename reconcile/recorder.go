package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
	"bordergw/reconcile/topology"
)

// stampGap bounds how often the connections' conditions are recorded. Requests see the
// state of the moment.
const stampGap = 200 * time.Millisecond

// statusRecorder records since when connections, and devices without a worker, are as they
// are, and logs which connections come to be in error. Workers record their devices
// themselves. It is Run's own.
type statusRecorder struct {
	store       Store
	log         logrus.FieldLogger
	workers     *workers
	devices     *deviceStatuses
	connections *connectionStatuses
	transitions *transitions
	// again asks for a call of record.
	again func()
	// inError are the connections that were logged as being in error, noted is when any were.
	inError map[string]bool
	noted   time.Time
}

// record records changes of conditions, and forgets objects that are gone.
func (r *statusRecorder) record(view *topology.View) {
	r.noteErrors(view)
	devices := r.store.Definitions().Devices
	r.recordUndriven()
	workers := r.workers.all()
	r.transitions.retain(func(object string) bool {
		kind, id, _ := strings.Cut(object, "/")
		if kind == "connection" {
			return view.Outcome(id) != nil
		}
		_, registered := devices.Get(id)
		return registered || workers[id] != nil
	})
}

// recordUndriven records the conditions of devices without a worker.
func (r *statusRecorder) recordUndriven() {
	for gd := range r.store.Definitions().Devices.All() {
		if !gd.Driven() {
			r.transitions.record("device/"+gd.ID, r.devices.of(gd.ID).Conditions)
		}
	}
}

// noteErrors looks at all connections, and logs which have come to be in error and which
// no longer are, in a line each: a switch that fails may have thousands. What comes and
// goes faster than logGap is logged as it is then.
func (r *statusRecorder) noteErrors(view *topology.View) {
	var broken, mended []string
	now := time.Now()
	silent := now.Sub(r.noted) < logGap
	for id, o := range view.Outcomes() {
		st := r.connections.judge(view, o)
		r.transitions.record("connection/"+id, st.Conditions)
		switch is := st.State == model.ConnectionError; {
		case is == r.inError[id]:
		case silent:
			r.again() // looks again
		case is:
			r.inError[id] = true
			broken = append(broken, model.Clip(connectionName(r.store.Definitions(), o.Connection)+": "+st.Detail, model.MaxItem))
		default:
			delete(r.inError, id)
			mended = append(mended, connectionName(r.store.Definitions(), o.Connection)+": "+st.State)
		}
	}
	maps.DeleteFunc(r.inError, func(id string, _ bool) bool { return view.Outcome(id) == nil })
	if len(broken)+len(mended) > 0 {
		r.noted = now
	}
	slices.Sort(broken)
	slices.Sort(mended)
	if len(broken) > 0 {
		r.log.WithField("connections", len(broken)).Warn("in error: " + model.Listed(broken))
	}
	if len(mended) > 0 {
		r.log.WithField("connections", len(mended)).Info("no longer in error: " + model.Listed(mended))
	}
}

// connectionName names a connection for people, with its id beside it. What has no name goes
// by its id.
func connectionName(defs *model.Definitions, c *model.L2GatewayConnection) string {
	gateway, network := c.L2GatewayID, c.NetworkID
	if g, ok := defs.Gateways.Get(gateway); ok {
		gateway = cmp.Or(g.Name, gateway)
	}
	if n, ok := defs.Networks.Get(network); ok {
		network = cmp.Or(n.Name, network)
	}
	return fmt.Sprintf("%s/%s (%s)", gateway, network, c.ID)
}

// contestedLog logs which MACs come to be contested. It is Run's own.
type contestedLog struct {
	log logrus.FieldLogger
	// known are the networks that have contested MACs.
	known map[string]bool
}

// note logs in which networks MACs come to be contested, and where that is
// over, in a line each.
func (c *contestedLog) note(v *topology.View) {
	for network, macs := range v.AllContested() {
		if !c.known[network] {
			c.known[network] = true
			c.log.WithField("network", network).Warn(macs.String())
		}
	}
	for network := range c.known {
		if v.Contested(network) == nil {
			delete(c.known, network)
			c.log.WithField("network", network).Info("no MAC that is configured elsewhere is claimed by a switch any more")
		}
	}
}
