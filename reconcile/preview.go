package reconcile

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// newPreview compares what is asked of switches for two states of the definitions. Its cost follows from what
// differs; as long as facts may still be missing after a start, both are compiled in whole.
func newPreview(q *lookup, was *topology.View, now, next *model.Definitions) model.Preview {
	next = electing(q.workers, now, next)
	p := &preview{lookup: q, base: was.Supposing(now, nil), now: now, next: next}
	p.view = p.base.Supposing(next, nil)
	fresh := p.find()
	if len(fresh) > 0 {
		p.view = p.view.Supposing(next, p.standing.learned(fresh, p.base.Learned()))
	}
	out := model.Preview{Switches: []model.SwitchPreview{}, Refused: p.refused()}
	for i := range p.touched {
		if sw := p.look(&p.touched[i]); !sw.Known || sw.StepsTotal > 0 || sw.Floods > 0 || sw.MACs != (model.MACSteps{}) || len(sw.Obstacles)+len(sw.Removed) > 0 {
			out.Switches = append(out.Switches, sw)
		}
	}
	slices.SortFunc(out.Switches, func(a, b model.SwitchPreview) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.DeviceID, b.DeviceID))
	})
	return out
}

// electing gives gateways that are new, or lose their active device, the one that would be made active, as things
// stand.
func electing(ws *workers, now, next *model.Definitions) *model.Definitions {
	among, out := election{defs: next, where: model.NewPlaces(next), workers: ws}, *next
	for _, c := range next.Gateways.Changes(now.Gateways) {
		if c.Now == nil || c.Now.HAMode != model.ActivePassive || c.Now.ActiveDevice() != nil {
			continue
		}
		if d := cmp.Or(among.bound(c.Now), among.reachable(c.Now)); d != nil {
			elected := *c.Now
			elected.Active = d.ID
			out.Gateways = out.Gateways.With(&elected)
		}
	}
	return &out
}

// preview is one run of Preview.
type preview struct {
	*lookup
	now, next  *model.Definitions
	base, view *topology.View
	standing   standingDevices
	touched    []touchedDevice
}

// touchedDevice is a device that is asked for something else. session is nil while its database has not
// been read.
type touchedDevice struct {
	device  *model.GatewayDevice
	phase   string
	session *vtep.Session
}

// find finds the devices that are asked for something else, and the networks that nothing is learned in yet
// although rows of them stand.
func (p *preview) find() (fresh []string) {
	registrations := p.next.Registrations()
	for id := range p.view.Changed(p.base) {
		gd := p.deviceOf(id)
		if gd == nil || registrations.First(gd).ID != id || !gd.Driven() {
			continue
		}
		of := touchedDevice{device: gd, phase: model.DeviceUnreachable}
		if _, registered := p.now.Devices.Get(id); !registered {
			of.phase = model.SwitchIsNew
		} else if w := p.workers.driver(id); w != nil {
			of.phase = w.state().phase
			if of.session = w.current(); of.session != nil {
				fresh = append(fresh, p.stands(gd, of.session)...)
			}
		}
		p.touched = append(p.touched, of)
	}
	slices.Sort(fresh)
	return slices.Compact(fresh)
}

// deviceOf is a device as it would be, or as it is if it would be deleted.
func (p *preview) deviceOf(id string) *model.GatewayDevice {
	gd, ok := p.next.Devices.Get(id)
	if !ok {
		gd, _ = p.now.Devices.Get(id)
	}
	return gd
}

// stands reads what a database holds of networks that would come to it and that no switch has had, and names
// those of which there is something.
func (p *preview) stands(gd *model.GatewayDevice, s *vtep.Session) []string {
	fresh := func(yield func(string) bool) {
		for name, c := range p.view.SegmentsOf(gd.ID).Changes(p.base.SegmentsOf(gd.ID)) {
			if c.Was == nil && p.base.Learned().Get(name) == nil && !yield(name) {
				return
			}
		}
	}
	p.standing.add(gd, s, fresh, s.StandingLocals)
	var names []string
	for name := range p.standing.devices[len(p.standing.devices)-1].rows {
		names = append(names, name)
	}
	return names
}

// look compares what a device would be asked for with what it is asked for, as its database stands.
func (p *preview) look(of *touchedDevice) model.SwitchPreview {
	out := model.SwitchPreview{DeviceID: of.device.ID, Name: of.device.DisplayName(), Status: of.phase, Steps: []string{}}
	was, want := p.base.Want(of.device.ID), p.view.Want(of.device.ID)
	if of.session == nil || was == nil && want == nil {
		return out
	}
	out.Known = true
	plan := of.session.Compare(orEmpty(was, want), orEmpty(want, was))
	structure := sha256.New()
	var lines []string
	for i := range plan.Ops {
		lines = p.count(&out, &plan.Ops[i], of.session, lines)
	}
	for op := range p.removed(of) {
		if out.Removed = append(out.Removed, strings.TrimSuffix(op.LogicalSwitch, vtep.BorderSuffix)); !planned(plan, &op) {
			lines = p.count(&out, &op, of.session, lines)
		}
	}
	p.obstruct(&out, plan.Problems)
	slices.Sort(lines) // what is sent first may depend on MACs
	for _, line := range lines {
		fmt.Fprintln(structure, line)
	}
	structure.Sum(out.Structure[:0])
	return out
}

// removed are the deletions of logical switches that stand and would not be wanted any more. The plan has
// them only where the switch has no local MACs there: it may take some time to give these up.
func (p *preview) removed(of *touchedDevice) iter.Seq[vtep.Op] {
	return func(yield func(vtep.Op) bool) {
		for ls, c := range p.view.SegmentsOf(of.device.ID).Changes(p.base.SegmentsOf(of.device.ID)) {
			if c.Now != nil {
				continue
			}
			rows, stands := of.session.Rows(p.base.Want(of.device.ID), ls)
			if stands && rows.Ownership == vtep.RowsWanted && !yield(vtep.Op{Kind: vtep.DeleteLogicalSwitch, LogicalSwitch: ls}) {
				return
			}
		}
	}
}

// planned reports whether a plan has an operation of that kind on that logical switch.
func planned(plan *vtep.Plan, op *vtep.Op) bool {
	return slices.ContainsFunc(plan.Ops, func(o vtep.Op) bool { return o.Kind == op.Kind && o.LogicalSwitch == op.LogicalSwitch })
}

// obstruct adds the obstacles that problems are, each once.
func (p *preview) obstruct(out *model.SwitchPreview, problems []vtep.Problem) {
	seen, more := map[model.Obstacle]bool{}, map[model.ObstacleKind]int{}
	kept := map[model.ObstacleKind]int{}
	for i := range problems {
		o, is := p.obstacle(&problems[i])
		if !is || seen[o] {
			continue
		}
		seen[o] = true
		if kept[o.Kind]++; kept[o.Kind] <= model.ShownObstacles {
			out.Obstacles = append(out.Obstacles, o)
		} else {
			more[o.Kind]++
		}
	}
	for kind, n := range more {
		out.Obstacles = append(out.Obstacles, model.Obstacle{Kind: kind, Text: fmt.Sprintf("and %d more of this kind on switch %s", n, out.Name)})
	}
}

// orEmpty is a Want, or where there is none one that asks for nothing, under the circumstances of another.
func orEmpty(want, other *vtep.Want) *vtep.Want {
	if want != nil {
		return want
	}
	empty := *other
	empty.Segments, empty.Bindings, empty.Tunnels, empty.Standby = vtep.Segments{}, vtep.Bindings{}, nil, vtep.Keys{}
	return &empty
}

// count adds an operation to a preview, and to lines the text of one that the definitions decide on.
func (p *preview) count(out *model.SwitchPreview, op *vtep.Op, s *vtep.Session, lines []string) []string {
	switch op.Kind {
	case vtep.AddMAC:
		out.MACs.Add++
	case vtep.MoveMAC:
		out.MACs.Move++
	case vtep.DeleteMAC:
		out.MACs.Delete++
	case vtep.ClearMACs:
		rows, _ := s.Rows(&vtep.Want{}, op.LogicalSwitch)
		out.MACs.Delete += rows.RemoteMACs
	case vtep.SetFlood, vtep.DeleteFlood:
		out.Floods++
	default:
		text := p.text(op)
		if out.StepsTotal++; len(out.Steps) < model.ShownSteps {
			out.Steps = append(out.Steps, model.Clip(text, model.MaxItem))
		}
		if !op.OfTunnel() {
			lines = append(lines, text)
		}
	}
	return lines
}

// text is an operation with the names of networks in the place of their ids.
func (p *preview) text(op *vtep.Op) string {
	named := *op
	named.LogicalSwitch = p.called(op.LogicalSwitch)
	if op.Detail != nil {
		detail := *op.Detail
		detail.From, detail.Binding.LogicalSwitch = p.called(detail.From), p.called(detail.Binding.LogicalSwitch)
		named.Detail = &detail
	}
	return named.String()
}

// called is what a logical switch is shown as: by the name of its network, if it is of one.
func (p *preview) called(ls string) string {
	id, border := strings.CutSuffix(ls, vtep.BorderSuffix)
	defs := p.next
	if _, ok := defs.Networks.Get(id); !ok {
		defs = p.now
	}
	name := model.Shown(model.RefNetwork(defs, id).Name)
	if border {
		return name + vtep.BorderSuffix
	}
	return name
}

// obstacles are those that a preview tells of. How many MACs a full table lacks changes by itself.
var obstacles = map[vtep.Reason]model.ObstacleKind{
	vtep.PortMissing: model.NoPort, vtep.VLANTaken: model.TakenVLAN, vtep.VNITaken: model.TakenVNI, vtep.NameTaken: model.TakenName,
	vtep.Unsupported: model.SwitchLack, vtep.TableFull: model.SwitchLack,
}

func (p *preview) obstacle(problem *vtep.Problem) (model.Obstacle, bool) {
	kind, is := obstacles[problem.Reason]
	switch {
	case !is || problem.MAC != (model.MAC{}):
		return model.Obstacle{}, false
	case problem.Reason == vtep.TableFull:
		return model.Obstacle{Kind: kind, Text: fmt.Sprintf("the switch's MAC table is full: MACs of network %s are flooded instead", p.called(problem.LogicalSwitch))}, true
	}
	o := model.Obstacle{Kind: kind, Text: model.Bounded(problem.Message)}
	if problem.Reason == vtep.PortMissing && problem.Binding != nil {
		o.Switch, o.Port = problem.Binding.Switch, problem.Binding.Port
	}
	return o, true
}

// refused are the connections that would become ERROR, or for other reasons than now.
func (p *preview) refused() (out []model.RefusedConnection) {
	for _, id := range p.judged() {
		was, now := p.base.Outcome(id), p.view.Outcome(id)
		if now == nil {
			continue
		}
		if len(now.Errors) > 0 && (was == nil || !slices.Equal(was.Errors, now.Errors)) {
			r := model.RefusedConnection{Connection: now.Connection, Texts: now.Errors}
			if now.Limited {
				r.Kind = model.SwitchLack
			}
			out = append(out, r)
		}
		if texts := clashes(p.view, now); len(texts) > 0 && (was == nil || !slices.Equal(clashes(p.base, was), texts)) {
			out = append(out, model.RefusedConnection{Connection: now.Connection, Kind: model.TakenVLAN, Texts: texts})
		}
	}
	return out
}

// judged are the connections, by id, of which something else would be said: those whose definitions say so,
// and those of networks that would lose a VLAN of a port to another one.
func (p *preview) judged() []string {
	ids := map[string]bool{}
	for id := range p.view.ChangedOutcomes(p.base) {
		ids[id] = true
	}
	for i := range p.touched {
		device := p.touched[i].device.ID
		for _, c := range bindingsOf(p.view, device).Changes(bindingsOf(p.base, device)) {
			if c.Was != "" && c.Now != "" {
				for id := range p.view.ConnectionsOn(c.Was) {
					ids[id] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

func bindingsOf(v *topology.View, device string) vtep.Bindings {
	if want := v.Want(device); want != nil {
		return want.Bindings
	}
	return vtep.Bindings{}
}

// clashes are the bindings of a connection that an older one has, in words.
func clashes(v *topology.View, o *topology.Outcome) (texts []string) {
	for _, b := range v.Clashes(o) {
		texts = append(texts, fmt.Sprintf("VLAN %s of port %s on switch %s is bound by an older connection", b.VLAN, b.Port, b.Switch))
	}
	return texts
}
