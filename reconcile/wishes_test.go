package reconcile_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// TestUsersChangesAreNoFight: a connection that is made and deleted again and
// again is written and removed at once each time; nobody undoes anything.
func TestUsersChangesAreNoFight(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	a, net := s.tors[0], s.network()
	g, err := s.store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{
		{DeviceName: a.name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}}}})
	require.NoError(t, err)
	began := time.Now()
	for range 10 {
		c, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: net})
		require.NoError(t, err)
		s.active(c.ID)
		require.NoError(t, s.store.DeleteConnection(t.Context(), c.ID))
		s.eventually(func() bool { return a.VtepCtl("list-ls") == "" }, "it is gone")
	}
	// One repair that was held back would wait for a second at least, ten of them for minutes.
	require.Less(t, time.Since(began), patience)
}

// TestNobodyActiveIsNotActive: a connection of an active-passive gateway waits
// while no device of it is active, and says so.
func TestNobodyActiveIsNotActive(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{HAHold: time.Hour})
	a, b := s.tors[0], s.tors[1]
	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	c := s.connect(s.network(), model.ActivePassive, a, b)
	s.eventually(func() bool {
		st := s.loop.ConnectionStatus(c)
		return st.State == model.ConnectionPending && st.Detail != "not planned yet"
	}, "the first listed one may still come")
	require.Contains(t, s.loop.ConnectionStatus(c).Detail, "no device of gateway")
	a.Run()
	s.active(c)
}
