package faults_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile"
)

// hugePorts and hugeVLANs are a gateway of 20,000 bindings on one switch.
const hugePorts, hugeVLANs = 400, 100

// hugeGateway has the VLANs from first on of all ports of switch tor1.
func hugeGateway(s *rig.Site, first model.VLAN) string {
	dev := model.Device{DeviceName: "tor1"}
	for i := range hugePorts {
		p := model.Interface{Name: fmt.Sprint("p", i)}
		for v := range model.VLAN(hugeVLANs) {
			p.VLANs = append(p.VLANs, first+v)
		}
		dev.Interfaces = append(dev.Interfaces, p)
	}
	g, err := s.Store.CreateL2Gateway(s.T.Context(), model.L2Gateway{Devices: []model.Device{dev}})
	require.NoError(s.T, err)
	return g.ID
}

// bystander is the tenant of another switch, who has the same ports and VLANs.
type bystander struct {
	*rig.Site
	server  *ovsdbtest.Server
	network string
	free    *poll.Watch
	worst   time.Duration // while the machine was free
}

// change connects and parts, and notes how long it took until the switch had it.
func (b *bystander) change() {
	began := b.free.Counted()
	conn := b.Join(b.network, rig.At{Switch: "tor2", Port: "p0", VLAN: 1})
	rig.Holds(b.T, rig.Patience, b.server, "ls "+b.network+" 5002", "bind tor2 p0 1 "+b.network)
	b.worst = max(b.worst, b.free.Counted()-began)
	began = b.free.Counted()
	b.Part(conn)
	rig.Holds(b.T, rig.Patience, b.server)
	b.worst = max(b.worst, b.free.Counted()-began)
}

// until makes changes, one at least, until the huge connection is as it should be.
func (b *bystander) until(done func() bool) time.Duration {
	began := time.Now()
	for first := true; first || !done(); first = false {
		b.change()
	}
	return time.Since(began)
}

// TestF66_HugeGateway: one tenant connects, moves and removes a gateway of 400 ports with
// 100 VLANs each; another one's changes on another switch do not wait for that.
func TestF66_HugeGateway(t *testing.T) {
	s := rig.New(t, reconcile.Options{})
	var ports []string
	for i := range hugePorts {
		ports = append(ports, fmt.Sprint("p", i))
	}
	_, huge := s.Switch("tor1", "192.0.2.1", ports...)
	server, small := s.Switch("tor2", "192.0.2.2", "p0")
	rig.Eventually(t, rig.Patience, func() error { return allInSync(s, []string{huge, small}) })
	b := &bystander{Site: s, server: server, network: s.Network("small", 5002), free: poll.Start(t)}
	inSync := func() bool { return allInSync(s, []string{huge}) == nil }
	b.until(inSync)
	alone := b.worst

	b.worst = 0
	network := s.Network("huge", 5001)
	gateway := hugeGateway(s, 1)
	c, err := s.Store.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: gateway, NetworkID: network})
	require.NoError(t, err)
	active := func() bool {
		st := s.Loop.ConnectionStatus(c.ID)
		return st.State == model.ConnectionActive && st.ObservedRevision >= s.Store.Definitions().Revision-2
	}
	connected := b.until(active)
	g, _ := s.Store.Definitions().Gateways.Get(gateway)
	moved := slices.Clone(g.Devices)
	moved[0].Interfaces = slices.Clone(moved[0].Interfaces)
	for i := range moved[0].Interfaces {
		moved[0].Interfaces[i].VLANs = []model.VLAN{1001, 1002}
	}
	_, err = s.Store.UpdateL2Gateway(t.Context(), gateway, model.L2GatewayUpdate{Devices: moved})
	require.NoError(t, err)
	b.until(active)
	s.Part(c.ID)
	b.until(inSync)
	t.Logf("measured %s: alone %s, beside the huge one %s, which is connected within %s", t.Name(),
		alone.Round(time.Millisecond), b.worst.Round(time.Millisecond), connected.Round(time.Millisecond))
	// The two seconds are for a machine that others use as well.
	require.Less(t, b.worst, 5*alone+2*time.Second)
}
