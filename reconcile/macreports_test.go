package reconcile

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// definedStore only shows definitions.
type definedStore struct {
	Store
	defs *model.Definitions
}

func (s definedStore) Definitions() *model.Definitions { return s.defs }

// Switches may speak at any moment of a compilation. Whoever counts as reported has
// reported all MACs: in the cautious time after a start those that nobody
// states are taken for withdrawn.
func TestReportedWithItsMACs(t *testing.T) {
	const switches = 200
	top := modeltest.New()
	net := top.Network("n", 5000)
	top.Revision = 1 << 20
	devices := map[string]vtep.DatabaseID{}
	for i := range switches {
		gd := top.Device(fmt.Sprint("sw", i), "")
		devices[gd.ID] = topology.DatabaseID(gd)
	}
	l := New(definedStore{defs: &top.Definitions}, Options{})
	for gd := range top.Devices.All() {
		l.workers.byID[gd.ID] = newWorker(l, gd)
	}
	var speaking sync.WaitGroup
	speaking.Go(func() {
		for id, db := range devices {
			l.macs.learn(id, vtep.Locals{Full: true, MACs: []vtep.LocalMAC{{LogicalSwitch: net.ID, MAC: modeltest.MAC(int(db)), Endpoint: modeltest.IP(int(db)), Learning: 1}}}, &top.Definitions)
		}
	})
	defer speaking.Wait()
	for reported := 0; reported < switches; {
		say := l.macs.snapshot(&top.Definitions, time.Now())
		stated := map[vtep.DatabaseID]bool{}
		if w := say.winners.Get(net.ID); w != nil {
			for _, c := range w.Winners {
				stated[c.Database] = true
			}
		}
		reported = 0
		for id, db := range devices {
			require.Equal(t, say.reported[id] >= net.Seq, stated[db])
			if stated[db] {
				reported++
			}
		}
	}
}

// What a database says first of a network is nobody's move, although it has spoken of
// others before: which of two rows is the later one is not known.
func TestFirstWordsOfANetworkAreNoMove(t *testing.T) {
	top := modeltest.New()
	one, two := top.Device("sw1", ""), top.Device("sw2", "")
	old := top.Network("old", 5000)
	l := New(definedStore{defs: &top.Definitions}, Options{})
	tell := func(gd *model.GatewayDevice, nets ...*model.Network) {
		said := vtep.Locals{Full: true}
		for _, n := range nets {
			said.MACs = append(said.MACs, vtep.LocalMAC{LogicalSwitch: n.ID, MAC: modeltest.MAC(1), Endpoint: modeltest.IP(int(gd.Seq)), Learning: gd.Seq})
		}
		top.Revision = top.LastSeq
		l.macs.learn(gd.ID, said, &top.Definitions)
	}
	tell(one, old)
	tell(two)
	net := top.Network("net", 5001)
	tell(two, net)
	tell(one, old, net)
	winner := l.macs.snapshot(&top.Definitions, time.Now()).winners.Get(net.ID).Winners[0]
	require.Zero(t, winner.Seq)
	require.Equal(t, topology.DatabaseID(one), winner.Database, "the lowest end point")
	tell(two, old, net)
	winner = l.macs.snapshot(&top.Definitions, time.Now()).winners.Get(old.ID).Winners[0]
	require.Equal(t, topology.DatabaseID(two), winner.Database, "what comes after the first words is a move")
}

// Devices come and go for years: nothing is kept of those that have gone.
func TestNothingIsKeptOfGoneDevices(t *testing.T) {
	top := modeltest.New()
	net := top.Network("n", 5000)
	l := New(definedStore{defs: &top.Definitions}, Options{})
	gone, stays := top.Device("gone", ""), top.Device("stays", "")
	for i, gd := range []*model.GatewayDevice{gone, stays} {
		l.macs.learn(gd.ID, vtep.Locals{
			Full: true, MACs: []vtep.LocalMAC{{LogicalSwitch: net.ID, MAC: modeltest.MAC(i), Endpoint: modeltest.IP(i + 1), Learning: 1}},
			Flood: map[string][]model.VTEPAddress{net.ID: {modeltest.IP(i + 1)}},
		}, &top.Definitions)
	}
	require.Len(t, l.macs.snapshot(&top.Definitions, time.Now()).winners.Get(net.ID).Winners, 2)
	top.Devices = top.Devices.Without(gone.ID)
	left := l.macs.snapshot(&top.Definitions, time.Now()).winners.Get(net.ID)
	require.Len(t, left.Winners, 1)
	require.Len(t, left.Flood, 1)
	require.Len(t, l.macs.reported, 1)
}
