package reconcile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/growth"
	"bordergw/model"
	"bordergw/reconcile/damping"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// hugePart is a part with that many bindings, a hundred VLANs to a port, and a worker that
// has a problem with each of them: their ports are missing.
func hugePart(bindings int) (*worker, *topology.Part) {
	gd := &model.GatewayDevice{Record: model.Record{ID: "huge", Seq: 1}, Name: "huge"}
	p := &topology.Part{Device: gd, LogicalSwitches: []string{"hugenet"}}
	for i := range bindings {
		p.Bindings = append(p.Bindings, vtep.Binding{Switch: "huge", Port: fmt.Sprint("p", i/100), VLAN: model.VLAN(i%100 + 1), LogicalSwitch: "hugenet"})
	}
	slices.SortFunc(p.Bindings, vtep.Binding.Compare)
	w := bareWorker()
	w.board.status = deviceState{phase: model.DeviceSyncing, facts: &vtep.Facts{}}
	for i := range p.Bindings {
		b := &p.Bindings[i]
		w.board.status.problems = append(w.board.status.problems, vtep.Problem{
			Reason: vtep.PortMissing, LogicalSwitch: b.LogicalSwitch, Binding: b,
			Message: fmt.Sprintf("port %s of switch %s not found", b.Port, b.Switch),
		})
	}
	return w, p
}

func TestStatusOfHugeGateway(t *testing.T) {
	judge := func(bindings int) func() {
		w, p := hugePart(bindings)
		return func() {
			var j judgement
			j.part(w, p, never)
			require.Equal(t, bindings/100, len(j.unbound), "once for each port")
		}
	}
	growth.Linear(t, judge(2_000), judge(32_000))
}

func TestPortFaultIsShownOnce(t *testing.T) {
	w, p := hugePart(2_000)
	w.board.status.problems = nil
	w.board.status.facts.Switches = []model.SwitchInventory{
		{Name: "huge", Ports: []model.PortInventory{{Name: "p1", Faults: []string{"down"}}, {Name: "q1", Faults: []string{"down"}}}},
		{Name: "other", Ports: []model.PortInventory{{Name: "p2", Faults: []string{"down"}}}},
	}
	var j judgement
	j.part(w, p, never)
	require.Equal(t, []string{"device huge: port p1 reports down"}, j.faults)
}

// TestDriftOfHugeGateway: what an external writer took off a huge gateway is distinguished from what
// was asked for, one binding as all of them.
func TestDriftOfHugeGateway(t *testing.T) {
	drift := func(bindings int) func() {
		w, p := hugePart(bindings)
		want := &vtep.Want{Bindings: vtep.BindingsOf(p.Bindings...), Segments: vtep.SegmentsOf(&vtep.Segment{Name: "hugenet"})}
		w.upkeep.synced = damping.Synced{Want: want, Open: w.board.status.problems[:bindings/2]}
		var ops []vtep.Op
		for i := range p.Bindings {
			ops = append(ops, vtep.Op{Kind: vtep.Bind, LogicalSwitch: "hugenet", Detail: &vtep.Detail{Binding: p.Bindings[i]}})
		}
		return func() {
			require.Equal(t, bindings/2, len(w.upkeep.undrifted(ops, want, model.DriftReport)))
			require.Equal(t, bindings-bindings/2, len(w.upkeep.drifted))
		}
	}
	growth.Linear(t, drift(2_000), drift(32_000))
}
