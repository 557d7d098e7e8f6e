package pathtrace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// cause is why a row is not as it should be.
type cause struct{ reason, text string }

// reasons are those of problems.
var reasons = map[vtep.Reason]string{
	vtep.PortMissing: model.WhyPortMissing, vtep.VLANTaken: model.WhyForeignBinding,
	vtep.VNITaken: model.WhyForeignRow, vtep.NameTaken: model.WhyForeignRow,
	vtep.AwaitingSwitch: model.WhyWaiting, vtep.Unsupported: model.WhyRefused, vtep.TableFull: model.WhyMACsFull,
	vtep.Rejected: model.WhyRefused, vtep.Conflict: model.WhyConflict,
}

// causes finds them.
type causes struct{ fabric Fabric }

// subject is the row that a cause is looked for. Its switch is to hold it.
type subject struct {
	ls   string
	mac  model.MAC  // of a row for a MAC
	port *vtep.Slot // of a binding, where it is known
	kind func(*vtep.Problem) bool
}

// bindingOf, macOf, rowOf are subjects. A binding needs its logical switch: stands reports whether
// there is one.
func bindingOf(ls string, port *vtep.Slot, stands bool) subject {
	return subject{ls: ls, port: port, kind: func(p *vtep.Problem) bool {
		return p.Binding != nil || p.MAC == model.MAC{} && (!stands || keepsOff(p))
	}}
}

func macOf(ls string, mac model.MAC) subject {
	return subject{ls: ls, mac: mac, kind: func(p *vtep.Problem) bool { return p.Binding == nil }}
}

func rowOf(ls string) subject {
	return subject{ls: ls, kind: func(p *vtep.Problem) bool { return p.Binding == nil && p.MAC == model.MAC{} }}
}

// keepsOff reports whether a problem of a logical switch keeps ports from being bound to it.
func keepsOff(p *vtep.Problem) bool {
	switch p.Reason {
	case vtep.NameTaken, vtep.VNITaken, vtep.Unsupported, vtep.Rejected:
		return true
	}
	return false
}

// of reports whether a problem may be about the subject, and whether it is about exactly that.
func (s *subject) of(p *vtep.Problem) (may, exactly bool) {
	if p.LogicalSwitch != s.ls || !s.kind(p) {
		return false, false
	}
	switch {
	case p.Binding != nil && s.port != nil:
		is := p.Binding.Slot() == *s.port
		return is, is
	case p.MAC != model.MAC{}:
		return p.MAC == s.mac, p.MAC == s.mac
	}
	return true, false
}

// problem is the one that may be about a subject, nil for none. One of just that row comes before one of its logical switch.
func (s *Switch) problem(of subject) (found *vtep.Problem) {
	for i := range s.Problems {
		may, exactly := of.of(&s.Problems[i])
		if exactly {
			return &s.Problems[i]
		}
		if may && found == nil {
			found = &s.Problems[i]
		}
	}
	return found
}

// why says why a switch does not hold a row that it is to hold: it is in its plan, unless something
// else is known of it.
func (c causes) why(s *Switch, of subject) cause {
	found := s.problem(of)
	switch {
	case found != nil:
		return s.causeOf(found)
	case s.segment(of.ls) == nil:
		return c.undefined(s, of.ls)
	case s.Blocked != "":
		return cause{model.WhyBlocked, s.Blocked}
	case of.mac != model.MAC{} && s.Want.MACsFull:
		return cause{model.WhyMACsFull, s.Device.Name + " has no room for more MACs"}
	}
	return cause{model.WhyBeingWritten, "it is being written"}
}

func (s *Switch) causeOf(p *vtep.Problem) cause {
	if p.Reason == vtep.Conflict && s.Report {
		return cause{model.WhyDriftReport, fmt.Sprintf("changed by an external writer, and the drift policy of %s is report", s.Device.Name)}
	}
	return cause{cmp.Or(reasons[p.Reason], model.WhyRefused), p.Message}
}

// undefined says why a switch is to hold nothing of a logical switch: no gateway names it, or the
// connection of the one that does has not come to it.
func (c causes) undefined(s *Switch, ls string) cause {
	network := strings.TrimSuffix(ls, vtep.BorderSuffix)
	parts := c.fabric.Parts(network)
	for i := range parts {
		if parts[i].Device == s.Device.ID {
			return cause{model.WhyWaiting, parts[i].Status}
		}
	}
	name := c.fabric.Network(network)
	if len(parts) == 0 {
		return cause{model.WhyNotDefined, "no gateway is connected to " + name}
	}
	return cause{model.WhyNotDefined, fmt.Sprintf("no gateway connected to %s names %s", name, s.Device.Name)}
}

// undefinedPort says why a switch is to bind no port where a host may be.
func (c causes) undefinedPort(s *Switch, h *Host) cause {
	if h.Port == "" {
		return c.undefined(s, h.Network)
	}
	at := s.slot(h)
	if p, seen := s.port(at); seen && p == nil {
		return cause{model.WhyPortMissing, fmt.Sprintf("switch %s has no port %s", at.Switch, at.Port)}
	}
	if s.Want != nil && h.VLAN != nil {
		if other, taken := s.Want.Bindings.At(at); taken {
			return cause{model.WhyNotDefined, fmt.Sprintf("%s is bound to %s", slotText(at), c.fabric.Network(other))}
		}
	}
	parts := c.fabric.Parts(h.Network)
	if len(parts) == 0 {
		return c.undefined(s, h.Network)
	}
	var others []string
	for i := range parts {
		p := &parts[i]
		if p.Device != s.Device.ID {
			continue
		}
		if len(h.slots(p.Slots)) > 0 {
			return cause{model.WhyWaiting, p.Status}
		}
		others = append(others, p.others(at)...)
	}
	text := fmt.Sprintf("no gateway connected to %s names %s %s", c.fabric.Network(h.Network), cmp.Or(at.Switch, s.Device.Name), h.at())
	if len(others) > 0 {
		text += "; " + listed(others)
	}
	return cause{model.WhyNotDefined, text}
}

// others are the slots that a gateway names beside the one that is meant: those of its port, else all of the switch.
func (p *Part) others(at vtep.Slot) (texts []string) {
	all := slices.DeleteFunc(slices.Clone(p.Slots), func(s vtep.Slot) bool { return s.Port != at.Port })
	if len(all) == 0 {
		all = p.Slots
	}
	for _, s := range all {
		texts = append(texts, fmt.Sprintf("%s has %s %s", p.Gateway, s.Switch, slotText(s)))
	}
	return texts
}

// whyNotTaken says why a switch has no logical switch for frames with a VNI: its own is not as it should be,
// or the VNI is not, which the sender is to blame for.
func (c causes) whyNotTaken(n *Switch, network string, o *exit, vni model.VNI) cause {
	to, from := n.segment(network), o.segment(o.ls)
	if to == nil || to.TunnelKey == vni || from == nil || from.TunnelKey == vni {
		return c.why(n, rowOf(network))
	}
	why := c.why(o.Switch, rowOf(o.ls))
	why.text = "frames come with another key than " + to.TunnelKey.String() + ", which is to be used; on " + o.Device.Name + ": " + why.text
	return why
}

// whyNoCable says why the cable is not bound to a logical switch.
func (c causes) whyNoCable(s *Switch, ls string) cause {
	_, stands := s.Database.Rows(ls)
	if s.Want != nil {
		for slot := range s.Want.Bindings.Of(ls) {
			if slices.Contains(s.StitchPorts, slot.Port) {
				return c.why(s, bindingOf(ls, &slot, stands))
			}
		}
	}
	return c.undefined(s, ls)
}
