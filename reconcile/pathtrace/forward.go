package pathtrace

import (
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// forward follows the frame out of a logical switch that it came to by a port, or that relays.
func (w *walk) forward(s *Switch, ls string) bool {
	at := place{s.Device.ID, ls}
	if w.seen[at] || len(w.seen) >= maxSwitches {
		w.loops = true
		w.hop(s, model.CheckSwitch, model.HopWrong, "frames go round: this is switch %d of the way", len(w.seen)+1)
		return false
	}
	w.seen[at] = true
	if w.hostIsAt(at) {
		return w.deliver(s)
	}
	rows, _ := s.Database.Rows(ls, w.to.MAC)
	expected, asked := s.entry(ls, w.to.MAC)
	if next, stands := rows.Remote[w.to.MAC]; stands {
		w.unicast(s, ls, next, expected, asked)
		return w.arrive(s, &rows, next)
	}
	if other, has := s.cable(ls); has && !asked {
		return w.cross(s, ls, other) // the switch has learned there what is beyond
	}
	w.noUnicast(s, ls, expected, asked)
	return w.flood(s, &rows, expected, asked)
}

// hostIsAt reports whether the frame is to leave by a port here.
func (w *walk) hostIsAt(at place) bool {
	return at == place{w.to.device(), w.to.Network} && !w.to.beyond()
}

// unicast notes where the row for the MAC leads.
func (w *walk) unicast(s *Switch, ls string, is, expected vtep.Locator, asked bool) {
	mac := w.to.MAC
	state := model.HopOK
	if !asked || is != expected {
		state = model.HopWrong
	}
	hop := w.hop(s, model.CheckUnicast, state, "Ucast_Macs_Remote %s in %s -> %s", mac, w.fabric.Network(ls), is)
	in(hop, "Ucast_Macs_Remote", "mac", mac.String(), "logical_switch", ls)
	switch {
	case !asked:
		hop.Message += "; expected none"
		because(hop, "", is.String(), cause{model.WhyForeignRow, "no connection asks for this row: an external writer made it, or it is about to be removed"})
	case state == model.HopWrong:
		hop.Message += "; expected -> " + expected.String()
		because(hop, expected.String(), is.String(), s.why(macOf(ls, mac)))
	}
}

// noUnicast notes that there is no row for the MAC.
func (w *walk) noUnicast(s *Switch, ls string, expected vtep.Locator, asked bool) {
	network, mac := w.fabric.Network(ls), w.to.MAC
	switch {
	case mac == model.MAC{}:
	case asked:
		hop := w.hop(s, model.CheckUnicast, model.HopMiss, "no Ucast_Macs_Remote %s in %s; expected -> %s", mac, network, expected)
		because(in(hop, "Ucast_Macs_Remote", "mac", mac.String(), "logical_switch", ls), expected.String(), "", s.why(macOf(ls, mac)))
	default:
		w.hop(s, model.CheckUnicast, model.HopNote, "no Ucast_Macs_Remote %s in %s, and none is due", mac, network)
	}
}

// flood follows the copy of a flooded frame that leads to the host. Where several may, the last one is
// shown if none does.
func (w *walk) flood(s *Switch, rows *vtep.Rows, expected vtep.Locator, asked bool) bool {
	w.floods = true
	ways := w.towards(rows, expected, asked)
	for i, next := range ways {
		hops, progress, seen := len(w.hops), w.progress, maps.Clone(w.seen)
		hop := w.hop(s, model.CheckFlood, model.HopOK, "unknown-dst has %s: frames arrive flooded", next)
		in(hop, "Mcast_Macs_Remote", "mac", "unknown-dst", "logical_switch", rows.Name)
		if w.arrive(s, rows, next) {
			return true
		}
		if i < len(ways)-1 {
			w.hops, w.progress, w.seen = w.hops[:hops], progress, seen
		}
	}
	if len(ways) == 0 {
		w.noFlood(s, rows, expected, asked)
	}
	return false
}

// towards are the members of the flood list that may lead to the host: its switch, else borders.
func (w *walk) towards(rows *vtep.Rows, expected vtep.Locator, asked bool) (ways []vtep.Locator) {
	var direct []model.VTEPAddress
	if s := w.fabric.Switch(w.to.device()); w.to.beyond() {
		direct = []model.VTEPAddress{w.to.Entry.Endpoint}
	} else if s != nil {
		direct = s.Addresses
	}
	var borders []vtep.Locator
	for _, l := range rows.Flood {
		border := w.fabric.Switch(w.fabric.Owner(l.Addr))
		switch {
		case asked:
			if l == expected {
				ways = append(ways, l)
			}
		case slices.Contains(direct, l.Addr):
			ways = append(ways, l)
		case border != nil && border.passes():
			borders = append(borders, l)
		}
	}
	if len(ways) == 0 {
		return borders
	}
	return ways
}

// noFlood notes that flooded frames do not get to the host either.
func (w *walk) noFlood(s *Switch, rows *vtep.Rows, expected vtep.Locator, asked bool) {
	to := "the switch of " + w.to.Name
	if asked {
		to = expected.String()
	}
	found := locatorTexts(rows.Flood)
	state := model.HopWrong
	if rows.Flood == nil {
		state, found = model.HopMiss, ""
	}
	hop := w.hop(s, model.CheckFlood, state, "unknown-dst of %s lacks %s", w.fabric.Network(rows.Name), to)
	in(hop, "Mcast_Macs_Remote", "mac", "unknown-dst", "logical_switch", rows.Name)
	because(hop, to, found, s.why(rowOf(rows.Name)))
}

// arrive follows the frame through a tunnel.
func (w *walk) arrive(s *Switch, rows *vtep.Rows, next vtep.Locator) bool {
	if state := s.tunnelDown(next.Addr); state != "" {
		w.hop(s, model.CheckTunnel, model.HopNote, "BFD says that the tunnel to %s is %s", next.Addr, state)
	}
	n := w.fabric.Switch(w.fabric.Owner(next.Addr))
	if n == nil {
		return w.leave(s, next)
	}
	if !w.read(n) {
		return false
	}
	vni := next.Key
	if vni == 0 {
		vni = rows.Key
	}
	ls, found := w.enter(n, s, vni)
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
		return w.forward(n, ls)
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

// enter finds the logical switch that takes a frame with a VNI from another switch.
func (w *walk) enter(n, from *Switch, vni model.VNI) (ls string, found bool) {
	keyed := n.Database.Keyed(vni)
	for _, ls := range w.candidates() {
		if slices.Contains(keyed, ls) || n.hears(ls, from, vni) {
			in(w.hop(n, model.CheckSwitch, model.HopOK, "Logical_Switch %s takes key %s, as the locator says", w.fabric.Network(ls), vni), "Logical_Switch", "name", ls)
			return ls, true
		}
	}
	network := w.fabric.Network(w.to.Network)
	hop := in(w.hop(n, model.CheckSwitch, model.HopMiss, "no Logical_Switch of %s with key %s", network, vni), "Logical_Switch", "tunnel_key", vni.String())
	c := n.why(rowOf(w.to.Network))
	if seg := n.segment(w.to.Network); seg != nil && seg.TunnelKey != vni {
		c = cause{model.WhyBeingWritten, "frames come with another key than the one that is to be used, " + seg.TunnelKey.String()}
	}
	because(hop, network+" key "+vni.String(), strings.Join(keyed, ", "), c)
	return "", false
}

// candidates are the logical switches that a frame between the two hosts may be in.
func (w *walk) candidates() []string {
	all := []string{w.to.Network, w.to.Network + vtep.BorderSuffix, w.from.Network, w.from.Network + vtep.BorderSuffix}
	slices.Sort(all[2:])
	return slices.Compact(all)
}

// hears reports whether a logical switch has a locator with a key of its own for another switch.
func (s *Switch) hears(ls string, from *Switch, vni model.VNI) bool {
	rows, _ := s.Database.Rows(ls)
	return slices.ContainsFunc(rows.Flood, func(l vtep.Locator) bool { return l.Key == vni && slices.Contains(from.Addresses, l.Addr) })
}

// cable is the logical switch at the other end of a border's cable, false if there is none.
func (s *Switch) cable(ls string) (other string, has bool) {
	if len(s.StitchPorts) != 2 {
		return "", false
	}
	other, outer := strings.CutSuffix(ls, vtep.BorderSuffix)
	if !outer {
		other = ls + vtep.BorderSuffix
	}
	_, stands := s.Database.Rows(other)
	return other, stands || s.segment(other) != nil
}

// cross follows the frame through the cable.
func (w *walk) cross(s *Switch, ls, other string) bool {
	near, nearBound := s.stitched(ls)
	far, farBound := s.stitched(other)
	if nearBound && farBound && near.VLAN == far.VLAN && near.Port != far.Port {
		in(w.hop(s, model.CheckCable, model.HopOK, "%s leads to %s", slotText(near), slotText(far)), "Physical_Port", "logical_switch", other)
		return w.forward(s, other)
	}
	missing := ls
	if nearBound {
		missing = other
	}
	hop := in(w.hop(s, model.CheckCable, model.HopMiss, "the cable %s is not bound to %s at both ends", strings.Join(s.StitchPorts, " - "), w.fabric.Network(ls)), "Physical_Port", "logical_switch", missing)
	because(hop, strings.Join(s.StitchPorts, " - "), "", s.why(bindingOf(missing, nil)))
	return false
}

// stitched is the end of the cable that is bound to a logical switch.
func (s *Switch) stitched(ls string) (vtep.Slot, bool) {
	rows, _ := s.Database.Rows(ls)
	i := slices.IndexFunc(rows.Bindings, func(b vtep.Slot) bool { return slices.Contains(s.StitchPorts, b.Port) })
	if i < 0 {
		return vtep.Slot{}, false
	}
	return rows.Bindings[i], true
}

// deliver follows the frame out of the host's port.
func (w *walk) deliver(s *Switch) bool {
	return (w.to.MAC == model.MAC{} || w.local(s)) && w.port(s, w.to)
}

// local looks at what the host's switch reports of it. A MAC that is frozen counts here, and may be
// elsewhere.
func (w *walk) local(s *Switch) bool {
	mac, e := w.to.MAC, w.to.Entry
	rows, _ := s.Database.Rows(w.to.Network, mac)
	at, stands := rows.Local[mac]
	frozen := e.State == model.MACFrozen
	state, text := model.HopOK, "Ucast_Macs_Local "+mac.String()+" at "+at.String()
	switch {
	case !stands && frozen && len(e.Others) > 0:
		state, text = model.HopWrong, "no Ucast_Macs_Local "+mac.String()
	case !stands:
		state, text = model.HopNote, "no Ucast_Macs_Local "+mac.String()+" any more"
	}
	hop := in(w.hop(s, model.CheckLocal, state, "%s", text), "Ucast_Macs_Local", "mac", mac.String(), "logical_switch", w.to.Network)
	if frozen {
		because(hop, "", "", cause{model.WhyMACFrozen, frozenText(e)})
	} else if e.Until != nil && !stands {
		hop.Message += ", the others keep their rows until " + e.Until.UTC().Format("2006-01-02T15:04:05Z")
	}
	return state != model.HopWrong
}

// frozenText says where a frozen MAC counts, and where it is shown too.
func frozenText(e *model.MACEntry) string {
	text := "it moved too often and counts here"
	if e.Until != nil {
		text += " until " + e.Until.UTC().Format("2006-01-02T15:04:05Z")
	}
	var others []string
	for _, o := range e.Others {
		if o.HeldUntil == nil {
			others = append(others, o.Device.Name)
		}
	}
	if len(others) > 0 {
		text += "; it is shown by " + listed(others) + " too"
	}
	return text
}
