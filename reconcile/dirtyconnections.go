package reconcile

import (
	"maps"
	"slices"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// dirtyConnections finds the connections whose status may be another one than when it was last
// recorded. What it looks at follows from what has changed. It is Run's own.
type dirtyConnections struct {
	workers *workers
	// view and defs are what it looked at last, sights what it saw of devices, by id.
	view          *topology.View
	defs          *model.Definitions
	registrations *model.Registrations // of defs
	sights        map[string]sight
	// by finds the connections of a subject.
	by map[subject]map[string]bool
	// writing are the connections that a device, by id, was still to be written for.
	writing map[string]map[string]bool
	// found are those of one look.
	found map[string]bool
}

func newDirtyConnections(ws *workers) dirtyConnections {
	return dirtyConnections{
		workers: ws, defs: &model.Definitions{}, sights: map[string]sight{}, by: map[subject]map[string]bool{}, writing: map[string]map[string]bool{},
	}
}

// subject is a device, by id, or a port of its switches, that connections have a part in.
type subject struct{ device, sw, port string }

// subjects are those of what becomes of a connection.
func subjects(o *topology.Outcome) map[subject]bool {
	out := map[subject]bool{}
	for i := range o.Parts {
		p := &o.Parts[i]
		out[subject{device: p.Device.ID}] = true
		for _, b := range p.Bindings {
			out[subject{p.Device.ID, b.Switch, b.Port}] = true
		}
	}
	return out
}

// look returns the connections, by id, that may have another status than at the last look, and those
// that are gone. Of the touched devices something else may be known.
func (d *dirtyConnections) look(view *topology.View, defs *model.Definitions, touched map[string]bool) (dirty map[string]bool, gone []string) {
	d.found = map[string]bool{}
	for id, c := range view.ChangedOutcomes(d.view) {
		d.reindex(id, c)
		if c.Now == nil {
			gone = append(gone, id)
		}
		d.found[id] = true
	}
	for device := range view.Changed(d.view) {
		d.asked(device, view)
	}
	for id := range d.ways(defs, touched) {
		d.see(id, view, defs)
	}
	d.view, d.defs, d.registrations = view, defs, defs.Registrations()
	return d.found, gone
}

// reindex has a connection be found by what becomes of it now.
func (d *dirtyConnections) reindex(id string, c model.Change[*topology.Outcome]) {
	if c.Was != nil {
		for s := range subjects(c.Was) {
			exclude(d.by, s, id)
			exclude(d.writing, s.device, id)
		}
	}
	if c.Now != nil {
		for s := range subjects(c.Now) {
			include(d.by, s, id)
		}
	}
}

// asked adds the connections for which a device is asked for something else than before.
func (d *dirtyConnections) asked(device string, view *topology.View) {
	if view.Since(device) != d.view.Since(device) {
		d.add(subject{device: device})
		return
	}
	for ls := range view.ChangedOn(device, d.view) {
		d.addOn(view, ls)
	}
}

// ways are the touched and redefined devices, by id, and those that reach the same databases.
func (d *dirtyConnections) ways(defs *model.Definitions, touched map[string]bool) map[string]bool {
	out, registrations := maps.Clone(touched), defs.Registrations()
	if d.registrations != registrations {
		for id := range defs.Devices.Changes(d.defs.Devices) {
			out[id] = true
		}
		for id := range defs.Inventories.Changes(d.defs.Inventories) {
			out[id] = true
		}
	}
	for _, id := range slices.Collect(maps.Keys(out)) {
		if was, ok := d.defs.Devices.Get(id); ok && d.registrations != registrations {
			addIDs(out, d.registrations.Sharing(was))
		}
		if is, ok := defs.Devices.Get(id); ok {
			addIDs(out, registrations.Sharing(is))
		}
	}
	return out
}

func addIDs(to map[string]bool, devices []*model.GatewayDevice) {
	for _, gd := range devices {
		to[gd.ID] = true
	}
}

// see looks at a device, and adds the connections that see something else of it now.
func (d *dirtyConnections) see(id string, view *topology.View, defs *model.Definitions) {
	was, known := d.sights[id]
	is := sightOf(d.workers.driver(id))
	d.sights[id] = is
	if _, registered := defs.Devices.Get(id); !registered {
		delete(d.sights, id)
	}
	if !known || !is.continues(&was) {
		d.add(subject{device: id})
		return
	}
	if is.revision != was.revision {
		maps.Copy(d.found, d.writing[id])
		delete(d.writing, id)
	}
	for ls := range differing(was.problems, is.problems) {
		d.addOn(view, ls)
	}
	for at := range is.changedPorts(&was) {
		d.add(subject{id, at.sw, at.port})
	}
}

// add adds the connections that have a part in something.
func (d *dirtyConnections) add(s subject) { maps.Copy(d.found, d.by[s]) }

// addOn adds the connections of the network of a logical switch.
func (d *dirtyConnections) addOn(view *topology.View, ls string) {
	for id := range view.ConnectionsOn(ls) {
		d.found[id] = true
	}
}

// unwritten notes which devices, by id, are still to be written for a connection.
func (d *dirtyConnections) unwritten(connection string, devices []string) {
	for _, id := range devices {
		include(d.writing, id, connection)
	}
}

// include adds an element to one of several sets.
func include[K comparable](sets map[K]map[string]bool, k K, element string) {
	if sets[k] == nil {
		sets[k] = map[string]bool{}
	}
	sets[k][element] = true
}

// exclude takes an element out of one of several sets, of which none is empty.
func exclude[K comparable](sets map[K]map[string]bool, k K, element string) {
	delete(sets[k], element)
	if len(sets[k]) == 0 {
		delete(sets, k)
	}
}

// sight is what connections see of a device: of the session over which it is driven.
type sight struct {
	driver   *worker
	read     bool
	revision uint64
	problems []vtep.Problem
	facts    *vtep.Facts
}

func sightOf(w *worker) sight {
	if w == nil {
		return sight{}
	}
	st := w.state()
	return sight{driver: w, read: w.unreadIn(&st) == "", revision: st.revision, problems: st.problems, facts: st.facts}
}

// continues reports whether it is what became of an earlier one step by step: if not, whatever is
// known of the device may be different.
func (s *sight) continues(was *sight) bool {
	same := s.driver == was.driver && s.read == was.read && s.revision >= was.revision
	return same && (s.facts == was.facts || s.facts != nil && was.facts != nil && slices.Equal(s.facts.BFD, was.facts.BFD))
}

// differing are the logical switches that are concerned by problems that only one of two lists has.
func differing(was, is []vtep.Problem) map[string]bool {
	if len(was) == len(is) && (len(is) == 0 || &was[0] == &is[0]) {
		return nil
	}
	type kind struct {
		reason  vtep.Reason
		binding vtep.Binding
	}
	count := map[kind]int{}
	tally := func(ps []vtep.Problem, more int) {
		for i := range ps {
			k := kind{ps[i].Reason, vtep.Binding{LogicalSwitch: ps[i].LogicalSwitch}}
			if ps[i].Binding != nil {
				k.binding = *ps[i].Binding
			}
			count[k] += more
		}
	}
	tally(was, -1)
	tally(is, 1)
	out := map[string]bool{}
	for k, n := range count {
		if n != 0 {
			out[k.binding.LogicalSwitch] = true
		}
	}
	return out
}

// port is one of a device's switches.
type port struct{ sw, port string }

// changedPorts are those that are faulty now and were not, or the other way round.
func (s *sight) changedPorts(was *sight) map[port]bool {
	if s.facts == was.facts || s.facts.SameStatus(was.facts) {
		return nil
	}
	out := faultyPorts(s.facts)
	for at := range faultyPorts(was.facts) {
		if out[at] {
			delete(out, at)
		} else {
			out[at] = true
		}
	}
	return out
}

func faultyPorts(f *vtep.Facts) map[port]bool {
	out := map[port]bool{}
	for i := range f.Switches {
		for n := range f.Switches[i].Ports {
			if p := &f.Switches[i].Ports[n]; len(p.Faults) > 0 {
				out[port{f.Switches[i].Name, p.Name}] = true
			}
		}
	}
	return out
}
