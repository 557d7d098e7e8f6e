package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestAttentionIsBounded: what is worst is shown, and all is counted.
func TestAttentionIsBounded(t *testing.T) {
	s := newRecorded(t, 1)
	up, away := s.top.Device("up", ""), s.top.Device("away", "")
	other := s.top.Device("router", "", func(gd *model.GatewayDevice) { gd.Type = model.RouterVTEP })
	unsupported := s.top.Access(s.top.Network("unsupported", 4999), other)
	for i := range 150 {
		s.top.Access(s.top.Network(fmt.Sprint("net", i), model.VNI(5000+i)), away)
	}
	s.define()
	s.compile(nil, false)
	s.settle(s.workers.get(up.ID), nil, nil)
	s.recorder.record(s.view.Load())
	s.recorder.record(s.view.Load())
	got := s.Overview()
	require.Len(t, got.Attention, model.ShownAttention)
	require.Equal(t, 1+150+1, got.AttentionTotal)
	require.Equal(t, "away", got.Attention[0].Name, "devices come first")
	for _, a := range got.Attention[1:] {
		require.Equal(t, model.ConnectionPending, a.Status)
	}

	// Those that are active now, or gone, are not shown, although nothing is recorded yet.
	s.settle(s.workers.get(away.ID), nil, nil)
	s.top.Connections = s.top.Connections.Without(unsupported.ID)
	s.define()
	s.compile(nil, false)
	require.Equal(t, model.ConnectionActive, s.ConnectionStatus(recordedFirst(s)).State)
	require.Empty(t, s.Overview().Attention)
	s.recorder.record(s.view.Load())
	got = s.Overview()
	require.Empty(t, got.Attention)
	require.Zero(t, got.AttentionTotal)
}

// recordedFirst is the first connection that is recorded not to be active.
func recordedFirst(s *recorded) string {
	_, set := s.recorder.recorded()
	k, _ := set.At(0)
	return k.id
}

// TestAttentionInOrder: connections in error are before those that wait, which are before what nobody drives;
// frozen MACs are last.
func TestAttentionInOrder(t *testing.T) {
	s := newRecorded(t, 1)
	sw := s.top.Device("sw", "")
	router := s.top.Device("router", "", func(gd *model.GatewayDevice) { gd.Type = model.RouterVTEP })
	net := s.top.Network("net", 5000)
	s.top.Access(net, router)
	s.top.Connect(net, 0, model.Device{DeviceName: "nobody", Interfaces: []model.Interface{{Name: "p1"}}})
	s.top.Access(net, sw)
	s.top.Connect(s.top.Network("other", 5001), 0, model.Device{DeviceName: sw.Name, Interfaces: s.top.Port(net)}) // the VLAN is taken
	s.define()
	s.written()
	s.recorder.record(s.view.Load())
	list := attention{list: s.Overview().Attention}
	list.addFrozen(0)
	list.addFrozen(3)
	var order []string
	for _, a := range list.list {
		order = append(order, a.Kind+" "+a.Status)
		require.Equal(t, a.Kind == model.KindMAC, a.Since.IsZero())
	}
	require.Equal(t, []string{"connection ERROR", "connection PENDING", "connection UNSUPPORTED", "mac frozen"}, order)
	require.Equal(t, "MACs that moved too often and are frozen: 3", list.list[3].Message)
	require.WithinDuration(t, time.Now(), list.list[0].Since, time.Minute)
}
