package topology

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/growth"
	"bordergw/model"
	"bordergw/vtep"
)

// hugeTopology has a switch with that many bindings of one network, a hundred VLANs to a
// port, and another switch with a network of its own.
func hugeTopology(bindings int) (*topology, *model.Network) {
	t := newTopology()
	huge, small := t.Device("huge", ""), t.Device("small", "")
	var ports []model.Interface
	for i := range bindings / 100 {
		p := model.Interface{Name: fmt.Sprint("p", i)}
		for v := range model.VLAN(100) {
			p.VLANs = append(p.VLANs, v+1)
		}
		ports = append(ports, p)
	}
	t.Connect(t.Network("hugenet", 5001), 0, model.Device{DeviceName: huge.Name, Interfaces: ports})
	other := t.Network("smallnet", 5002)
	t.Access(other, small)
	return t, other
}

func TestCompileOfHugeGateway(t *testing.T) {
	compile := func(bindings int) func() {
		topo, _ := hugeTopology(bindings)
		return func() {
			v := Compile(Input{Definitions: &topo.Definitions}, nil)
			require.Equal(t, bindings, len(v.BindingsOf("huge")))
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
	require.Equal(t, "renamed", now.ListOf("small")[0].Description)
	require.Same(t, was.holding("huge"), now.holding("huge"), "nothing changed there")
	require.True(t, vtep.SameWant(was.Want("huge"), now.Want("huge")))

	huge, _ := topo.Devices.Get("huge")
	topo.Access(&renamed, huge)
	topo.Revision++
	then := Compile(Input{Definitions: &topo.Definitions}, now)
	require.Equal(t, 2_001, len(then.BindingsOf("huge")))
	require.True(t, slices.Equal(Compile(Input{Definitions: &topo.Definitions}, nil).BindingsOf("huge"), then.BindingsOf("huge")))
	require.Equal(t, 2_000, len(now.BindingsOf("huge")), "a View is immutable")
}
