package pathtrace

import (
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// nowhere: it is not known where a host is in the traced network. It may be in another one, or no
// connection brings it. other is the host at the other end.
func (w *walk) nowhere(h, other *Host) bool {
	if len(h.Elsewhere) > 0 {
		return w.elsewhere(h, other)
	}
	w.unknown = true
	hop := in(w.hop(nil, model.CheckLocation, model.HopMiss, "no switch has learned %s in %s", h.Name, w.fabric.Network(h.Network)), "Ucast_Macs_Local", "mac", h.MAC.String())
	why := cause{reason: model.WhyNotLearned}
	if broken := w.fabric.Broken(); len(broken) > 0 {
		why.text = listed(broken)
	}
	because(hop, "", "", why)
	return false
}

// elsewhere: a host is in other networks only, which nothing joins to the traced one.
func (w *walk) elsewhere(h, other *Host) bool {
	var at []string
	for i := range h.Elsewhere {
		at = append(at, placeText(&h.Elsewhere[i]))
	}
	end := "not in " + w.fabric.Network(h.Network)
	if other.known() {
		end = "the hosts are in different networks"
	}
	hop := in(w.hop(nil, model.CheckLocation, model.HopWrong, "%s is in network %s: %s", h.Name, listed(at), end), "Ucast_Macs_Local", "mac", h.MAC.String())
	because(hop, w.fabric.Network(h.Network), listed(at), cause{model.WhyOtherNetwork, "no border joins the networks"})
	return false
}

// placeText is the network of a MAC, and where it is there as far as that is known.
func placeText(e *model.MACEntry) string {
	var at []string
	for _, p := range e.Ports {
		at = append(at, slotText(vtep.Slot{Port: p.Port, VLAN: p.VLAN}))
	}
	var device string
	if e.Device != nil {
		device = e.Device.Name
	}
	if len(at) == 1 {
		device += " " + at[0]
	}
	return fmt.Sprintf("%s (%s)", e.Network.Name, strings.TrimSpace(device))
}

// read notes a switch that can not be looked at.
func (w *walk) read(s *Switch) bool {
	if s.Database != nil {
		return true
	}
	w.unknown = true
	because(w.hop(s, model.CheckSwitch, model.HopUnknown, "%s is not read now", s.Device.Name), "", "", cause{model.WhySwitchAway, s.Away})
	return false
}

// port looks at the binding by which a host's frames come in or go out.
func (w *walk) port(s *Switch, h *Host) bool {
	rows, stands := s.Database.Rows(h.Network)
	bound := s.slots(h, rows.Bindings)
	if len(bound) == 0 {
		return w.unbound(s, h, stands)
	}
	text, network := slotTexts(bound), w.fabric.Network(h.Network)
	in(w.hop(s, model.CheckPort, model.HopOK, "%s bound to %s", text, network), "Physical_Port", "logical_switch", h.Network, "port", text)
	if p, _ := s.port(bound[0]); len(bound) == 1 && p != nil && len(p.Faults) > 0 {
		w.hop(s, model.CheckPort, model.HopNote, "port %s reports %s", p.Name, strings.Join(p.Faults, ", "))
	}
	return true
}

// unbound notes that no port at which a host may be is bound to its network.
func (w *walk) unbound(s *Switch, h *Host, stands bool) bool {
	var asked []vtep.Slot
	if s.Want != nil {
		asked = s.slots(h, slices.Collect(s.Want.Bindings.Of(h.Network)))
	}
	text, expected := "no port is", ""
	switch {
	case len(asked) > 0:
		expected = slotTexts(asked)
		text = expected + " is not"
	case h.Port != "":
		text = h.at() + " is not"
	}
	hop := in(w.hop(s, model.CheckPort, model.HopMiss, "%s bound to %s", text, w.fabric.Network(h.Network)), "Physical_Port", "logical_switch", h.Network)
	because(hop, expected, "", w.whyUnbound(s, h, asked, stands))
	return false
}

// whyUnbound says why none of the slots that are to be bound for a host is. asked may be empty.
func (w *walk) whyUnbound(s *Switch, h *Host, asked []vtep.Slot, stands bool) cause {
	switch len(asked) {
	case 0:
		return w.undefinedPort(s, h)
	case 1:
		return w.why(s, bindingOf(h.Network, &asked[0], stands))
	}
	return w.why(s, bindingOf(h.Network, nil, stands))
}

// at is the port of a host's name.
func (h *Host) at() string {
	if h.VLAN == nil {
		return "port " + h.Port
	}
	return slotText(vtep.Slot{Port: h.Port, VLAN: *h.VLAN})
}

// logical looks at the logical switch of a host's network.
func (w *walk) logical(s *Switch, ls string) bool {
	rows, stands := s.Database.Rows(ls)
	seg := s.segment(ls)
	network := w.fabric.Network(ls)
	if !stands {
		hop := in(w.hop(s, model.CheckSwitch, model.HopMiss, "no Logical_Switch %s", network), "Logical_Switch", "name", ls)
		because(hop, network, "", w.why(s, rowOf(ls)))
		return false
	}
	state := model.HopOK
	if seg != nil && seg.TunnelKey != rows.Key {
		state = model.HopWrong
	}
	hop := in(w.hop(s, model.CheckSwitch, state, "Logical_Switch %s key %s", network, rows.Key), "Logical_Switch", "name", ls)
	if state == model.HopWrong {
		hop.Message += fmt.Sprintf("; expected %s", seg.TunnelKey)
		because(hop, "key "+seg.TunnelKey.String(), "key "+rows.Key.String(), w.why(s, rowOf(ls)))
	}
	return true
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
