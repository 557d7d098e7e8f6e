package reconcile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/connector"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// latestStore shows the definitions that it was given last.
type latestStore struct {
	Store
	defs *model.Definitions
}

func (s *latestStore) Definitions() *model.Definitions { return s.defs }

// recorded is a Loop that is not run: a test changes, in its place, definitions and what is known of
// sessions, and records.
type recorded struct {
	t     testing.TB
	r     *rand.Rand
	top   *modeltest.Builder
	store *latestStore
	*Loop
}

func newRecorded(t testing.TB, seed uint64) *recorded {
	s := &recorded{t: t, r: rand.New(rand.NewPCG(seed, 1)), top: modeltest.New(), store: &latestStore{defs: &model.Definitions{}}}
	s.Loop = New(s.store, Options{})
	return s
}

// define has the store show the definitions as they are now, and workers match them.
func (s *recorded) define() {
	s.top.Revision++
	defs := s.top.Definitions
	defs.PartRegistrations()
	s.store.defs = &defs
	for id, w := range s.workers.all() {
		if gd, ok := defs.Devices.Get(id); ok {
			w.device.Store(gd)
		} else {
			delete(s.workers.byID, id)
			s.touched.add(id)
		}
	}
	for gd := range defs.Devices.All() {
		if gd.Driven() && s.workers.byID[gd.ID] == nil {
			s.workers.byID[gd.ID] = newWorker(s.Loop, gd)
			s.workers.byID[gd.ID].stamp() // as it begins
		}
	}
}

// compile makes the next View.
func (s *recorded) compile(down map[string]bool, cautious bool) {
	s.view.Store(topology.Compile(topology.Input{Definitions: s.store.defs, Down: down, GrowOnly: cautious, Prune: !cautious}, s.view.Load()))
}

// begin has a worker hold a session.
func (s *recorded) begin(w *worker) {
	w.hold(connector.Link{Session: &vtep.Session{}})
	w.enter(model.DeviceReading, "")
	if w.board.status.facts == nil {
		w.show(&vtep.Facts{})
	}
}

// settle has a worker have written what the View has for it.
func (s *recorded) settle(w *worker, problems, undone []vtep.Problem) {
	s.begin(w)
	want, ok := w.board.take(0)
	if !ok {
		return
	}
	w.enter(cmp.Or(map[bool]string{true: model.DeviceInSync}[len(undone) == 0], model.DeviceDegraded), "")
	if changed, _ := w.board.settled(want, slices.Concat(problems, undone), undone, time.Second); changed {
		w.touched()
	}
}

// written has all workers have written what the next View has for them.
func (s *recorded) written(problems ...vtep.Problem) {
	s.compile(nil, false)
	for _, w := range s.workers.all() {
		s.settle(w, problems, nil)
	}
}

// some is any of several, the zero value if there are none.
func some[T any](s *recorded, from []T) (one T) {
	if len(from) > 0 {
		one = from[s.r.IntN(len(from))]
	}
	return one
}

// change changes the definitions in some way.
func (s *recorded) change() {
	devices, nets := slices.Collect(s.top.Devices.All()), slices.Collect(s.top.Networks.All())
	n := s.r.IntN(12)
	switch {
	case n == 0 || len(devices) < 3:
		profile := some(s, []string{"auto+bfd", "auto"})
		s.top.Device(fmt.Sprint("sw", s.top.LastSeq), some(s, []model.BorderMode{"", model.BorderStitch}), modeltest.Profiled(profile), func(gd *model.GatewayDevice) {
			if s.r.IntN(6) == 0 {
				gd.Type = "network_vtep"
			}
		})
	case n == 1 || len(nets) < 4:
		s.top.Network(fmt.Sprint("net", s.top.LastSeq), model.VNI(5000+s.top.LastSeq))
	case n == 2:
		s.remove(some(s, devices))
	case n == 3:
		s.fingerprint(some(s, devices))
	case n == 4 || n == 5:
		if c := some(s, slices.Collect(s.top.Connections.All())); c != nil {
			s.top.Connections = s.top.Connections.Without(c.ID)
		}
	case n == 6:
		s.top.Border(some(s, nets), model.VNI(7000+s.r.IntN(3)), some(s, devices))
	case n == 7: // on a VLAN that another network has
		s.top.Connect(some(s, nets), 0, model.Device{DeviceName: some(s, devices).Name, Interfaces: s.top.Port(some(s, nets))})
	default:
		s.top.Access(some(s, nets), some(s, devices), some(s, devices))
	}
	s.define()
}

func (s *recorded) remove(gd *model.GatewayDevice) {
	s.top.Devices, s.top.Inventories = s.top.Devices.Without(gd.ID), s.top.Inventories.Without(gd.ID)
}

// fingerprint has a device turn out to reach the database of some other one, or not.
func (s *recorded) fingerprint(gd *model.GatewayDevice) {
	as := some(s, slices.Collect(s.top.Inventories.All()))
	s.top.Inventory(gd, func(sw *model.SwitchInventory) {
		*sw = as.Switches[0]
		if s.r.IntN(2) == 0 {
			sw.Name, sw.Fingerprint = gd.Name, ""
		} else {
			sw.Fingerprint = "same"
		}
	})
}

// happen has something happen to a session.
func (s *recorded) happen() {
	w := some(s, s.workers.byName())
	if w == nil {
		return
	}
	switch s.r.IntN(9) {
	case 0:
		w.letGo()
		w.lost(errors.New("gone"))
	case 1:
		w.letGo()
	case 2:
		s.begin(w)
		w.board.blocked("no lock")
		w.enter(model.DeviceDegraded, "no lock")
		w.touched()
	case 3:
		w.show(s.facts(w))
	case 4, 5:
		s.settle(w, s.problems(w), s.problems(w))
	default:
		s.settle(w, nil, nil)
	}
}

func (s *recorded) facts(w *worker) *vtep.Facts {
	sw := model.SwitchInventory{Name: w.device.Load().Name, Ports: []model.PortInventory{{Name: "p1"}, {Name: "xa"}}}
	for i := range sw.Ports {
		if s.r.IntN(2) == 0 {
			sw.Ports[i].Faults = []string{"down"}
		}
	}
	f := &vtep.Facts{Switches: []model.SwitchInventory{sw}}
	for _, t := range s.view.Load().TunnelsOf(w.device.id) {
		f.BFD = append(f.BFD, vtep.BFD{Tunnel: t, State: some(s, []string{"up", "down"})})
	}
	return f
}

func (s *recorded) problems(w *worker) (out []vtep.Problem) {
	reasons := []vtep.Reason{vtep.PortMissing, vtep.VLANTaken, vtep.AwaitingSwitch, vtep.TableFull, vtep.Conflict}
	for _, o := range s.view.Load().Outcomes() {
		for _, p := range o.Parts {
			if p.Device.ID != w.device.id || s.r.IntN(3) > 0 {
				continue
			}
			pr := vtep.Problem{Reason: some(s, reasons), LogicalSwitch: p.LogicalSwitches[0], Message: "of " + o.Connection.ID}
			if len(p.Bindings) > 0 && s.r.IntN(2) == 0 {
				pr.Binding = &p.Bindings[0]
			}
			out = append(out, pr)
		}
	}
	return out
}

// truths are conditions without times and messages.
func truths(cs []model.Condition) (out []string) {
	for _, c := range cs {
		out = append(out, fmt.Sprint(c.Type, c.True))
	}
	return out
}

// requireWhole checks that what is recorded is what a look at everything gives.
func (s *recorded) requireWhole(hint string) {
	view, r := s.view.Load(), &s.recorder
	counts, conditions, unrealised := map[string]int{}, map[string]bool{}, []unrealisedKey{}
	by := map[subject]map[string]bool{}
	for id, o := range view.Outcomes() {
		st := s.connections.judge(view, o)
		counts[st.State]++
		if rank := slices.Index(unrealisedStates, st.State); rank >= 0 {
			unrealised = append(unrealised, unrealisedKey{rank, id})
		}
		conditions["connection/"+id] = true
		require.Equal(s.t, truths(st.Conditions), truths(s.transitions.of["connection/"+id]), "%s: %s %+v", hint, id, st)
		require.Equal(s.t, st.State, r.states[id], "%s: %s", hint, id)
		unsaid, is := r.errors.unsaid[id]
		require.Equal(s.t, st.State == model.ConnectionError, is && unsaid.broken || !is && r.errors.logged[id], "%s: %s", hint, id)
		for sub := range subjects(o) {
			include(by, sub, id)
		}
	}
	require.Equal(s.t, by, r.dirty.by, hint)
	slices.SortFunc(unrealised, unrealisedKey.Compare)
	_, set := r.recorded()
	require.Equal(s.t, unrealised, append([]unrealisedKey{}, keysOf(set)...), hint)
	for state, n := range r.counts() {
		if state == model.ConnectionPending { // also those that no View has
			n -= max(0, s.store.defs.Connections.Len()-len(r.states))
		}
		require.Equal(s.t, counts[state], n, "%s: %s", hint, state)
	}
	s.requireBounded(conditions, hint)
}

func keysOf(set unrealisedSet) (out []unrealisedKey) {
	for k := range set.All() {
		out = append(out, k)
	}
	return out
}

// requireBounded checks that nothing is remembered of what is gone.
func (s *recorded) requireBounded(conditions map[string]bool, hint string) {
	for object := range s.transitions.of {
		if id, is := strings.CutPrefix(object, "device/"); is {
			_, registered := s.store.defs.Devices.Get(id)
			require.True(s.t, registered, "%s: %s", hint, object)
		} else {
			require.True(s.t, conditions[object], "%s: %s", hint, object)
		}
	}
	for gd := range s.store.defs.Devices.All() {
		require.Contains(s.t, s.transitions.of, "device/"+gd.ID, hint)
	}
	d, gone := &s.recorder.dirty, func(id string) bool { return !conditions["connection/"+id] }
	for id := range d.sights {
		_, registered := s.store.defs.Devices.Get(id)
		require.True(s.t, registered, hint)
	}
	for _, set := range d.writing {
		require.False(s.t, slices.ContainsFunc(slices.Collect(maps.Keys(set)), gone), hint)
	}
	for _, ids := range [][]string{slices.Collect(maps.Keys(s.recorder.errors.logged)), slices.Collect(maps.Keys(s.recorder.errors.unsaid))} {
		require.False(s.t, slices.ContainsFunc(ids, gone), hint)
	}
}

// TestRecordedAsAWhole: whatever happens to definitions and sessions, what is recorded of all
// connections is what a look at all of them gives.
func TestRecordedAsAWhole(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(150) {
		s := newRecorded(t, seed)
		for step := range 120 {
			switch s.r.IntN(4) {
			case 0:
				s.change()
			case 1:
				s.compile(s.down(), s.r.IntN(6) == 0)
			default:
				if s.view.Load() != nil {
					s.happen()
				}
			}
			if s.view.Load() != nil && s.r.IntN(3) == 0 {
				s.recorder.record(s.view.Load())
				s.requireWhole(fmt.Sprint("seed ", seed, " step ", step))
				maps.Copy(seen, s.states())
			}
		}
	}
	require.Equal(t, []string{"ACTIVE", "ERROR", "PENDING", "TunnelsUpfalse", "TunnelsUptrue", "UNSUPPORTED"}, slices.Sorted(maps.Keys(seen)))
}

// down are some devices that are down.
func (s *recorded) down() map[string]bool {
	out := map[string]bool{}
	for gd := range s.store.defs.Devices.All() {
		if s.r.IntN(8) == 0 {
			out[gd.ID] = true
		}
	}
	return out
}

// states are those that connections have, and of their tunnels.
func (s *recorded) states() map[string]bool {
	out := map[string]bool{}
	for id, state := range s.recorder.states {
		out[state] = true
		if c := model.FindCondition(s.transitions.of["connection/"+id], model.TunnelsUp); c != nil {
			out[truths([]model.Condition{*c})[0]] = true
		}
	}
	return out
}

// TestRecordingCostsWhatChanges: of many connections that stand on two switches, as many are looked
// at as change.
func TestRecordingCostsWhatChanges(t *testing.T) {
	const standing = 500
	s := newRecorded(t, 1)
	one, two := s.top.Device("one", ""), s.top.Device("two", "")
	for i := range standing {
		s.top.Access(s.top.Network(fmt.Sprint("net", i), model.VNI(5000+i)), one, two)
	}
	judged := func(do func()) int {
		before := s.recorder.judged
		do()
		s.recorder.record(s.view.Load())
		s.requireWhole("one")
		return s.recorder.judged - before
	}
	s.define()
	require.Equal(t, standing, judged(func() { s.written() }))
	var c *model.L2GatewayConnection
	require.Equal(t, 1, judged(func() {
		c = s.top.Access(s.top.Network("more", 4999), one, two)
		s.define()
		s.compile(nil, false)
	}), "defined")
	require.Equal(t, model.ConnectionPending, s.recorder.states[c.ID])
	require.Equal(t, 1, judged(func() { s.written() }), "written")
	require.Equal(t, standing+1, s.recorder.counts()[model.ConnectionActive], "the others stayed active")
	require.Equal(t, 1, judged(func() { s.written(vtep.Problem{Reason: vtep.PortMissing, LogicalSwitch: "more"}) }), "a problem")
	require.Equal(t, 1, judged(func() { s.written() }), "no problem")
	require.Zero(t, judged(func() { s.workers.byID[one.ID].stamp() }), "a periodic pass")
	require.Zero(t, judged(func() { s.top.Network("unused", 4998); s.define(); s.compile(nil, false) }), "what no connection has")
	s.top.Connections = s.top.Connections.Without(c.ID)
	require.Zero(t, judged(func() { s.define(); s.written() }), "one that goes")
}
