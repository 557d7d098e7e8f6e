package reconcile

import (
	"bordergw/model"
)

// EndpointReach is what the end points of a source need in a network of its site: tunnels to
// the switches that carry it, and to what lies beyond direct borders. It is empty for a
// network that no switch carries there.
func (l *Loop) EndpointReach(network, site string) model.EndpointReach {
	var out model.EndpointReach
	reach, _ := l.view.Load().ReachOf(network, site)
	for _, m := range reach.Members {
		st := l.devices.state(m.Device.ID)
		out.Members = append(out.Members, model.EndpointMember{
			DeviceID: m.Device.ID, Name: m.Device.DisplayName(), Switch: m.Switch, TunnelIP: m.Address,
			Reachable: st.connected(),
		})
	}
	out.Far = reach.Far
	return out
}
