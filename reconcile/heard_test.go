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
	in := Input{Definitions: &top.Definitions, GrowOnly: true, Unheard: map[string]bool{gd.ID: true}}
	at := func(ip model.VTEPAddress, home vtep.DatabaseID) []vtep.Endpoint {
		return []vtep.Endpoint{{Locator: vtep.Locator{Addr: ip}, Home: home}}
	}
	require.Equal(t, map[model.VTEPAddress]bool{member: true, beside: true}, in.unheard().among(at(member, databaseID(gd))))
	require.Equal(t, map[model.VTEPAddress]bool{beside: true}, in.unheard().among(at(beside, 0)), "a far end point has no home")
	require.Empty(t, in.unheard().among(at(other, 98)))
	settled := Input{Definitions: in.Definitions, Unheard: in.Unheard}
	require.Empty(t, settled.unheard().among(at(member, databaseID(gd))))
}

// Switches may speak at any moment of a compilation. Whoever counts as heard is
// heard with all stations: in the cautious time after a start those that nobody
// states are taken for withdrawn.
func TestHeardWithItsStations(t *testing.T) {
	const switches = 200
	top := newTopology()
	net := top.network("n", 5000)
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
			l.learn(db, vtep.Locals{Full: true, MACs: []vtep.LocalMAC{{LogicalSwitch: net.ID, MAC: macOf(int(db)), Endpoint: ipOf(int(db)), Learning: 1}}}, true)
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
		heard = switches - len(say.unheard)
		for id, db := range devices {
			require.Equal(t, !say.unheard[id], stated[db])
		}
	}
}
