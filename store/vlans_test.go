package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// TestVLANsOfAPort: who has a VLAN of a port is found whether connections have few or many there.
func TestVLANsOfAPort(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "store.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	CheckEachChange(t, s)
	ctx, r := t.Context(), rand.New(rand.NewPCG(14, 2))
	_, err = s.CreateGatewayDevice(ctx, model.GatewayDevice{Name: "sw1", Type: model.HWVTEP, ManagementIP: "192.0.2.1", ManagementPort: 6640})
	require.NoError(t, err)
	made, refused := 0, 0
	for i := range 120 {
		network := fmt.Sprint("n", i)
		_, err := s.CreateNetwork(ctx, model.Network{Record: model.Record{ID: network}})
		require.NoError(t, err)
		port := model.Interface{Name: fmt.Sprint("p", r.IntN(2))}
		conn := model.L2GatewayConnection{NetworkID: network}
		if first, n := r.IntN(400), r.IntN(3*fewVLANs); n == 0 {
			conn.SegmentationID = model.VLANID(model.VLAN(1 + first))
		} else {
			for v := range n {
				port.VLANs = append(port.VLANs, model.VLAN(1+first+v*(1+i%3)))
			}
		}
		g, err := s.CreateL2Gateway(ctx, model.L2Gateway{Devices: []model.Device{{DeviceName: "sw1", Interfaces: []model.Interface{port}}}})
		require.NoError(t, err)
		conn.L2GatewayID = g.ID
		want := scan{t, s, s.published.current.Load()}.checkVLANs(&conn, g)
		_, err = s.CreateConnection(ctx, conn)
		if want == nil {
			require.NoError(t, err)
			made++
		} else {
			require.Equal(t, want, err)
			refused++
		}
	}
	require.Greater(t, made, 10)
	require.Greater(t, refused, 10)
}
