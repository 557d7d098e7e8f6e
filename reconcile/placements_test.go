package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

func placedSet(top *modeltest.Builder, net *model.Network, macs int) *model.EndpointSet {
	e := model.Endpoint{VTEPAddress: model.VTEPAddress{172, 16, 0, 1}}
	for i := range macs {
		e.MACs = append(e.MACs, model.EndpointMAC{MAC: modeltest.MAC(i), VTEPAddress: e.VTEPAddress})
	}
	set, err := model.NewEndpointSet(net.ID, "neutron", "", []model.Endpoint{e})
	if err != nil {
		panic(err)
	}
	set.Record = top.Record(set.ID)
	return set
}

// TestSetMadeAnewIsNoMove: a set that is deleted and given again, the same, between two
// Views: no MAC has moved, and none is stored as a move.
func TestSetMadeAnewIsNoMove(t *testing.T) {
	top := modeltest.New()
	net := top.Network("n", 5000)
	l := New(definedStore{defs: &top.Definitions}, Options{})
	first := placedSet(top, net, 100)
	top.Endpoints = top.Endpoints.With(first)
	now := time.Now()
	l.macs.snapshot(&top.Definitions, now)
	again := placedSet(top, net, 100)
	require.NotEqual(t, first.Seq, again.Seq)
	top.Endpoints = top.Endpoints.Without(first.ID).With(again)
	w := l.macs.snapshot(&top.Definitions, now.Add(time.Second)).winners.Get(net.ID).Winners
	require.Len(t, w, 100)
	require.Equal(t, topology.SourceID(again), w[0].Database)
	require.Empty(t, l.macs.takeMoves(), "moves to store")
}

// TestSetMadeAnewLeavesAHostAtItsPort: a host that has left for a port stays there, also
// if the set is deleted and given again, the same, before anybody has seen that. Once it was
// withdrawn, to say it again is news.
func TestSetMadeAnewLeavesAHostAtItsPort(t *testing.T) {
	for _, apart := range []bool{false, true} {
		t.Run(fmt.Sprint("a View in between ", apart), func(t *testing.T) {
			top := modeltest.New()
			gd := top.Device("sw1", "")
			net := top.Network("n", 5000)
			top.Revision = top.LastSeq
			l := New(definedStore{defs: &top.Definitions}, Options{})
			first := placedSet(top, net, 1)
			top.Endpoints = top.Endpoints.With(first)
			now := time.Now()
			l.macs.snapshot(&top.Definitions, now)
			l.macs.learn(gd.ID, vtep.Locals{Full: true}, &top.Definitions)
			l.macs.learn(gd.ID, vtep.Locals{MACs: []vtep.LocalMAC{{LogicalSwitch: net.ID, MAC: modeltest.MAC(0), Endpoint: modeltest.IP(1), Learning: 1}}}, &top.Definitions)
			w := l.macs.snapshot(&top.Definitions, now.Add(time.Second)).winners.Get(net.ID).Winners
			require.Equal(t, topology.DatabaseID(gd), w[0].Database, "the port has it")
			top.Endpoints = top.Endpoints.Without(first.ID)
			if apart {
				l.macs.snapshot(&top.Definitions, now.Add(2*time.Second))
			}
			top.Endpoints = top.Endpoints.With(placedSet(top, net, 1))
			w = l.macs.snapshot(&top.Definitions, now.Add(3*time.Second)).winners.Get(net.ID).Winners
			if apart {
				require.Equal(t, mactable.Remote, w[0].Source)
				return
			}
			require.Equal(t, topology.DatabaseID(gd), w[0].Database, "the source has said nothing new")
		})
	}
}
