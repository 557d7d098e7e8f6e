package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// judgement is what speaks against a connection being realised.
type judgement struct {
	errors, waiting []string
	unbound         []string
	faults          []string // of ports, which are bound all the same
	notes           []string // true, and no reason to call it broken
	revision        uint64
	// unwritten are the devices, by id, that are still to be written.
	unwritten []string
	// tunnels counts those that run BFD for the connection; downs names those
	// that are not up.
	tunnels int
	downs   []string
	// conflict: an external writer undoes again and again what is written.
	conflict bool
}

// status is what is said of a connection.
func (j *judgement) status(o *topology.Outcome) model.ConnectionStatus {
	out := model.ConnectionStatus{ObservedRevision: j.revision}
	out.State, out.Detail = j.state(o)
	out.Conditions = j.conditions(o, out.Detail)
	return out
}

// state is the worst that is said of a connection, and what that is.
func (j *judgement) state(o *topology.Outcome) (state, detail string) {
	switch {
	case len(j.errors)+len(j.faults) > 0:
		return model.ConnectionError, model.Listed(slices.Concat(j.errors, j.faults))
	case len(o.Unsupported) > 0:
		return model.ConnectionUnsupported, model.Listed(o.Unsupported)
	case len(j.waiting)+len(j.unbound) > 0:
		return model.ConnectionPending, model.Listed(slices.Concat(j.waiting, j.unbound))
	}
	return model.ConnectionActive, model.Listed(j.notes)
}

// conditions are the connection's, without the times. detail is the message of
// those that are false but Accepted and TunnelsUp, which have their own.
func (j *judgement) conditions(o *topology.Outcome, detail string) []model.Condition {
	accepted := len(o.Errors) == 0 && len(o.Unsupported) == 0
	flooding := accepted && len(j.errors) == 0 && len(j.waiting) == 0
	programmed := flooding && len(j.unbound) == 0
	bound := programmed && len(j.faults) == 0
	unprogrammed := "NotProgrammed"
	if j.conflict {
		unprogrammed = string(vtep.Conflict)
	}
	out := []model.Condition{
		condition(model.Accepted, accepted, "Accepted", "Refused", model.Listed(slices.Concat(o.Errors, o.Unsupported))),
		condition(model.Programmed, programmed, "Programmed", unprogrammed, detail),
		condition(model.Bound, bound, "Bound", "NotBound", detail),
		condition(model.Flooding, flooding, "Flooding", "NotFlooding", detail),
	}
	if j.tunnels > 0 {
		out = append(out, condition(model.TunnelsUp, len(j.downs) == 0, "TunnelsUp", "TunnelsDown", model.Listed(j.downs)))
	}
	return out
}

// bfd looks at the tunnels over which a connection's part floods. What is down
// is shown and changes nothing else: withdrawing MACs would make a short
// disturbance a long one.
func (j *judgement) bfd(w *worker, view *topology.View, p *topology.Part) {
	tunnels := view.TunnelsOf(p.Device.ID)
	if w == nil || len(tunnels) == 0 {
		return
	}
	segments := view.SegmentsOf(p.Device.ID)
	st := w.state()
	if st.facts == nil {
		return
	}
	for _, t := range tunnels {
		if !floodsTo(segments, p, t.Remote) {
			continue
		}
		j.tunnels++
		i := slices.IndexFunc(st.facts.BFD, func(b vtep.BFD) bool { return b.Tunnel == t })
		switch {
		case i < 0:
			j.downs = append(j.downs, fmt.Sprintf("tunnel %s runs no BFD yet", t))
		case st.facts.BFD[i].State != "up":
			j.downs = append(j.downs, fmt.Sprintf("tunnel %s is %s", t, cmp.Or(st.facts.BFD[i].State, "unknown")))
		}
	}
}

func floodsTo(segments vtep.Segments, p *topology.Part, remote model.VTEPAddress) bool {
	return slices.ContainsFunc(p.LogicalSwitches, func(name string) bool {
		s := segments.Get(name)
		return s != nil && slices.ContainsFunc(s.Flood, func(e vtep.Endpoint) bool { return e.Locator.Addr == remote })
	})
}

// part adds what one switch has to say about a connection. since is from which revision on a
// device, by id, is asked for what it is asked for now of some logical switches.
func (j *judgement) part(w *worker, p *topology.Part, since func(device string, logicalSwitches ...string) uint64) {
	name := p.Device.DisplayName()
	if w == nil {
		j.waiting = append(j.waiting, fmt.Sprintf("device %s is not driven yet", name))
		return
	}
	st := w.state()
	j.revision = min(j.revision, st.revision)
	if away := w.unreadIn(&st); away != "" {
		if !slices.Contains(j.waiting, away) {
			j.waiting = append(j.waiting, away)
		}
		return
	}
	if st.revision < since(w.device.id, p.LogicalSwitches...) {
		j.unwritten = append(j.unwritten, p.Device.ID)
		j.waiting = append(j.waiting, fmt.Sprintf("device %s: %s", name, cmp.Or(st.blocked, "is being written")))
	}
	last := ""
	for i := range st.problems {
		// Of a port that is missing all VLANs have the same to say.
		if pr := &st.problems[i]; pr.Message != last && concerns(pr, p) {
			last = pr.Message
			j.problem(name, pr)
		}
	}
	j.faulty(name, st.facts, p)
}

// concerns reports whether a problem on a switch affects a connection's part.
func concerns(pr *vtep.Problem, p *topology.Part) bool {
	if pr.Binding != nil {
		return p.Binds(*pr.Binding)
	}
	return slices.Contains(p.LogicalSwitches, pr.LogicalSwitch)
}

func (j *judgement) problem(device string, pr *vtep.Problem) {
	text := fmt.Sprintf("device %s: %s", device, pr.Message)
	switch pr.Reason {
	case vtep.PortMissing:
		j.unbound = append(j.unbound, text)
	case vtep.AwaitingSwitch:
		j.waiting = append(j.waiting, text)
	case vtep.TableFull:
		j.notes = append(j.notes, text)
	default:
		j.errors = append(j.errors, text)
	}
	j.conflict = j.conflict || pr.Reason == vtep.Conflict
}

// faulty adds what the switch says of the bound ports: of each as much as is kept (model.BoundInventory).
func (j *judgement) faulty(device string, f *vtep.Facts, p *topology.Part) {
	if len(p.Bindings) == 0 {
		return
	}
	for i := range f.Switches {
		sw := &f.Switches[i]
		for n := range sw.Ports {
			if port := &sw.Ports[n]; len(port.Faults) > 0 && p.Has(sw.Name, port.Name) {
				j.faults = append(j.faults, fmt.Sprintf("device %s: port %s reports %s", device, port.Name, strings.Join(port.Faults, ", ")))
			}
		}
	}
}
