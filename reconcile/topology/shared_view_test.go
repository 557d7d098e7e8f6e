package topology

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
)

// again registers the switch of a device once more.
func (t *topology) again(gd *model.GatewayDevice) *model.GatewayDevice {
	second := *gd
	second.Record = t.Record(gd.ID + "-again")
	t.Devices = t.Devices.With(&second)
	inv, _ := t.Inventories.Get(gd.ID)
	t.Inventories = t.Inventories.With(&model.Inventory{Record: second.Record, Switches: inv.Switches})
	return &second
}

// Workers look at a View while the next one is made from it: nothing of it is written.
func TestViewIsReadWhileTheNextOneIsMade(t *testing.T) {
	top := newTopology()
	sw, far := top.Device("sw", model.BorderDirect), top.Device("far", model.BorderDirect)
	border := top.Device("b1", model.BorderStitch, modeltest.InSite("east"))
	other := top.Device("b2", model.BorderStitch, modeltest.InSite("west"))
	second := top.again(border)
	net := top.Network("net", 100)
	top.Access(net, sw, far)
	top.Border(net, 5000, border)
	top.Border(net, 5000, other)
	in := Input{Definitions: &top.Definitions, Learned: mactable.WinnersOf(map[string]*mactable.Learned{net.ID: {}}), Down: map[string]bool{}}
	was := Compile(in, nil)
	require.False(t, was.Believes(second.ID, net.ID))

	made, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-made:
				return
			default:
				was.Believes(second.ID, net.ID)
			}
		}
	}()
	for range 2000 {
		top.learn(net, sw)
		in := Input{Definitions: &top.Definitions, Learned: mactable.WinnersOf(map[string]*mactable.Learned{net.ID: {Winners: top.winners[net.ID][:1]}}), Down: in.Down}
		next := Compile(in, was)
		require.NotNil(t, next)
		require.False(t, next.Believes(second.ID, net.ID))
	}
	close(made)
	<-ended
}
