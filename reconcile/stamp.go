package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bordergw/model"
	"bordergw/reconcile/topology"
)

// stampGap bounds how often the connections' conditions are recorded. Requests see the
// state of the moment.
const stampGap = 200 * time.Millisecond

// stampConnections records changes of connections' conditions, and forgets objects that
// are gone. Workers record those of devices, if they have one.
func (l *Loop) stampConnections() {
	view := l.view.Load()
	l.noteErrors(view)
	devices := l.store.Definitions().Devices
	l.stampUndriven()
	workers := l.workers.all()
	l.transitions.retain(func(object string) bool {
		kind, id, _ := strings.Cut(object, "/")
		if kind == "connection" {
			return view.Outcomes[id] != nil
		}
		_, registered := devices.Get(id)
		return registered || workers[id] != nil
	})
}

// stampUndriven records the conditions of devices without a worker.
func (l *Loop) stampUndriven() {
	for gd := range l.store.Definitions().Devices.All() {
		if !gd.Driven() {
			l.transitions.record("device/"+gd.ID, l.deviceStatus(gd.ID).Conditions)
		}
	}
}

// called names a connection for people, with its id beside it. What has no name goes
// by its id.
func (l *Loop) called(c *model.L2GatewayConnection) string {
	defs := l.store.Definitions()
	gateway, network := c.L2GatewayID, c.NetworkID
	if g, ok := defs.Gateways.Get(gateway); ok {
		gateway = cmp.Or(g.Name, gateway)
	}
	if n, ok := defs.Networks.Get(network); ok {
		network = cmp.Or(n.Name, network)
	}
	return fmt.Sprintf("%s/%s (%s)", gateway, network, c.ID)
}

// noteErrors looks at all connections, and logs which have come to be in error and which
// no longer are, in a line each: a switch that fails may have thousands. What comes and
// goes faster than logGap is logged as it is then.
func (l *Loop) noteErrors(view *topology.View) {
	var broken, mended []string
	now := time.Now()
	silent := now.Sub(l.noted) < logGap
	for id, o := range view.Outcomes {
		st := l.judge(view, o)
		l.transitions.record("connection/"+id, st.Conditions)
		switch is := st.State == model.ConnectionError; {
		case is == l.inError[id]:
		case silent:
			l.refresh() // looks again
		case is:
			l.inError[id] = true
			broken = append(broken, model.Clip(l.called(o.Connection)+": "+st.Detail, model.MaxItem))
		default:
			delete(l.inError, id)
			mended = append(mended, l.called(o.Connection)+": "+st.State)
		}
	}
	maps.DeleteFunc(l.inError, func(id string, _ bool) bool { return view.Outcomes[id] == nil })
	if len(broken)+len(mended) > 0 {
		l.noted = now
	}
	slices.Sort(broken)
	slices.Sort(mended)
	if len(broken) > 0 {
		l.log.WithField("connections", len(broken)).Warn("in error: " + model.Listed(broken))
	}
	if len(mended) > 0 {
		l.log.WithField("connections", len(mended)).Info("no longer in error: " + model.Listed(mended))
	}
}

// logContested logs in which networks MACs come to be contested, and where that is
// over, in a line each.
func (l *Loop) logContested(v *topology.View) {
	for network, c := range v.Contested {
		if !l.disputed[network] {
			l.disputed[network] = true
			l.log.WithField("network", network).Warn(c.String())
		}
	}
	for network := range l.disputed {
		if v.Contested[network] == nil {
			delete(l.disputed, network)
			l.log.WithField("network", network).Info("no MAC that is configured elsewhere is claimed by a switch any more")
		}
	}
}
