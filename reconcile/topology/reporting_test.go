package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/vtep"
)

// A database of several switches that has not spoken yet: MACs behind any of
// them stay, as long as one of them is a member.
func TestUnreportedSwitchBesideTheMember(t *testing.T) {
	top := newTopology()
	gd := top.Device("sw1", "")
	member, beside, other := modeltest.IP(1), modeltest.IP(2), modeltest.IP(3)
	top.Inventories = top.Inventories.With(&model.Inventory{Record: gd.Record, Switches: []model.SwitchInventory{
		{Name: "sw1", TunnelIPs: []model.VTEPAddress{member}}, {Name: "sw2", TunnelIPs: []model.VTEPAddress{beside}},
	}})
	in := Input{Definitions: &top.Definitions, GrowOnly: true, Reported: map[string]uint64{gd.ID: 0}}
	net := top.Network("n", 5000)
	at := func(ip model.VTEPAddress, location vtep.DatabaseID) []vtep.Endpoint {
		return []vtep.Endpoint{{Locator: vtep.Locator{Addr: ip}, Location: location}}
	}
	require.Equal(t, map[model.VTEPAddress]bool{member: true, beside: true}, newCompilation(in, &View{}).unreportedAmong(net, at(member, DatabaseID(gd))))
	require.Equal(t, map[model.VTEPAddress]bool{beside: true}, newCompilation(in, &View{}).unreportedAmong(net, at(beside, 0)), "a far end point has no location")
	require.Empty(t, newCompilation(in, &View{}).unreportedAmong(net, at(other, 98)))
	settled := Input{Definitions: in.Definitions, Reported: in.Reported}
	require.Empty(t, newCompilation(settled, &View{}).unreportedAmong(net, at(member, DatabaseID(gd))))
	young := Input{Definitions: in.Definitions, Reported: map[string]uint64{gd.ID: net.Seq - 1}, Young: map[string]bool{net.ID: true}}
	require.Len(t, newCompilation(young, &View{}).unreportedAmong(net, at(member, DatabaseID(gd))), 2, "it reported before there was the network")
	reported := Input{Definitions: in.Definitions, Reported: map[string]uint64{gd.ID: net.Seq}, Young: young.Young}
	require.Empty(t, newCompilation(reported, &View{}).unreportedAmong(net, at(member, DatabaseID(gd))))
}
