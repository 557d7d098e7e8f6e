package reconcile

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep"
)

// definedStore only shows definitions.
type definedStore struct {
	Store
	defs *model.Definitions
}

func (s definedStore) Definitions() *model.Definitions { return s.defs }

// A database of several switches that has not spoken yet: stations behind any of
// them stay, as long as one of them is a member.
func TestUnheardSwitchBesideTheMember(t *testing.T) {
	top := newTopology()
	gd := top.device("sw1", "")
	member, beside, other := ipOf(1), ipOf(2), ipOf(3)
	top.Inventories = top.Inventories.With(&model.Inventory{Record: gd.Record, Switches: []model.SwitchInventory{
		{Name: "sw1", TunnelIPs: []model.VTEPAddress{member}}, {Name: "sw2", TunnelIPs: []model.VTEPAddress{beside}},
	}})
	in := Input{Definitions: &top.Definitions, GrowOnly: true, Heard: map[string]uint64{gd.ID: 0}}
	net := top.network("n", 5000)
	at := func(ip model.VTEPAddress, home vtep.DatabaseID) []vtep.Endpoint {
		return []vtep.Endpoint{{Locator: vtep.Locator{Addr: ip}, Home: home}}
	}
	require.Equal(t, map[model.VTEPAddress]bool{member: true, beside: true}, in.unheard().among(net, at(member, databaseID(gd))))
	require.Equal(t, map[model.VTEPAddress]bool{beside: true}, in.unheard().among(net, at(beside, 0)), "a far end point has no home")
	require.Empty(t, in.unheard().among(net, at(other, 98)))
	settled := Input{Definitions: in.Definitions, Heard: in.Heard}
	require.Empty(t, settled.unheard().among(net, at(member, databaseID(gd))))
	young := Input{Definitions: in.Definitions, Heard: map[string]uint64{gd.ID: net.Seq - 1}, Young: map[string]bool{net.ID: true}}
	require.Len(t, young.unheard().among(net, at(member, databaseID(gd))), 2, "it was heard before there was the network")
	heard := Input{Definitions: in.Definitions, Heard: map[string]uint64{gd.ID: net.Seq}, Young: young.Young}
	require.Empty(t, heard.unheard().among(net, at(member, databaseID(gd))))
}

// Switches may speak at any moment of a compilation. Whoever counts as heard is
// heard with all stations: in the cautious time after a start those that nobody
// states are taken for withdrawn.
func TestHeardWithItsStations(t *testing.T) {
	const switches = 200
	top := newTopology()
	net := top.network("n", 5000)
	top.Revision = 1 << 20
	devices := map[string]vtep.DatabaseID{}
	for i := range switches {
		gd := top.device(fmt.Sprint("sw", i), "")
		devices[gd.ID] = databaseID(gd)
	}
	l := New(definedStore{defs: &top.Definitions}, Options{})
	for gd := range top.Devices.All() {
		l.workers[gd.ID] = newWorker(l, gd)
	}
	var speaking sync.WaitGroup
	speaking.Go(func() {
		for _, db := range devices {
			l.learn(db, vtep.Locals{Full: true, MACs: []vtep.LocalMAC{{LogicalSwitch: net.ID, MAC: macOf(int(db)), Endpoint: ipOf(int(db)), Learning: 1}}}, &top.Definitions)
		}
	})
	defer speaking.Wait()
	for heard := 0; heard < switches; {
		say := l.learned(&top.Definitions, time.Now())
		stated := map[vtep.DatabaseID]bool{}
		if w := say.winners[net.ID]; w != nil {
			for _, c := range w.Winners {
				stated[c.Database] = true
			}
		}
		heard = 0
		for id, db := range devices {
			require.Equal(t, say.heard[id] >= net.Seq, stated[db])
			if stated[db] {
				heard++
			}
		}
	}
}

// What a database says first of a network is nobody's move, although it has spoken of
// others before: which of two rows is the later one is not known.
func TestFirstWordsOfANetworkAreNoMove(t *testing.T) {
	top := newTopology()
	one, two := top.device("sw1", ""), top.device("sw2", "")
	old := top.network("old", 5000)
	l := New(definedStore{defs: &top.Definitions}, Options{})
	tell := func(gd *model.GatewayDevice, nets ...*model.Network) {
		told := vtep.Locals{Full: true}
		for _, n := range nets {
			told.MACs = append(told.MACs, vtep.LocalMAC{LogicalSwitch: n.ID, MAC: macOf(1), Endpoint: ipOf(int(gd.Seq)), Learning: gd.Seq})
		}
		top.Revision = top.seq
		l.learn(databaseID(gd), told, &top.Definitions)
	}
	tell(one, old)
	tell(two)
	net := top.network("net", 5001)
	tell(two, net)
	tell(one, old, net)
	winner := l.learned(&top.Definitions, time.Now()).winners[net.ID].Winners[0]
	require.Zero(t, winner.Seq)
	require.Equal(t, databaseID(one), winner.Database, "the lowest end point")
	tell(two, old, net)
	winner = l.learned(&top.Definitions, time.Now()).winners[old.ID].Winners[0]
	require.Equal(t, databaseID(two), winner.Database, "what comes after the first words is a move")
}

// Devices come and go for years: nothing is kept of those that have gone.
func TestNothingIsKeptOfGoneDevices(t *testing.T) {
	top := newTopology()
	net := top.network("n", 5000)
	l := New(definedStore{defs: &top.Definitions}, Options{})
	gone, stays := top.device("gone", ""), top.device("stays", "")
	for i, gd := range []*model.GatewayDevice{gone, stays} {
		l.learn(databaseID(gd), vtep.Locals{
			Full: true, MACs: []vtep.LocalMAC{{LogicalSwitch: net.ID, MAC: macOf(i), Endpoint: ipOf(i + 1), Learning: 1}},
			Flood: map[string][]model.VTEPAddress{net.ID: {ipOf(i + 1)}},
		}, &top.Definitions)
	}
	require.Len(t, l.learned(&top.Definitions, time.Now()).winners[net.ID].Winners, 2)
	top.Devices = top.Devices.Without(gone.ID)
	left := l.learned(&top.Definitions, time.Now()).winners[net.ID]
	require.Len(t, left.Winners, 1)
	require.Len(t, left.Flood, 1)
	require.Len(t, l.heard, 1)
}
