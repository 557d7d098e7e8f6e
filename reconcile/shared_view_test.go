package reconcile

import (
	"bordergw/reconcile/mactable"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// again registers the switch of a device once more.
func (t *topology) again(gd *model.GatewayDevice) *model.GatewayDevice {
	second := *gd
	second.Record = t.record(gd.ID + "-again")
	t.Devices = t.Devices.With(&second)
	inv, _ := t.Inventories.Get(gd.ID)
	t.Inventories = t.Inventories.With(&model.Inventory{Record: second.Record, Switches: inv.Switches})
	return &second
}

// Workers look at a View while the next one is made from it: nothing of it is written.
func TestViewIsReadWhileTheNextOneIsMade(t *testing.T) {
	top := newTopology()
	sw, far := top.device("sw", model.BorderDirect), top.device("far", model.BorderDirect)
	border := top.device("b1", model.BorderStitch, inSite("east"))
	other := top.device("b2", model.BorderStitch, inSite("west"))
	second := top.again(border)
	net := top.network("net", 100)
	top.access(net, sw, far)
	top.border(net, 5000, border)
	top.border(net, 5000, other)
	in := Input{Definitions: &top.Definitions, Learned: map[string]*mactable.Learned{net.ID: {}}, Down: map[string]bool{}}
	was := Compile(in, nil)
	require.False(t, was.believes(second.ID, net.ID))

	made, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-made:
				return
			default:
				was.believes(second.ID, net.ID)
			}
		}
	}()
	for range 2000 {
		top.learn(net, sw)
		in := Input{Definitions: &top.Definitions, Learned: map[string]*mactable.Learned{net.ID: {Winners: top.winners[net.ID][:1]}}, Down: in.Down}
		next := relearn(&in, was)
		require.NotNil(t, next)
		require.False(t, next.believes(second.ID, net.ID))
	}
	close(made)
	<-ended
}
