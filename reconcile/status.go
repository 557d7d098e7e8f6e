package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// notConnected is the detail of a device before the first attempt.
const notConnected = "not connected yet"

// state copies what is known of the device's session.
func (w *worker) state() deviceState {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	return w.board.status
}

// DeviceStatus tells how a registered device's session stands.
func (l *Loop) DeviceStatus(id string) model.DeviceStatus {
	out := l.deviceStatus(id)
	out.Conditions = l.transitions.date("device/"+id, out.Conditions)
	return out
}

// deviceStatus dates the conditions by the phase that they follow from.
func (l *Loop) deviceStatus(id string) model.DeviceStatus {
	st := deviceState{phase: model.DeviceUnreachable, detail: notConnected}
	if gd, ok := l.store.Definitions().Devices.Get(id); ok && !gd.Driven() {
		st = deviceState{phase: model.DeviceUnsupported, detail: "nothing is driven for this type of device"}
	} else if w := l.workers.get(id); w != nil {
		st = w.state()
	}
	if st.phase == model.DeviceInSync {
		st.detail = cmp.Or(st.detail, st.distrusted(time.Now()))
	}
	if st.withoutSwitch() {
		st.detail = strings.TrimSuffix(topology.NoSwitch+"; "+st.detail, "; ")
	}
	st.detail = cmp.Or(st.detail, sharingNote(l.store.Definitions(), id))
	if st.connected() {
		st.detail = withCut(st.detail, st.facts)
	}
	return model.DeviceStatus{
		Phase: st.phase, Detail: model.Bounded(st.detail), LastError: model.Bounded(st.lastError), ObservedRevision: st.revision,
		Conditions: l.deviceConditions(&st),
	}
}

func (l *Loop) deviceConditions(st *deviceState) []model.Condition {
	out := []model.Condition{
		condition(model.Reachable, st.connected(), "Connected", "Unreachable", cmp.Or(st.lastError, st.detail)),
		condition(model.InSync, st.phase == model.DeviceInSync, "InSync", st.phase, st.detail),
	}
	for i := range out {
		out[i].Since = st.phaseSince
	}
	if c := l.certificateCondition(st, time.Now()); c != nil {
		out = append(out, *c)
	}
	return out
}

// connected reports whether the phase is one of a session that stands.
func (st *deviceState) connected() bool {
	return st.phase != model.DeviceUnreachable && st.phase != model.DeviceUnsupported
}

// withoutSwitch reports whether the session shows no Physical_Switch: all that is
// wanted may stand, and yet nothing is carried.
func (st *deviceState) withoutSwitch() bool {
	driven := st.phase == model.DeviceInSync || st.phase == model.DeviceDegraded
	return driven && st.facts != nil && len(st.facts.Switches) == 0
}

// withCut adds what the switches say of themselves and is not kept.
func withCut(detail string, f *vtep.Facts) string {
	if f == nil || f.Cut == "" {
		return detail
	}
	if detail == "" {
		return f.Cut
	}
	return detail + "; " + f.Cut
}

// sharingNote says by which other registrations a device's switch is reached, ""
// for none.
func sharingNote(defs *model.Definitions, id string) string {
	var others []string
	for _, gd := range sharing(defs, id) {
		if gd.ID != id {
			others = append(others, gd.DisplayName())
		}
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("the switch is also registered as device %s; it holds what all of them are to carry", model.NamesOf(others))
}

func condition(typ string, ok bool, yes, no, message string) model.Condition {
	if ok {
		return model.Condition{Type: typ, True: true, Reason: yes}
	}
	return model.Condition{Type: typ, Reason: no, Message: model.Bounded(message)}
}

// ConnectionStatus tells how far a connection has been realised.
func (l *Loop) ConnectionStatus(id string) model.ConnectionStatus {
	view := l.view.Load()
	if view == nil || view.Outcomes[id] == nil || l.outdated(view, id) {
		return model.ConnectionStatus{State: model.ConnectionPending, Detail: "not planned yet", Conditions: []model.Condition{}}
	}
	out := l.judge(view, view.Outcomes[id])
	out.Conditions = l.transitions.date("connection/"+id, out.Conditions)
	return out
}

// countConnections tells how many connections have each status; every status is
// there.
func (l *Loop) countConnections() map[string]int {
	out := map[string]int{model.ConnectionActive: 0, model.ConnectionPending: 0, model.ConnectionError: 0, model.ConnectionUnsupported: 0}
	for c := range l.store.Definitions().Connections.All() {
		out[l.ConnectionStatus(c.ID).State]++
	}
	return out
}

// outdated reports whether what defines a connection changed after the View was
// made: what the View says of it is then not what was asked for last.
func (l *Loop) outdated(view *topology.View, id string) bool {
	defs := l.store.Definitions()
	c, ok := defs.Connections.Get(id)
	if !ok || c.Revision > view.Revision {
		return true
	}
	if n, ok := defs.Networks.Get(c.NetworkID); ok && n.Revision > view.Revision {
		return true
	}
	g, ok := defs.Gateways.Get(c.L2GatewayID)
	return ok && g.Revision > view.Revision
}

// judgement is what speaks against a connection being realised.
type judgement struct {
	errors, waiting []string
	unbound         []string
	faults          []string // of ports, which are bound all the same
	notes           []string // true, and no reason to call it broken
	revision        uint64
	// tunnels counts those that run BFD for the connection; downs names those
	// that are not up.
	tunnels int
	downs   []string
	// conflict: an external writer undoes again and again what is written.
	conflict bool
}

// judge tells what became of a connection: what the View says of it, and what
// each switch that has a part in it.
func (l *Loop) judge(view *topology.View, o *topology.Outcome) model.ConnectionStatus {
	j := judgement{errors: slices.Clone(o.Errors), waiting: l.causes(o), revision: view.Revision}
	for i := range o.Parts {
		part := &o.Parts[i]
		w := l.workers.driver(part.Device.ID)
		j.part(w, part, view.Since)
		j.bfd(w, view.Wants[part.Device.ID], part)
	}
	for _, b := range view.Clashes[o.Connection.ID] {
		j.errors = append(j.errors, fmt.Sprintf("VLAN %s of port %s on switch %s is bound by an older connection", b.VLAN, b.Port, b.Switch))
	}
	if len(o.Standby) > 0 {
		j.notes = append(j.notes, "standby: "+model.NamesOf(o.Standby))
	}
	if frozen := l.macs.frozen(o.Connection.NetworkID); len(frozen) > 0 {
		j.notes = append(j.notes, frozenNote(frozen))
	}
	if c := view.Contested[o.Connection.NetworkID]; c != nil {
		j.notes = append(j.notes, c.String())
	}
	out := model.ConnectionStatus{ObservedRevision: j.revision}
	out.State, out.Detail = j.state(o)
	out.Conditions = j.conditions(o, out.Detail)
	return out
}

// causes says what a connection waits for. Of a device that can not be read it says
// why, and not what follows from that.
func (l *Loop) causes(o *topology.Outcome) (out []string) {
	for _, text := range o.Waiting {
		if gd := o.ReadFrom[text]; gd != nil {
			text = cmp.Or(l.workers.get(gd.ID).unread(), text)
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// unread says why the device is not read now, "" if it is.
func (w *worker) unread() string {
	if w == nil {
		return ""
	}
	st := w.state()
	if st.phase != model.DeviceUnreachable && st.phase != model.DeviceReading {
		return ""
	}
	return fmt.Sprintf("device %s: %s: %s", w.device.Load().DisplayName(), strings.ToLower(st.phase), st.detail)
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
func (j *judgement) bfd(w *worker, want *vtep.Want, p *topology.Part) {
	if w == nil || want == nil || len(want.Tunnels) == 0 {
		return
	}
	st := w.state()
	if st.facts == nil {
		return
	}
	for _, t := range want.Tunnels {
		if !floodsTo(want, p, t.Remote) {
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

func floodsTo(want *vtep.Want, p *topology.Part, remote model.VTEPAddress) bool {
	return slices.ContainsFunc(want.Segments, func(s *vtep.Segment) bool {
		return slices.Contains(p.LogicalSwitches, s.Name) && slices.ContainsFunc(s.Flood, func(e vtep.Endpoint) bool {
			return e.Locator.Addr == remote
		})
	})
}

// part adds what one switch has to say about a connection. since is from which revision
// on what is wanted of each device, by id, is what is wanted now.
func (j *judgement) part(w *worker, p *topology.Part, since map[string]uint64) {
	name := p.Device.DisplayName()
	if w == nil {
		j.waiting = append(j.waiting, fmt.Sprintf("device %s is not driven yet", name))
		return
	}
	st := w.state()
	j.revision = min(j.revision, st.revision)
	if away := w.unread(); away != "" {
		if !slices.Contains(j.waiting, away) {
			j.waiting = append(j.waiting, away)
		}
		return
	}
	if st.revision < since[w.id] && st.blocked != "" {
		j.waiting = append(j.waiting, fmt.Sprintf("device %s: %s", name, st.blocked))
	} else if st.revision < since[w.id] {
		j.waiting = append(j.waiting, fmt.Sprintf("device %s: is being written", name))
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
		return vtep.Binds(p.Bindings, *pr.Binding)
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

// current is the worker's session, nil while there is none.
func (w *worker) current() *vtep.Session {
	return w.seat.Link().Session
}

// Occupant names the logical switch of an external writer that has one of the VLANs of a port
// now, "" if none has or the switch can not be asked.
func (l *Loop) Occupant(at model.Place, port string, vlans []model.VLAN) string {
	w := l.workers.driver(at.Device.ID)
	if w == nil {
		return ""
	}
	w.board.mu.Lock()
	want := w.board.want
	w.board.mu.Unlock()
	s := w.current()
	if s == nil || want == nil {
		return ""
	}
	return s.Occupant(want, at.Switch, port, vlans)
}

// Ready reports why the daemon does not know the state of its switches yet:
// each must have been read once, or be known to be away.
func (l *Loop) Ready() error {
	if l.view.Load() == nil {
		return fmt.Errorf("no plan has been made yet")
	}
	for _, w := range l.workers.all() {
		st := w.state()
		tried := st.lastError != "" || connector.Listens(w.device.Load())
		if st.phase == model.DeviceReading || st.phase == model.DeviceUnreachable && !tried {
			return fmt.Errorf("device %s has not been read yet", w.device.Load().DisplayName())
		}
	}
	return nil
}
