package faults_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/model"
)

// A switch that is registered twice is renamed while only the second way is reached: what
// the first is to carry by its id stays.
func TestF62_RenamedWhileRegisteredTwice(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	gw, err := p.Store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{
		{DeviceID: p.devices[0], Interfaces: []model.Interface{{Name: "p2", VLANs: []model.VLAN{300}}}}}})
	require.NoError(t, err)
	_, err = p.Store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: p.Network("third", 5003)})
	require.NoError(t, err)
	rig.Holds(t, rig.Patience, p.server, append([]string{"ls third 5003", "bind tor1 p2 300 third"}, both...)...)
	row := reference(t, p.server, "Logical_Switch", "name", "third")
	p.ways[0].Hold(rig.Down)
	p.ways[0].Cut()
	p.InSync(p.devices[1])
	p.server.VtepCtl("set", "Physical_Switch", "tor1", "name=tor2")
	rig.Eventually(t, rig.Patience, func() error {
		inv, _ := p.Store.Definitions().Inventories.Get(p.devices[1])
		if _, renamed := inv.Switch("tor2"); !renamed {
			return errWait
		}
		return nil
	})
	rig.Holds(t, rig.Patience, p.server, "ls third 5003", "bind tor2 p2 300 third", "ls more 5002", "bind tor2 p2 200 more")
	require.Equal(t, row, reference(t, p.server, "Logical_Switch", "name", "third"), "the row was never away")
}
