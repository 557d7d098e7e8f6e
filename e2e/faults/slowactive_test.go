package faults_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestF22_SlowActive: the active switch of an active-passive gateway takes longer
// to be read than the hold, after a restart of the controller. It answers all the
// time: nobody takes its part, which it still has.
func TestF22_SlowActive(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{HAHold: 5 * time.Second})
	a, proxy, slow := s.Behind("a", "192.0.2.1", "p1")
	b, fast := s.Switch("b", "192.0.2.2", "p1")
	s.InSync(slow, fast)
	port := []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}
	g, err := s.Store.CreateL2Gateway(t.Context(), model.L2Gateway{HAMode: model.ActivePassive, Devices: []model.Device{
		{DeviceName: "a", Interfaces: port}, {DeviceName: "b", Interfaces: port}}})
	require.NoError(t, err)
	_, err = s.Store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: s.Network("net", 5001)})
	require.NoError(t, err)
	rig.Holds(t, rig.Patience, a, "ls net 5001", "bind a p1 100 net")

	s.Stop()
	proxy.Delay.Store(int64(3 * time.Second))
	s.Start()
	began, free := time.Now(), poll.Start(t)
	for s.Loop.DeviceStatus(slow).Phase != model.DeviceInSync {
		require.Less(t, free.Counted(), rig.Patience)
		require.Empty(t, rig.Picture(b), "b is bound after %v while a, which is %s, is bound too: %v",
			time.Since(began), s.Loop.DeviceStatus(slow).Phase, rig.Picture(a))
	}
	t.Log(time.Since(began))
}
