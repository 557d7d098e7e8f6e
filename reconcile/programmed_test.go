package reconcile

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// TestProgrammedBesideChanges: a connection stays programmed while definitions change
// that ask nothing new of its switch.
func TestProgrammedBesideChanges(t *testing.T) {
	topo := modeltest.New()
	one := topo.Device("sw1", "")
	c := topo.Access(topo.Network("a", 5001), one)
	view := topology.Compile(topology.Input{Definitions: &topo.Definitions}, nil)
	w := &worker{id: one.ID}
	w.device.Store(one)
	w.board.status.phase, w.board.status.revision, w.board.status.facts = model.DeviceInSync, view.Revision, &vtep.Facts{}
	part := &view.Outcomes[c.ID].Parts[0]

	later := *view
	later.Revision++
	j := judgement{revision: later.Revision}
	j.part(w, part, later.Since[one.ID])
	require.Empty(t, j.waiting)
	j.part(w, part, later.Revision)
	require.Equal(t, []string{"device sw1: is being written"}, j.waiting)
}
