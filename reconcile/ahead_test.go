package reconcile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// TestF83_BoundWhenItAppears: a port that a known switch lacks may be provisioned ahead.
func TestF83_BoundWhenItAppears(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	a := s.tors[0]
	net := s.network()
	connect := func(ahead bool) (string, error) {
		g, err := s.store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{
			{DeviceName: a.name, Interfaces: []model.Interface{{Name: "p9", VLANs: []model.VLAN{100}, ProvisionAhead: ahead}}}}})
		require.NoError(t, err)
		c, err := s.store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: net})
		if err != nil {
			return "", err
		}
		return c.ID, nil
	}
	_, err := connect(false)
	require.EqualError(t, err, "L2 Gateway interface 'p9' not found.", "as upstream")
	conn, err := connect(true)
	require.NoError(t, err)
	s.eventually(func() bool {
		st := s.loop.ConnectionStatus(conn)
		return st.State == model.ConnectionPending && strings.Contains(st.Detail, "port p9 of switch "+a.name+" not found")
	}, "it waits for the port")
	a.VtepCtl("add-port", a.name, "p9")
	s.active(conn)
	require.Contains(t, a.VtepCtl("list-bindings", a.name, "p9"), net)
}
