package reconcile

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// Standing copies what the database of a registered device holds of logical switches that are not
// managed. It fails with ErrNotRead while there is no session.
func (q *lookup) Standing(id string) (model.Standing, error) {
	w, s, err := q.read(id)
	if err != nil {
		return model.Standing{}, err
	}
	defs, want := q.store.Definitions(), q.wantOf(w)
	gd, ok := defs.Devices.Get(id)
	if !ok {
		return model.Standing{}, model.ErrGatewayDeviceNotFound(id)
	}
	out := model.Standing{Device: defs.Registrations().First(gd)}
	names := s.Foreign(want)
	slices.Sort(names)
	for _, name := range names {
		if row, stands := s.StandingSwitch(want, name); stands {
			out.Switches = append(out.Switches, row)
		}
	}
	return out, nil
}

// Suppose tells what would be written to devices, by their ids, in some networks if the definitions
// were others, once all switches have reported their MACs. Nothing is changed.
func (q *lookup) Suppose(next *model.Definitions, networks, devices []string) (model.Supposition, error) {
	was := q.view.Load()
	if was == nil {
		return model.Supposition{}, errNotReady
	}
	sup := &supposition{networks: map[string]bool{}}
	for _, id := range networks {
		sup.networks[id] = true
	}
	for _, id := range devices {
		w, s, err := q.read(id)
		if err != nil {
			return model.Supposition{}, err
		}
		gd, ok := next.Devices.Get(id)
		if !ok {
			return model.Supposition{}, model.ErrGatewayDeviceNotFound(id)
		}
		want := q.wantOf(w)
		sup.add(next.Registrations().First(gd), s, slices.Values(networks), func(name string) (model.StandingSwitch, bool) { return s.StandingSwitch(want, name) })
	}
	sup.view = was.Supposing(next, sup.learned(networks, was.Learned()))
	for i := range sup.devices {
		sup.write(&sup.devices[i])
		sup.tunnels(&sup.devices[i], was)
	}
	sup.outcomes(next)
	return sup.out, nil
}

// Preview tells what would be written to switches if the definitions were next instead of now, beyond
// what is written anyway. Nothing is changed.
func (q *lookup) Preview(now, next *model.Definitions) (model.Preview, error) {
	was := q.view.Load()
	if was == nil {
		return model.Preview{}, errNotReady
	}
	return newPreview(q, was, now, next), nil
}

// errNotReady refuses what rests on the View before there is one.
var errNotReady = &model.Error{Kind: model.Unavailable, Type: "NotReady", Message: "No switch is driven yet: ask again."}

// supposition is one run of Suppose.
type supposition struct {
	standingDevices
	networks map[string]bool
	view     *topology.View
	out      model.Supposition
}

// standingDevices are devices with what their databases hold of networks that nothing is learned in yet,
// since they are not defined.
type standingDevices struct{ devices []supposedDevice }

// supposedDevice is a device with what its database holds of the networks.
type supposedDevice struct {
	device  *model.GatewayDevice
	session *vtep.Session
	own     map[model.VTEPAddress]bool
	rows    map[string]*model.StandingSwitch // by name
}

// text notes something that people should know.
func (p *supposition) text(format string, args ...any) {
	p.out.Texts = append(p.out.Texts, fmt.Sprintf(format, args...))
}

// add reads what a device's database holds of some networks.
func (p *standingDevices) add(gd *model.GatewayDevice, s *vtep.Session, networks iter.Seq[string], read func(network string) (model.StandingSwitch, bool)) {
	d := supposedDevice{gd, s, map[model.VTEPAddress]bool{}, map[string]*model.StandingSwitch{}}
	for _, sw := range s.Facts().Switches {
		for _, ip := range sw.TunnelIPs {
			d.own[ip] = true
		}
	}
	for name := range networks {
		if row, stands := read(name); stands {
			d.rows[name] = &row
		}
	}
	p.devices = append(p.devices, d)
}

// learned is what the devices have learned in networks, beside what is known already.
func (p *standingDevices) learned(networks []string, known mactable.Winners) map[string]*mactable.Learned {
	out := map[string]*mactable.Learned{}
	for _, name := range networks {
		l := known.Get(name)
		if l == nil {
			l = &mactable.Learned{}
		}
		for i := range p.devices {
			if row := p.devices[i].rows[name]; row != nil {
				l = p.devices[i].report(l, row)
			}
		}
		out[name] = l
	}
	return out
}

// report adds what a device has learned in a logical switch. A MAC that is known elsewhere stays there.
func (d *supposedDevice) report(was *mactable.Learned, row *model.StandingSwitch) *mactable.Learned {
	db := topology.DatabaseID(d.device)
	next := *was
	next.Flood = map[vtep.DatabaseID][]model.VTEPAddress{}
	for other, at := range was.Flood {
		next.Flood[other] = at
	}
	if at := slices.DeleteFunc(slices.Clone(row.FloodedAt), func(a model.VTEPAddress) bool { return !d.own[a] }); len(at) > 0 {
		next.Flood[db] = at
	}
	var fresh, others []mactable.Candidate
	for _, m := range row.Local {
		if !m.MAC.IsUnicast() || !d.own[m.At.Addr] {
			continue // it is not believed
		}
		c := mactable.Candidate{MAC: m.MAC, Source: mactable.Local, Database: db, Endpoint: m.At.Addr}
		switch at := mactable.Of(was.Winners, m.MAC); {
		case len(at) == 0:
			fresh = append(fresh, c)
		case at[0].Database != db:
			others = append(others, c)
		}
	}
	next.Winners, next.Others = byMAC(was.Winners, fresh), byMAC(was.Others, others)
	return &next
}

// byMAC adds candidates to a list in the order of MACs.
func byMAC(list, more []mactable.Candidate) []mactable.Candidate {
	if len(more) == 0 {
		return list
	}
	out := slices.Concat(list, more)
	slices.SortStableFunc(out, func(a, b mactable.Candidate) int { return a.MAC.Compare(b.MAC) })
	return out
}

// write notes what would be written to a device.
func (p *supposition) write(d *supposedDevice) {
	want := p.view.Want(d.device.ID)
	if want == nil {
		return
	}
	plan := d.session.Plan(want, vtep.Whole)
	groups := map[supposedKey]int{}
	for i := range plan.Ops {
		op := &plan.Ops[i]
		if !p.networks[op.LogicalSwitch] || op.MarksOnly() {
			continue
		}
		k := d.keyOf(op)
		at, known := groups[k]
		if !known {
			at = len(p.out.Rows)
			groups[k] = at
			p.out.Rows = append(p.out.Rows, model.SupposedRows{Device: d.device, LogicalSwitch: k.ls, Change: k.change, At: k.at})
		}
		g := &p.out.Rows[at]
		if g.Count++; len(g.Steps) < model.ShownSupposed {
			g.Steps = append(g.Steps, model.Clip(d.step(op), model.MaxItem))
		}
	}
	for i := range plan.Problems {
		if problem := &plan.Problems[i]; p.networks[problem.LogicalSwitch] {
			p.text("switch %s: %s", d.device.DisplayName(), problem.Message)
		}
	}
}

// tunnels notes the tunnels that a device would come to run BFD on.
func (p *supposition) tunnels(d *supposedDevice, was *topology.View) {
	before := was.TunnelsOf(d.device.ID)
	for _, t := range p.view.TunnelsOf(d.device.ID) {
		if !slices.Contains(before, t) {
			p.text("switch %s: BFD would be switched on for tunnel %s", d.device.DisplayName(), t)
		}
	}
}

// supposedKey is what changes have in common that are shown together.
type supposedKey struct {
	ls     string
	change model.RowChange
	at     model.StandingLocator
}

// keyOf classes an operation.
func (d *supposedDevice) keyOf(op *vtep.Op) supposedKey {
	k := supposedKey{ls: op.LogicalSwitch, change: model.OtherChanges}
	switch op.Kind {
	case vtep.AddMAC:
		k.change = model.MACsAdded
	case vtep.MoveMAC:
		k.change, k.at = model.MACsMoved, d.locator(op)
	case vtep.DeleteMAC:
		k.change, k.at = model.MACsDeleted, d.locator(op)
	}
	return k
}

// step is an operation in words. Marks and descriptions are left out: they are written in any case. Of a replication mode it
// says what stands, which decides whether the change matters.
func (d *supposedDevice) step(op *vtep.Op) string {
	if op.Kind != vtep.SetLogicalSwitch {
		return op.String()
	}
	rest := *op
	detail := *op.Detail
	set := *detail.Switch
	set.Mark, set.Description = nil, nil
	detail.Switch, rest.Detail = &set, &detail
	if mode, row := set.ReplicationMode, d.rows[op.LogicalSwitch]; row != nil && mode != nil && set.TunnelKey == nil {
		return fmt.Sprintf("replication_mode: %s -> %s", cmp.Or(row.ReplicationMode, "unset"), cmp.Or(*mode, "unset"))
	}
	return rest.String()
}

// locator is where the row of an operation leads.
func (d *supposedDevice) locator(op *vtep.Op) model.StandingLocator {
	row := d.rows[op.LogicalSwitch]
	if row == nil {
		return model.StandingLocator{}
	}
	i, found := slices.BinarySearchFunc(row.Remote, op.MAC, func(m model.StandingMAC, mac model.MAC) int { return m.MAC.Compare(mac) })
	if !found {
		return model.StandingLocator{}
	}
	return row.Remote[i].At
}

// outcomes notes what becomes of the connections of the networks.
func (p *supposition) outcomes(next *model.Definitions) {
	for conn := range next.Connections.All() {
		o := p.view.Outcome(conn.ID)
		if !p.networks[conn.NetworkID] || o == nil {
			continue
		}
		for _, text := range slices.Concat(o.Errors, o.Waiting, o.Unsupported, o.Notes, clashes(p.view, o)) {
			p.text("connection of network %s: %s", model.RefNetwork(next, conn.NetworkID).Name, text)
		}
	}
}
