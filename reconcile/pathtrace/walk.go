package pathtrace

import (
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// maxSwitches is how many logical switches a frame may come to before it counts as going round.
const maxSwitches = 8

// Direction follows a frame of one host to another.
func Direction(f Fabric, from, to *Host) model.TraceDirection {
	w := &walk{fabric: f, from: from, to: to, seen: map[place]bool{}}
	arrives := w.start()
	out := model.TraceDirection{From: w.end(from), To: w.end(to), Verdict: w.verdict(arrives), Hops: w.hops}
	if !arrives {
		out.BreaksAt = w.fault()
	}
	return out
}

// walk follows one frame.
type walk struct {
	fabric   Fabric
	from, to *Host
	hops     []model.TraceHop
	seen     map[place]bool
	progress
}

// progress is what the way so far comes to.
type progress struct{ floods, unknown, loops bool }

// place is a logical switch of a device.
type place struct{ device, ls string }

func (w *walk) end(h *Host) model.TraceHost {
	out := model.TraceHost{Name: h.Name}
	if s := w.fabric.Switch(h.device()); s != nil {
		out.Device = &s.Device
	} else if h.Entry != nil {
		out.Device = h.Entry.Device
	}
	return out
}

func (w *walk) verdict(arrives bool) string {
	switch {
	case w.loops:
		return model.TraceLoops
	case w.unknown:
		return model.TraceUnknown
	case !arrives:
		return model.TraceBreaks
	case w.floods:
		return model.TraceFloods
	}
	return model.TraceReaches
}

// fault is the first hop that is not as it should be.
func (w *walk) fault() *int {
	for i := range w.hops {
		if state := w.hops[i].State; state == model.HopMiss || state == model.HopWrong {
			return &w.hops[i].N
		}
	}
	return nil
}

// start follows the frame from its host on. It reports whether it arrives, as all of these do.
func (w *walk) start() bool {
	if !w.from.known() {
		return w.nowhere(w.from)
	}
	s := w.fabric.Switch(w.from.device())
	if s == nil || w.from.beyond() {
		w.unknown = true
		w.hop(nil, model.CheckFarEnd, model.HopUnknown, "%s is behind %s, which is not ours: what is held there is not known", w.from.Name, w.from.Entry.Endpoint)
		return false
	}
	if !w.read(s) || !w.port(s, w.from) || !w.logical(s, w.from.Network) {
		return false
	}
	if !w.to.known() {
		return w.nowhere(w.to)
	}
	return w.forward(s, w.from.Network)
}

// nowhere: it is not known where a host is. That may be because no connection brings it.
func (w *walk) nowhere(h *Host) bool {
	w.unknown = true
	hop := in(w.hop(nil, model.CheckLocation, model.HopMiss, "no switch has learned %s in %s", h.Name, w.fabric.Network(h.Network)), "Ucast_Macs_Local", "mac", h.MAC.String())
	why := cause{reason: model.WhyNotLearned}
	if broken := w.fabric.Broken(); len(broken) > 0 {
		why.text = listed(broken)
	}
	because(hop, "", "", why)
	return false
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
	network := w.fabric.Network(h.Network)
	rows, _ := s.Database.Rows(h.Network)
	bound := h.slots(rows.Bindings)
	if len(bound) == 0 {
		port, at := h.wanted(s)
		hop := in(w.hop(s, model.CheckPort, model.HopMiss, "%s is not bound to %s", port, network), "Physical_Port", "logical_switch", h.Network)
		because(hop, port, "", s.why(bindingOf(h.Network, at)))
		return false
	}
	text := slotTexts(bound)
	in(w.hop(s, model.CheckPort, model.HopOK, "%s bound to %s", text, network), "Physical_Port", "logical_switch", h.Network, "port", text)
	if faults := s.faults(bound[0]); len(bound) == 1 && len(faults) > 0 {
		w.hop(s, model.CheckPort, model.HopNote, "port %s reports %s", bound[0].Port, strings.Join(faults, ", "))
	}
	return true
}

// wanted names the port at which a host should be, and says which that is if there is only one.
func (h *Host) wanted(s *Switch) (text string, at *vtep.Slot) {
	var asked []vtep.Slot
	if s.Want != nil {
		asked = h.slots(slices.Collect(s.Want.Bindings.Of(h.Network)))
	}
	switch {
	case len(asked) == 1:
		return slotText(asked[0]), &asked[0]
	case len(asked) > 1:
		return slotTexts(asked), nil
	case h.Port == "":
		return "no port", nil
	case h.VLAN == nil:
		return "port " + h.Port, nil
	}
	return slotText(vtep.Slot{Port: h.Port, VLAN: *h.VLAN}), nil
}

// logical looks at the logical switch of a host's network.
func (w *walk) logical(s *Switch, ls string) bool {
	rows, stands := s.Database.Rows(ls)
	seg := s.segment(ls)
	network := w.fabric.Network(ls)
	if !stands {
		hop := in(w.hop(s, model.CheckSwitch, model.HopMiss, "no Logical_Switch %s", network), "Logical_Switch", "name", ls)
		because(hop, network, "", s.why(rowOf(ls)))
		return false
	}
	state := model.HopOK
	if seg != nil && seg.TunnelKey != rows.Key {
		state = model.HopWrong
	}
	hop := in(w.hop(s, model.CheckSwitch, state, "Logical_Switch %s key %s", network, rows.Key), "Logical_Switch", "name", ls)
	if state == model.HopWrong {
		hop.Message += fmt.Sprintf("; expected %s", seg.TunnelKey)
		because(hop, "key "+seg.TunnelKey.String(), "key "+rows.Key.String(), s.why(rowOf(ls)))
	}
	return true
}
