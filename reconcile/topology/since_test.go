package topology

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestUnchangedSince: what is said of one switch, and what is asked of another, leave a
// switch as it was asked to be since before.
func TestUnchangedSince(t *testing.T) {
	topo := newTopology()
	one, two := topo.Device("sw1", ""), topo.Device("sw2", "")
	topo.Access(topo.Network("a", 5001), one)
	first := topo.compile(nil)

	topo.Inventory(one, func(sw *model.SwitchInventory) { sw.Faults = []string{"tunnel_exhaustion"} })
	topo.Access(topo.Network("b", 5002), two)
	topo.Revision++
	defs := topo.Definitions
	next := Compile(Input{Definitions: &defs}, first)
	require.Greater(t, next.Revision, first.Revision)
	require.Equal(t, first.Revision, next.Since(one.ID, "a"))
	require.Equal(t, next.Revision, next.Since(two.ID, "b"))
}

// TestOneNetworkAsksNothingOfOthers: what is asked for one network leaves the others of the switch
// programmed. A binding that an older connection gives up is asked for anew.
func TestOneNetworkAsksNothingOfOthers(t *testing.T) {
	topo := newTopology()
	one := topo.Device("sw1", "")
	a, b := topo.Network("a", 5001), topo.Network("b", 5002)
	older := topo.Access(a, one)
	taken := model.Device{DeviceName: one.Name, Interfaces: topo.Port(a)}
	topo.Connect(b, 0, taken)
	first := topo.compile(nil)
	next := func(prev *View) *View {
		topo.Revision++
		defs := topo.Definitions
		return Compile(Input{Definitions: &defs}, prev)
	}
	topo.Access(topo.Network("c", 5003), one)
	more := next(first)
	require.Equal(t, []uint64{first.Revision, first.Revision, more.Revision},
		[]uint64{more.Since(one.ID, "a"), more.Since(one.ID, "b"), more.Since(one.ID, "c")})
	topo.Connections = topo.Connections.Without(older.ID)
	given := next(more)
	require.Equal(t, []uint64{given.Revision, more.Revision}, []uint64{given.Since(one.ID, "b"), given.Since(one.ID, "c")})
	require.Equal(t, []string{"a", "b"}, slices.Compact(slices.Sorted(given.ChangedOn(one.ID, more))))
	require.Equal(t, 2, given.holding(one.ID).asked.Len(), "what is gone is forgotten")
	two := topo.Device("sw2", "")
	stood, d := next(given), topo.Network("d", 5004)
	g, _ := topo.Gateways.Get(topo.Access(d, two, one).L2GatewayID)
	passive := *g
	passive.HAMode, passive.Active = model.ActivePassive, g.Devices[0].ID
	topo.Gateways = topo.Gateways.With(&passive)
	asked := next(stood)
	require.Equal(t, d.VNI, asked.Want(one.ID).Standby.Of(d.ID))
	require.Equal(t, []uint64{given.Revision, more.Revision}, []uint64{asked.Since(one.ID, "b"), asked.Since(one.ID, "c")}, "a standby is asked for nothing")
}

// TestEndpointsAskNothingNew: what a source answers for is where MACs are, as what a switch
// learns is: connections stay programmed. A binding, a far MAC or a member more is asked for.
func TestEndpointsAskNothingNew(t *testing.T) {
	topo := newTopology()
	one := topo.Device("sw1", "")
	net := topo.Network("a", 5001)
	topo.Access(net, one)
	first := topo.compile(nil)
	next := func(prev *View) *View {
		topo.Revision++
		defs := topo.Definitions
		return Compile(Input{Definitions: &defs}, prev)
	}
	set, err := model.NewEndpointSet(net.ID, "neutron", "", []model.Endpoint{{
		VTEPAddress: model.VTEPAddress{172, 16, 0, 1}, MACs: []model.EndpointMAC{{MAC: model.MAC{2}, VTEPAddress: model.VTEPAddress{172, 16, 0, 1}}},
	}})
	require.NoError(t, err)
	set.Record = topo.Record(set.ID)
	topo.Endpoints = topo.Endpoints.With(set)
	given := next(first)
	require.NotEqual(t, first.ListOf(one.ID)[0].Flood, given.ListOf(one.ID)[0].Flood)
	require.Equal(t, first.Since(one.ID, net.ID), given.Since(one.ID, net.ID))
	topo.Endpoints = topo.Endpoints.Without(set.ID)
	taken := next(given)
	require.Equal(t, first.Since(one.ID, net.ID), taken.Since(one.ID, net.ID))
	topo.Access(net, topo.Device("sw2", ""))
	more := next(taken)
	require.Equal(t, more.Revision, more.Since(one.ID, net.ID), "another member")
}

// TestSegmentIsKeptOnce: a segment that says what it said before takes the memory of one,
// also in what the next View compares.
func TestSegmentIsKeptOnce(t *testing.T) {
	topo := newTopology()
	one := topo.Device("sw1", "")
	c := topo.Access(topo.Network("a", 5001), one)
	first := topo.compile(nil)
	renamed := *c
	topo.Connections = topo.Connections.With(&renamed)
	topo.Revision++
	defs := topo.Definitions
	next := Compile(Input{Definitions: &defs}, first)
	require.Same(t, first.ListOf(one.ID)[0], next.ListOf(one.ID)[0])
	for _, v := range next.groups.All() {
		require.Len(t, v.segments, 1)
		require.Same(t, next.ListOf(one.ID)[0], v.segments[0])
	}
}
