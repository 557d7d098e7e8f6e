package pathtrace

import (
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// forward follows the frame out of a logical switch that it came to by a port, or that relays.
func (w *walk) forward(s *Switch, ls string, by entrance) bool {
	at := place{s.Device.ID, ls}
	if w.path[at] || len(w.path) >= maxSwitches {
		w.loops = true
		w.hop(s, model.CheckSwitch, model.HopWrong, "frames go round: this is switch %d of the way", len(w.path)+1)
		return false
	}
	if w.looked[arrival{at, by}] {
		return false // another copy came here, and did not arrive
	}
	w.looked[arrival{at, by}], w.path[at] = true, true
	defer delete(w.path, at)
	if w.hostIsAt(at) {
		return w.deliver(s)
	}
	o := w.exit(s, ls, by)
	next, stands := o.rows.Remote[w.to.MAC]
	switch {
	case stands:
		w.unicast(o, next)
		return w.tunnel(o, next)
	case o.cable != "" && !o.asked && w.to.MAC != model.MAC{}:
		return w.cross(s, ls, o.cable) // the switch has learned there what is beyond
	}
	w.noUnicast(o)
	if o.asked && !w.passes(o, o.expected) {
		return w.tunnel(o, o.expected)
	}
	return w.flood(o)
}

// exit is a logical switch that a frame leaves.
type exit struct {
	*Switch
	ls   string
	by   entrance
	rows vtep.Rows
	// expected is where the row for the host's MAC is to lead, if there is to be one.
	expected vtep.Locator
	asked    bool
	// cable is the logical switch at the other end of the border's cable, "" if the frame came that way or there is none.
	cable string
}

func (w *walk) exit(s *Switch, ls string, by entrance) *exit {
	o := &exit{Switch: s, ls: ls, by: by}
	o.rows, _ = s.Database.Rows(ls, w.to.MAC)
	o.expected, o.asked = s.entry(ls, w.to.MAC)
	if other, has := s.cable(ls); has && by != byCable {
		o.cable = other
	}
	return o
}

// hostIsAt reports whether the frame is to leave by a port here.
func (w *walk) hostIsAt(at place) bool {
	return at == place{w.to.device(), w.to.Network} && !w.to.beyond()
}

// unicast notes where the row for the MAC leads.
func (w *walk) unicast(o *exit, is vtep.Locator) {
	mac := w.to.MAC
	state := model.HopOK
	if !o.asked || is != o.expected {
		state = model.HopWrong
	}
	hop := w.hop(o.Switch, model.CheckUnicast, state, "Ucast_Macs_Remote %s in %s -> %s", mac, w.fabric.Network(o.ls), is)
	in(hop, "Ucast_Macs_Remote", "mac", mac.String(), "logical_switch", o.ls)
	switch {
	case !o.asked:
		hop.Message += "; expected none"
		because(hop, "", is.String(), cause{model.WhyForeignRow, "no connection asks for this row: an external writer made it, or it is about to be removed"})
	case state == model.HopWrong:
		hop.Message += "; expected -> " + o.expected.String()
		because(hop, o.expected.String(), is.String(), w.why(o.Switch, macOf(o.ls, mac)))
	}
}

// noUnicast notes that there is no row for the MAC.
func (w *walk) noUnicast(o *exit) {
	network, mac := w.fabric.Network(o.ls), w.to.MAC
	switch {
	case mac == model.MAC{}:
	case o.asked:
		hop := w.hop(o.Switch, model.CheckUnicast, model.HopMiss, "no Ucast_Macs_Remote %s in %s; expected -> %s", mac, network, o.expected)
		because(in(hop, "Ucast_Macs_Remote", "mac", mac.String(), "logical_switch", o.ls), o.expected.String(), "", w.why(o.Switch, macOf(o.ls, mac)))
	default:
		w.hop(o.Switch, model.CheckUnicast, model.HopNote, "no Ucast_Macs_Remote %s in %s, and none is due", mac, network)
	}
}

// tunnel follows the frame into a tunnel, unless it came out of one of the same side of a border that relays.
func (w *walk) tunnel(o *exit, next vtep.Locator) bool {
	if w.passes(o, next) {
		return w.arrive(o, next)
	}
	side := "its site"
	if o.by == fromSites {
		side = "the other sites"
	}
	w.hop(o.Switch, model.CheckRelay, model.HopWrong, "frames from %s do not go back there (split horizon), and %s is there", side, next)
	return false
}

// arrive follows the frame through a tunnel.
func (w *walk) arrive(o *exit, next vtep.Locator) bool {
	if state := o.tunnelDown(next.Addr); state != "" {
		w.hop(o.Switch, model.CheckTunnel, model.HopNote, "BFD says that the tunnel to %s is %s", next.Addr, state)
	}
	n := w.owner(next.Addr)
	if n == nil {
		return w.leave(o.Switch, next)
	}
	if !w.read(n) {
		return false
	}
	ls, found := w.enter(n, o, next)
	if !found {
		return false
	}
	other, has := n.cable(ls)
	switch {
	case w.hostIsAt(place{n.Device.ID, ls}):
		return w.deliver(n)
	case has:
		return w.cross(n, ls, other)
	case n.Relays:
		return w.forward(n, ls, n.entrance(ls, o, next))
	}
	w.hop(n, model.CheckLocal, model.HopWrong, "%s is not at %s, which sends nothing on from one tunnel into another", w.to.Name, n.Device.Name)
	return false
}

// leave: frames go to an address that is not of a registered switch.
func (w *walk) leave(s *Switch, next vtep.Locator) bool {
	if w.to.beyond() && w.to.Entry.Endpoint == next.Addr {
		w.hop(s, model.CheckFarEnd, model.HopOK, "frames leave for %s, which %s is behind", next, w.to.Name)
		return true
	}
	w.hop(s, model.CheckFarEnd, model.HopWrong, "%s is no tunnel address of a registered switch", next.Addr)
	return false
}

// enter finds the logical switch that takes a frame from another switch.
func (w *walk) enter(n *Switch, o *exit, next vtep.Locator) (ls string, found bool) {
	vni := next.Key
	if vni == 0 {
		vni = o.rows.Key
	}
	keyed := n.Database.Keyed(vni)
	for _, ls := range w.candidates() {
		if slices.Contains(keyed, ls) || n.hears(ls, o.Switch, vni) {
			in(w.hop(n, model.CheckSwitch, model.HopOK, "Logical_Switch %s takes key %s, as the locator says", w.fabric.Network(ls), vni), "Logical_Switch", "name", ls)
			return ls, true
		}
	}
	network := w.fabric.Network(w.to.Network)
	hop := in(w.hop(n, model.CheckSwitch, model.HopMiss, "no Logical_Switch of %s with key %s", network, vni), "Logical_Switch", "tunnel_key", vni.String())
	because(hop, network+" key "+vni.String(), strings.Join(keyed, ", "), w.whyNotTaken(n, w.to.Network, o, vni))
	return "", false
}

// candidates are the logical switches that a frame between the two hosts may be in.
func (w *walk) candidates() []string {
	all := []string{w.to.Network, w.to.Network + vtep.BorderSuffix, w.from.Network, w.from.Network + vtep.BorderSuffix}
	slices.Sort(all[2:])
	return slices.Compact(all)
}

// cross follows the frame through the cable.
func (w *walk) cross(s *Switch, ls, other string) bool {
	near, nearBound := s.stitched(ls)
	far, farBound := s.stitched(other)
	if nearBound && farBound && near.VLAN == far.VLAN && near.Port != far.Port {
		in(w.hop(s, model.CheckCable, model.HopOK, "%s leads to %s", slotText(near), slotText(far)), "Physical_Port", "logical_switch", other)
		return w.forward(s, other, byCable)
	}
	missing := ls
	if nearBound {
		missing = other
	}
	hop := in(w.hop(s, model.CheckCable, model.HopMiss, "the cable %s is not bound to %s at both ends", strings.Join(s.StitchPorts, " - "), w.fabric.Network(ls)), "Physical_Port", "logical_switch", missing)
	because(hop, strings.Join(s.StitchPorts, " - "), "", w.whyNoCable(s, missing))
	return false
}
