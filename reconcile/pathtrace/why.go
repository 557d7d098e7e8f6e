package pathtrace

import (
	"cmp"
	"fmt"

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

// subject is the row that a cause is looked for.
type subject struct {
	ls   string
	mac  model.MAC  // of a row for a MAC
	port *vtep.Slot // of a binding, where it is known
	kind func(*vtep.Problem) bool
}

// bindingOf, macOf, rowOf are subjects.
func bindingOf(ls string, port *vtep.Slot) subject {
	return subject{ls: ls, port: port, kind: func(p *vtep.Problem) bool { return p.Binding != nil }}
}

func macOf(ls string, mac model.MAC) subject {
	return subject{ls: ls, mac: mac, kind: func(p *vtep.Problem) bool { return p.Binding == nil }}
}

func rowOf(ls string) subject {
	return subject{ls: ls, kind: func(p *vtep.Problem) bool { return p.Binding == nil && p.MAC == model.MAC{} }}
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

// why says why the switch does not hold something that it is to hold. A problem of just that row comes
// before one of its logical switch.
func (s *Switch) why(of subject) cause {
	var found *vtep.Problem
	for i := range s.Problems {
		may, exactly := of.of(&s.Problems[i])
		if exactly {
			found = &s.Problems[i]
			break
		}
		if may && found == nil {
			found = &s.Problems[i]
		}
	}
	switch {
	case found != nil:
		return s.causeOf(found)
	case s.segment(of.ls) == nil:
		return cause{model.WhyNotDefined, fmt.Sprintf("no connection of the network is to be held by %s", s.Device.Name)}
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
