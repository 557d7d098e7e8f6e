package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestF62_MovedInUse: the management address of a switch that carries something
// changes. The status of its device says so, and nothing on the switch is removed.
func TestF62_MovedInUse(t *testing.T) {
	t.Parallel()
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	s := rig.New(t, reconcile.Options{})
	old, moved := rig.NewProxy(t, server.Port()), rig.NewProxy(t, server.Port())
	device := s.Register("tor1", old.Port())
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, rig.Patience, server, carried...)
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	written := server.Transactions()
	row := reference(t, server, "Logical_Switch", "name", "net")

	for _, p := range []*rig.Proxy{moved, old} {
		began := time.Now()
		s.Move(device, p.Port())
		rig.Eventually(t, rig.Patience, func() error {
			if at := s.Report(device).Endpoint; at != fmt.Sprintf("ovsdb:127.0.0.1:%d", p.Port()) {
				return fmt.Errorf("it is reached at %s", at)
			}
			return nil
		})
		s.InSync(device)
		s.Connection(rig.Patience, conn, model.ConnectionActive)
		measured(t, 0, time.Since(began))
	}
	require.Equal(t, written, server.Transactions(), "nothing is written, as nothing differs")
	require.Equal(t, row, reference(t, server, "Logical_Switch", "name", "net"))
	require.NoError(t, rig.Differs(server, carried))
}

// pair is one switch, reached by two registrations that a test can cut off.
type pair struct {
	*rig.Site
	server  *ovsdbtest.Server
	ways    [2]*rig.Proxy
	devices [2]string
	row     string // of the logical switch "net"
}

// newPair has the first device carry "net" by the switch's name, and the second
// "more" by its own id.
func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{Site: rig.New(t, reconcile.Options{Interval: 200 * time.Millisecond}), server: ovsdbtest.Start(t)}
	p.server.AddSwitch("tor1", "192.0.2.1", "p1", "p2")
	for i := range p.ways {
		p.ways[i] = rig.NewProxy(t, p.server.Port())
	}
	p.devices[0] = p.Register("rsw", p.ways[0].Port())
	p.InSync(p.devices[0])
	conn := p.Join(p.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, rig.Patience, p.server, carried...)
	p.Connection(rig.Patience, conn, model.ConnectionActive)
	p.row = reference(t, p.server, "Logical_Switch", "name", "net")
	p.devices[1] = p.Register("rsw again", p.ways[1].Port())
	p.refuses(1, "switch tor1 is driven as device rsw")
	gw, err := p.Store.CreateL2Gateway(t.Context(), model.L2Gateway{Devices: []model.Device{
		{DeviceID: p.devices[1], Interfaces: []model.Interface{{Name: "p2", VLANs: []model.VLAN{200}}}}}})
	require.NoError(t, err)
	_, err = p.Store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: gw.ID, NetworkID: p.Network("more", 5002)})
	require.NoError(t, err)
	rig.Holds(t, rig.Patience, p.server, both...)
	return p
}

// both is what the switch of a pair holds.
var both = append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)

// refuses waits until one device of the pair is not driven, for a reason.
func (p *pair) refuses(i int, why string) {
	p.T.Helper()
	p.Device(rig.Patience, p.devices[i], model.DeviceDrivenElsewhere, why)
}

// stands checks that nothing was taken down, whoever drives.
func (p *pair) stands() {
	p.T.Helper()
	rig.Holds(p.T, rig.Patience, p.server, both...)
	require.Equal(p.T, p.row, reference(p.T, p.server, "Logical_Switch", "name", "net"), "the row was never away")
	for c := range p.Store.Definitions().Connections.All() {
		p.Connection(rig.Patience, c.ID, model.ConnectionActive)
	}
}

// TestF62_RegisteredTwice: a switch is registered at two addresses. It has one
// wish, whichever of the two is reached: all that both are to carry.
func TestF62_RegisteredTwice(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.stands()
	for round := range 6 {
		winner := (round + 1) % 2
		p.ways[1-winner].Hold(rig.Down)
		p.ways[1-winner].Cut()
		began := time.Now()
		if round < 2 {
			p.Stop()
			p.server.Stop()
			p.server.Run()
			p.Start()
		} else {
			p.server.Stop()
			p.server.Run()
		}
		p.InSync(p.devices[winner])
		p.stands()
		measured(t, 0, time.Since(began))
		p.ways[1-winner].Open()
		p.refuses(1-winner, "switch tor1 is driven as device rsw")
		p.stands()
	}
}

// TestF62_RegisteredTwiceRaces: both are reached, and whichever is first may drive.
func TestF62_RegisteredTwiceRaces(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for round := range 8 {
		if round%2 == 0 {
			p.Stop()
			p.Start()
		} else {
			p.server.Stop()
			p.server.Run()
		}
		rig.Eventually(t, rig.Patience, func() error {
			for _, id := range p.devices {
				if p.Loop.DeviceStatus(id).Phase == model.DeviceInSync {
					return nil
				}
			}
			return fmt.Errorf("none is in sync")
		})
		p.stands()
	}
}

// TestF63_DeletedRegistration: one of two registrations of a switch is deleted while
// the other's wish stands on it. Nothing is cleaned, neither over the old address
// nor over the new one.
func TestF63_DeletedRegistration(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	require.NoError(t, p.Store.DeleteGatewayDevice(t.Context(), p.devices[0]))
	p.InSync(p.devices[1])
	p.stands()
	for range 2 {
		p.Stop()
		p.Start()
		p.InSync(p.devices[1])
		p.stands()
	}
	require.Zero(t, p.Store.Definitions().Retired.Len(), "the other cleans what is left of it")
}

// TestF29_NameTaken: another switch has the name of a registered one, as from the
// factory, and is registered too. The name is the first one's, whichever is up.
func TestF29_NameTaken(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	twin := ovsdbtest.Start(t)
	twin.AddSwitch("tor1", "192.0.2.66", "p1", "p2")
	untouched := twin.Transactions()
	device := o.Register("twin", twin.Port())
	for round := range 6 {
		refused := func() {
			t.Helper()
			o.Device(rig.Patience, device, model.DeviceUnreachable, "tor1", "192.0.2.66", "192.0.2.1", "another switch")
		}
		refused()
		o.server.Stop()
		if round%2 == 0 { // and the controller comes back while only the twin is there
			o.Stop()
			o.Start()
		}
		o.Device(rig.Patience, o.device, model.DeviceUnreachable, "refused")
		refused()
		o.server.Run()
		began := time.Now()
		o.InSync(o.device)
		o.Connection(rig.Patience, o.conn, model.ConnectionActive)
		measured(t, 0, time.Since(began))
		require.NoError(t, rig.Differs(o.server, carried))
		require.NoError(t, rig.Differs(twin, nil))
		require.Equal(t, untouched, twin.Transactions())
	}
	require.Equal(t, "tor1", o.Report(device).Switches[0].Name, "what the switch shows is in the report")
}

// TestF29_UnitReplaced: a new unit at the address of the old one, of the same name
// and with another tunnel address, is the switch.
func TestF29_UnitReplaced(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	o.server.Stop()
	o.Device(rig.Patience, o.device, model.DeviceUnreachable)
	o.server.Wipe()
	o.server.Run()
	o.server.AddSwitch("tor1", "192.0.2.99", "p1", "p2")
	rig.Holds(t, rig.Patience, o.server, carried...)
	o.Connection(rig.Patience, o.conn, model.ConnectionActive)
}
