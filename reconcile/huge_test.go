package reconcile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/growth"
	"bordergw/model"
	"bordergw/reconcile/damping"
	"bordergw/vtep"
)

// hugeTopology has a switch with that many bindings of one network, a hundred VLANs to a
// port, and another switch with a network of its own.
func hugeTopology(bindings int) (*topology, *model.Network) {
	t := newTopology()
	huge, small := t.device("huge", ""), t.device("small", "")
	var ports []model.Interface
	for i := range bindings / 100 {
		p := model.Interface{Name: fmt.Sprint("p", i)}
		for v := range model.VLAN(100) {
			p.VLANs = append(p.VLANs, v+1)
		}
		ports = append(ports, p)
	}
	t.connect(t.network("hugenet", 5001), 0, model.Device{DeviceName: huge.Name, Interfaces: ports})
	other := t.network("smallnet", 5002)
	t.access(other, small)
	return t, other
}

func TestCompileOfHugeGateway(t *testing.T) {
	compile := func(bindings int) func() {
		topo, _ := hugeTopology(bindings)
		return func() {
			v := Compile(Input{Definitions: &topo.Definitions}, nil)
			require.Equal(t, bindings, len(v.Wants["huge"].Bindings))
		}
	}
	growth.Linear(t, compile(2_000), compile(32_000))
}

// TestHugeSwitchIsHandedOn: what stands on a large switch is gathered again only if it
// changes there.
func TestHugeSwitchIsHandedOn(t *testing.T) {
	topo, other := hugeTopology(2_000)
	before := topo.Definitions
	was := Compile(Input{Definitions: &before}, nil)

	renamed := *other
	renamed.Name = "renamed"
	topo.Networks = topo.Networks.With(&renamed)
	topo.Revision++
	after := topo.Definitions
	now := Compile(Input{Definitions: &after}, was)
	require.Equal(t, "renamed", now.Wants["small"].Segments[0].Description)
	require.Same(t, &was.Wants["huge"].Bindings[0], &now.Wants["huge"].Bindings[0], "nothing changed there")
	require.True(t, vtep.SameWant(was.Wants["huge"], now.Wants["huge"]))

	huge, _ := topo.Devices.Get("huge")
	topo.access(&renamed, huge)
	topo.Revision++
	then := Compile(Input{Definitions: &topo.Definitions}, now)
	require.Equal(t, 2_001, len(then.Wants["huge"].Bindings))
	require.True(t, slices.Equal(Compile(Input{Definitions: &topo.Definitions}, nil).Wants["huge"].Bindings, then.Wants["huge"].Bindings))
	require.Equal(t, 2_000, len(now.Wants["huge"].Bindings), "a View is immutable")
}

// hugePart is a part with that many bindings, and a worker that has a problem with each
// of them: their ports are missing.
func hugePart(bindings int) (*worker, *Part) {
	topo, _ := hugeTopology(bindings)
	v := Compile(Input{Definitions: &topo.Definitions}, nil)
	gd, _ := topo.Devices.Get("huge")
	w := &worker{}
	w.status = deviceState{phase: model.DeviceSyncing, facts: &vtep.Facts{}}
	for i := range v.Wants["huge"].Bindings {
		b := &v.Wants["huge"].Bindings[i]
		w.status.problems = append(w.status.problems, vtep.Problem{
			Reason: vtep.PortMissing, LogicalSwitch: b.LogicalSwitch, Binding: b,
			Message: fmt.Sprintf("port %s of switch %s not found", b.Port, b.Switch),
		})
	}
	return w, &Part{Device: gd, LogicalSwitches: []string{"hugenet"}, Bindings: v.Wants["huge"].Bindings}
}

func TestStatusOfHugeGateway(t *testing.T) {
	judge := func(bindings int) func() {
		w, p := hugePart(bindings)
		return func() {
			var j judgement
			j.part(w, p, 0)
			require.Equal(t, bindings/100, len(j.unbound), "once for each port")
		}
	}
	growth.Linear(t, judge(2_000), judge(32_000))
}

func TestPortFaultIsToldOnce(t *testing.T) {
	w, p := hugePart(2_000)
	w.status.problems = nil
	w.status.facts.Switches = []model.SwitchInventory{
		{Name: "huge", Ports: []model.PortInventory{{Name: "p1", Faults: []string{"down"}}, {Name: "q1", Faults: []string{"down"}}}},
		{Name: "other", Ports: []model.PortInventory{{Name: "p2", Faults: []string{"down"}}}},
	}
	var j judgement
	j.part(w, p, 0)
	require.Equal(t, []string{"device huge: port p1 reports down"}, j.faults)
}

// TestDriftOfHugeGateway: what another hand took off a huge gateway is told from what
// was asked for, one binding as all of them.
func TestDriftOfHugeGateway(t *testing.T) {
	drift := func(bindings int) func() {
		w, p := hugePart(bindings)
		want := &vtep.Want{Bindings: p.Bindings, Segments: []*vtep.Segment{{Name: "hugenet"}}}
		w.device.Store(&model.GatewayDevice{DriftPolicy: model.DriftReport})
		w.synced = damping.Synced{Want: want, Open: w.status.problems[:bindings/2]}
		var ops []vtep.Op
		for i := range p.Bindings {
			ops = append(ops, vtep.Op{Kind: vtep.Bind, LogicalSwitch: "hugenet", Detail: &vtep.Detail{Binding: p.Bindings[i]}})
		}
		return func() {
			require.Equal(t, bindings/2, len(w.undrifted(ops, want)))
			require.Equal(t, bindings-bindings/2, len(w.drifted))
		}
	}
	growth.Linear(t, drift(2_000), drift(32_000))
}
