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
	w := bareWorker()
	w.device.id = one.ID
	w.device.Store(one)
	w.board.status.phase, w.board.status.revision, w.board.status.facts = model.DeviceInSync, view.Revision, &vtep.Facts{}
	part := &view.Outcome(c.ID).Parts[0]

	j := judgement{revision: view.Revision + 1}
	j.part(w, part, view.Since)
	require.Empty(t, j.waiting)
	j.part(w, part, func(string, ...string) uint64 { return view.Revision + 1 })
	require.Equal(t, []string{"device sw1: is being written"}, j.waiting)
}

// TestProgrammedOverAnotherWay: a switch turns out to be reached by a second registration,
// whose worker has not written yet what is wanted of the first one since long.
func TestProgrammedOverAnotherWay(t *testing.T) {
	one, two := &model.GatewayDevice{Name: "sw1"}, bareWorker()
	two.device.id = "again"
	two.board.status.phase, two.board.status.revision, two.board.status.facts = model.DeviceSyncing, 8, &vtep.Facts{}
	one.ID = "first"
	j := judgement{}
	j.part(two, &topology.Part{Device: one}, func(id string, _ ...string) uint64 { return map[string]uint64{"first": 3, "again": 9}[id] })
	require.Equal(t, []string{"device sw1: is being written"}, j.waiting)
}
