package reconcile

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// TestUnchangedSince: what is said of one switch, and what is asked of another, leave a
// switch as it was asked to be since before.
func TestUnchangedSince(t *testing.T) {
	topo := newTopology()
	one, two := topo.device("sw1", ""), topo.device("sw2", "")
	topo.access(topo.network("a", 5001), one)
	first := topo.compile(nil)

	topo.inventory(one, func(sw *model.SwitchInventory) { sw.Faults = []string{"tunnel_exhaustion"} })
	topo.access(topo.network("b", 5002), two)
	topo.Revision++
	defs := topo.Definitions
	next := Compile(Input{Definitions: &defs}, first)
	require.Greater(t, next.Revision, first.Revision)
	require.Equal(t, first.Revision, next.since[one.ID])
	require.Equal(t, next.Revision, next.since[two.ID])
}

// TestProgrammedBesideChanges: a connection stays programmed while definitions change
// that ask nothing new of its switch.
func TestProgrammedBesideChanges(t *testing.T) {
	topo := newTopology()
	one := topo.device("sw1", "")
	c := topo.access(topo.network("a", 5001), one)
	view := topo.compile(nil)
	w := &worker{id: one.ID}
	w.device.Store(one)
	w.status.phase, w.status.revision, w.status.facts = model.DeviceInSync, view.Revision, &vtep.Facts{}
	part := &view.Outcomes[c.ID].Parts[0]

	later := *view
	later.Revision++
	j := judgement{revision: later.Revision}
	j.part(w, part, later.since[one.ID])
	require.Empty(t, j.waiting)
	j.part(w, part, later.Revision)
	require.Equal(t, []string{"device sw1: is being written"}, j.waiting)
}
