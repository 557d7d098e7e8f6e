package reconcile

import (
	"bordergw/model"
)

// EndpointReach is what the end points of a source need in a network of its site: tunnels to
// the switches that carry it, and to what lies beyond direct borders. It is empty for a
// network that no switch carries there, and false while no View has been made since the
// definitions of the network's connections last changed: then nobody knows.
func (l *Loop) EndpointReach(network, site string) (out model.EndpointReach, known bool) {
	view := l.view.Load()
	if !view.Shows(l.store.Definitions(), network) {
		return out, false
	}
	reach, _ := view.ReachOf(network, site)
	for _, m := range reach.Members {
		st := l.devices.state(m.Device.ID)
		out.Members = append(out.Members, model.EndpointMember{
			DeviceID: m.Device.ID, Name: m.Device.DisplayName(), Switch: m.Switch, TunnelIP: m.Address,
			Reachable: st.connected(),
		})
	}
	out.Far = reach.Far
	return out, true
}
