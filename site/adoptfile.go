package site

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// adoptWriter puts what was found into the file.
type adoptWriter struct {
	*Adoption
	// switches and networks are those of the file, by id.
	switches map[string]*Switch
	networks map[string]*Network
	// used are names that networks and gateways have.
	used struct{ networks, gateways map[string]bool }
	// entries are the remote MACs that switches of the file have.
	entries map[macOf]bool
}

// macOf is what one remote MAC of a switch there is at most of.
type macOf struct {
	sw  *Switch
	mac model.MAC
	vni model.VNI
}

// write makes the file.
func (a *Adoption) write() {
	a.Networks = slices.Sorted(maps.Keys(a.found))
	f, keys := fileOf(a.d, Choice{Site: a.options.Site, also: a.taken()})
	a.File = f
	w := &adoptWriter{Adoption: a, switches: byRecord(f.Switches, keys.switches), networks: byRecord(f.Networks, keys.networks), entries: map[macOf]bool{}}
	w.used.networks, w.used.gateways = map[string]bool{}, map[string]bool{}
	for n := range a.d.Networks.All() {
		w.used.networks[n.Name] = true
	}
	for g := range a.d.Gateways.All() {
		w.used.gateways[g.Name] = true
	}
	for _, s := range f.Switches {
		for _, m := range s.RemoteMACs {
			w.entries[macOf{s, m.MAC, m.VNI}] = true
		}
	}
	for _, id := range a.Networks {
		w.network(a.found[id])
	}
	f.sort()
}

// taken are the objects, by id, that nobody manages and that the file has: the switches, and networks
// that are defined already.
func (a *Adoption) taken() map[string]bool {
	out := map[string]bool{}
	for i := range a.standing {
		if gd := a.standing[i].Device; gd.ManagedBy == "" {
			out[gd.ID] = true
		}
	}
	for id := range a.found {
		if n, ok := a.d.Networks.Get(id); ok && n.ManagedBy == "" {
			out[id] = true
		}
	}
	return out
}

// byRecord finds the objects of a file by the ids of their records.
func byRecord[T named](list []T, keys map[string]string) map[string]T {
	byKey, out := map[string]T{}, map[string]T{}
	for _, o := range list {
		byKey[o.object().Key] = o
	}
	for id, key := range keys {
		out[id] = byKey[key]
	}
	return out
}

// network defines one network, with the gateway that binds its ports.
func (w *adoptWriter) network(n *adoptedNetwork) {
	net, key := w.object(n)
	static := w.staticMACs(n)
	given := w.giveMACs(n, static)
	w.giveFarEnds(n, net, given)
	w.connect(n, key)
}

// object is the network in the file, with its key there; nil if another manager has it.
func (w *adoptWriter) object(n *adoptedNetwork) (*Network, string) {
	if net := w.networks[n.id]; net != nil {
		net.VNI = n.vni
		n.name = cmp.Or(net.Name, n.id)
		return net, net.Key
	}
	if defined, exists := w.d.Networks.Get(n.id); exists {
		n.name = cmp.Or(defined.Name, n.id)
		return nil, byID + n.id
	}
	o := Object{Key: byID + n.id, ID: n.id, Name: n.id, Project: w.File.Project}
	if name := w.freeName(n); name != "" {
		o.Key, o.Name = name, name
	}
	n.name = o.Name
	w.used.networks[o.Name] = true
	net := &Network{Object: o, VNI: n.vni, AdminStateUp: true}
	w.File.Networks = append(w.File.Networks, net)
	return net, o.Key
}

// freeName is the first description that the network has on a switch, else its id, if no other network is called
// so; "" if one is.
func (w *adoptWriter) freeName(n *adoptedNetwork) string {
	var names []string
	for i := range n.parts {
		names = append(names, n.parts[i].row.Description)
	}
	for _, name := range append(names, n.id) {
		if isName(name) && !strings.HasPrefix(name, byID) && !w.used.networks[name] {
			return name
		}
	}
	return ""
}

// staticMACs are the MACs at end points that nobody registers, each where the first switch has it.
// Those at registered switches are left to learning.
func (w *adoptWriter) staticMACs(n *adoptedNetwork) map[model.MAC]model.VTEPAddress {
	static := map[model.MAC]model.VTEPAddress{}
	for i := range n.parts {
		p, group, odd, keyed := &n.parts[i], 0, 0, 0
		for _, m := range p.row.Remote {
			_, known := static[m.MAC]
			switch {
			case !m.MAC.IsUnicast():
				group++
			case m.At.Addr == model.VTEPAddress{}:
				odd++
			case m.At.Key != 0:
				keyed++
			case !known && w.addresses[m.At.Addr] == nil:
				static[m.MAC] = m.At.Addr
			}
		}
		w.noteRows(p, group, "rows of Ucast_Macs_Remote with a group address")
		w.noteRows(p, odd, "rows of Ucast_Macs_Remote with locators that are no vxlan_over_ipv4 address")
		w.noteRows(p, keyed, "rows of Ucast_Macs_Remote with locators that have a VNI of their own")
	}
	return static
}

// noteRows notes rows that definitions can not ask for.
func (w *adoptWriter) noteRows(p *adoptedPart, count int, what string) {
	if count > 0 {
		w.note(NoteRows, onSwitch(p.device, p.row.Name), "it has %s (%d): they would be deleted", what, count)
	}
}

// giveMACs makes MACs the remote MACs of the first switch that can have them, and returns those: all, or none where no
// switch can. Frames for the others are flooded, so that their end points must be far ends.
func (w *adoptWriter) giveMACs(n *adoptedNetwork, static map[model.MAC]model.VTEPAddress) map[model.MAC]model.VTEPAddress {
	if len(static) == 0 {
		return nil
	}
	for i := range n.parts {
		sw := w.switches[n.parts[i].device.ID]
		if sw == nil || sw.BorderMode != model.BorderDirect {
			continue
		}
		for mac, at := range static {
			if !w.entries[macOf{sw, mac, n.vni}] {
				sw.RemoteMACs = append(sw.RemoteMACs, RemoteMAC{mac, at, n.vni})
			}
		}
		return static
	}
	w.note(NoteOwner, "network "+n.name, "MACs (%d) are at end points that nobody registers, and no switch of the network can have them in the file: "+
		"another manager has the switches, or their border_mode is not direct: frames for them are flooded", len(static))
	return nil
}

// giveFarEnds makes far ends of what switches flood to and that neither is a switch of the network nor has remote MACs.
func (w *adoptWriter) giveFarEnds(n *adoptedNetwork, net *Network, static map[model.MAC]model.VTEPAddress) {
	served, far := map[model.VTEPAddress]bool{}, map[model.VTEPAddress]bool{}
	for _, at := range static {
		served[at] = true
	}
	members := w.members(n)
	for i := range n.parts {
		keyed := 0
		for _, l := range n.parts[i].row.Flood {
			gd := w.addresses[l.Addr]
			switch {
			case l.Key != 0:
				keyed++
			case served[l.Addr] || gd != nil && members[gd.ID]:
			default:
				far[l.Addr] = true
			}
		}
		w.noteRows(&n.parts[i], keyed, "members of its flood list with a VNI of their own")
	}
	switch {
	case len(far) == 0:
	case net == nil:
		w.note(NoteOwner, "network "+n.name, "another manager has it, so that it gets no far_ends: members of flood lists (%d) would be removed", len(far))
	default:
		net.FarEnds = slices.AppendSeq(net.FarEnds, maps.Keys(far))
		net.sort()
	}
}

// members are the devices, by id, that are to carry the network.
func (w *adoptWriter) members(n *adoptedNetwork) map[string]bool {
	out := map[string]bool{}
	for i := range n.parts {
		out[n.parts[i].device.ID] = true
	}
	if _, defined := w.d.Networks.Get(n.id); !defined {
		return out
	}
	for conn := range w.d.Connections.All() {
		if g, ok := w.d.Gateways.Get(conn.L2GatewayID); ok && conn.NetworkID == n.id {
			for i := range g.Devices {
				if at, found := w.places.Find(&g.Devices[i]); found {
					out[at.Device.ID] = true
				}
			}
		}
	}
	return out
}

// connect binds the network's ports by a gateway of its own: the one of an earlier adoption, if the site has it.
func (w *adoptWriter) connect(n *adoptedNetwork, key string) {
	base := w.options.Gateway + "-" + n.name
	if !isName(base) {
		base = w.options.Gateway + "-" + n.id
	}
	g := w.earlier(base, key)
	if g == nil {
		g = &Gateway{Object: w.gatewayObject(base), HA: model.ActiveActive}
		w.File.Gateways = append(w.File.Gateways, g)
		w.File.Connections = append(w.File.Connections, &Connection{Gateway: g.Key, Network: key})
	}
	for i := range n.parts {
		for _, d := range n.parts[i].ports {
			g.add(d)
		}
	}
}

// earlier is the gateway of that name in the file if it has the network and no other, nil otherwise.
func (w *adoptWriter) earlier(name, network string) *Gateway {
	connected, others := false, false
	for _, c := range w.File.Connections {
		is := c.Gateway == name
		connected = connected || is && c.Network == network && c.segment() == ""
		others = others || is && c.Network != network
	}
	i := slices.IndexFunc(w.File.Gateways, func(g *Gateway) bool { return g.Key == name })
	if i < 0 || !connected || others || w.File.Gateways[i].HA != model.ActiveActive {
		return nil
	}
	return w.File.Gateways[i]
}

// gatewayObject has a name that no gateway has.
func (w *adoptWriter) gatewayObject(base string) Object {
	name := base
	for n := 2; w.used.gateways[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	w.used.gateways[name] = true
	return Object{Key: name, Name: name, Project: w.File.Project}
}

// add adds what a switch binds.
func (g *Gateway) add(d Device) {
	i := slices.IndexFunc(g.Devices, func(o Device) bool { return o.Switch == d.Switch })
	if i < 0 {
		d.sort()
		g.Devices = append(g.Devices, d)
		return
	}
	has := &g.Devices[i]
	for _, p := range d.Ports {
		at := slices.IndexFunc(has.Ports, func(o Port) bool { return o.Name == p.Name })
		if at < 0 {
			has.Ports = append(has.Ports, p)
		} else {
			has.Ports[at].VLANs = append(has.Ports[at].VLANs, p.VLANs...)
		}
	}
	has.sort()
}
