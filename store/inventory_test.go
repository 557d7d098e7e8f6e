package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// A switch's name leaves one database for another. What its network used there may stand
// there still: the number is kept from others when the network goes.
func TestSwitchOfAnotherDatabase(t *testing.T) {
	ctx, tor := context.Background(), model.SwitchInventory{Name: "tor", Ports: []model.PortInventory{{Name: "p1"}}, Fingerprint: "r1", TunnelIPs: []model.VTEPAddress{{192, 0, 2, 1}}}
	twin := tor
	twin.Fingerprint, twin.TunnelIPs = "r2", []model.VTEPAddress{{192, 0, 2, 2}}
	missing := tor
	missing.Missing = true
	for name, c := range map[string]struct {
		first, second []model.SwitchInventory // shown by the two devices at last
		kept          bool                    // that the first may have the number
	}{
		"missing in the first":      {[]model.SwitchInventory{missing}, []model.SwitchInventory{twin}, true},
		"forgotten by the first":    {nil, []model.SwitchInventory{twin}, true},
		"forgotten, and not found":  {nil, nil, true},
		"reached over one way more": {[]model.SwitchInventory{tor}, []model.SwitchInventory{tor}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			var ids []string
			for i := range 2 {
				gd, err := s.CreateGatewayDevice(ctx, model.GatewayDevice{
					Type: model.HWVTEP, ManagementIP: "192.0.2.9", ManagementPort: uint16(6640 + i)})
				require.NoError(t, err)
				ids = append(ids, gd.ID)
			}
			shows := func(i int, switches ...model.SwitchInventory) {
				t.Helper()
				require.NoError(t, s.SetInventory(ctx, ids[i], model.Inventory{Switches: switches, SeenAt: time.Now()}))
			}
			shows(0, tor)
			n, err := s.CreateNetwork(ctx, model.Network{})
			require.NoError(t, err)
			gw, err := s.CreateL2Gateway(ctx, model.L2Gateway{Devices: []model.Device{
				{DeviceName: "tor", Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}}}})
			require.NoError(t, err)
			_, err = s.CreateConnection(ctx, model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: n.ID})
			require.NoError(t, err)
			n, _ = s.Definitions().Networks.Get(n.ID)
			require.NotZero(t, n.VNI)
			shows(0, c.first...)
			shows(1, c.second...)
			r, ok := s.Definitions().Released.Get(model.ReleasedID(model.WireID{VNI: n.VNI}, n.ID))
			require.Equal(t, c.kept, ok && r.On(ids[0]) != nil)
			cleans, ok := s.Definitions().Tombstones.Get(n.ID)
			require.Equal(t, c.kept, ok && len(cleans.Pending) > 0, "it is cleaned there")
		})
	}
}

// F-62: one switch is registered twice, and both registrations report it in turn. The newest
// look counts, also one that shows what the same way has shown before, and also by a
// clock that has been set back.
func TestF62NewestLookCounts(t *testing.T) {
	ctx := context.Background()
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var ways []*model.GatewayDevice
	for i := range 2 {
		gd, err := s.CreateGatewayDevice(ctx, model.GatewayDevice{Type: model.HWVTEP, ManagementIP: "192.0.2.9", ManagementPort: uint16(6640 + i)})
		require.NoError(t, err)
		ways = append(ways, gd)
	}
	at := time.Now()
	shows := func(way int, after time.Duration, faults ...string) {
		t.Helper()
		at = at.Add(after)
		require.NoError(t, s.SetInventory(ctx, ways[way].ID, model.Inventory{SeenAt: at, Switches: []model.SwitchInventory{
			{Name: "tor", Fingerprint: "r1", TunnelIPs: []model.VTEPAddress{{192, 0, 2, 1}}, Faults: faults}}}))
	}
	newest := func() []string {
		return s.Definitions().Registrations().Switch(ways[0], "tor").Faults
	}
	for range 2 {
		shows(0, time.Second)
		require.Empty(t, newest())
		shows(1, time.Second, "broken")
		require.Equal(t, []string{"broken"}, newest())
	}
	shows(0, -time.Hour)
	require.Empty(t, newest(), "the clock has been set back")
	before := s.Definitions()
	shows(0, 2*time.Hour)
	require.Same(t, before, s.Definitions(), "nothing is written of what was seen last as it is")
}

// What changes nothing about devices leaves it known which of them reach one database.
func TestRegistrationsAreKept(t *testing.T) {
	ctx := context.Background()
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	device := func() *model.Registrations {
		_, err := s.CreateGatewayDevice(ctx, model.GatewayDevice{Type: model.HWVTEP, ManagementIP: "192.0.2.9", ManagementPort: 6640})
		require.NoError(t, err)
		return s.Definitions().Registrations()
	}
	before := s.Definitions()
	one := device()
	_, err = s.CreateNetwork(ctx, model.Network{})
	require.NoError(t, err)
	require.Same(t, one, s.Definitions().Registrations())
	former := before.Registrations()
	require.NotSame(t, one, former)
	require.Same(t, one, s.Definitions().Registrations(), "who looks back displaces nothing")
}
