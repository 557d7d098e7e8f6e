package topology

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/vtep"
)

// requireRefused: the connection names the device and the reason, and no switch
// holds anything of the network for it alone.
func requireRefused(t *testing.T, v *View, c *model.L2GatewayConnection, device, reason string) {
	t.Helper()
	o := v.Outcome(c.ID)
	require.Len(t, o.Errors, 1)
	require.Contains(t, o.Errors[0], "device "+device+": ")
	require.Contains(t, o.Errors[0], reason)
	require.Empty(t, o.Parts)
}

// requireAccepted: nothing speaks against the connection, and it has parts.
func requireAccepted(t *testing.T, v *View, c *model.L2GatewayConnection) {
	t.Helper()
	require.Empty(t, v.Outcome(c.ID).Errors)
	require.Empty(t, v.Outcome(c.ID).Waiting)
	require.NotEmpty(t, v.Outcome(c.ID).Parts)
}

func requireNothing(t *testing.T, v *View, devices ...*model.GatewayDevice) {
	t.Helper()
	for _, gd := range devices {
		require.Empty(t, v.ListOf(gd.ID), gd.Name)
		require.Empty(t, v.BindingsOf(gd.ID), gd.Name)
	}
}

// floodOf is a device's flood list as its database would have it.
func floodOf(v *View, gd *model.GatewayDevice, ls string) []vtep.Locator {
	n := &node{gd: gd, addr: modeltest.IP(int(gd.Seq))}
	l := &logical{node: n, seg: v.Want(gd.ID).Segment(ls)}
	if l.seg == nil {
		return nil
	}
	return l.flood()
}

func locators(devices ...*model.GatewayDevice) (out []vtep.Locator) {
	for _, gd := range devices {
		out = append(out, vtep.Locator{Addr: modeltest.IP(int(gd.Seq))})
	}
	return out
}

// A border that can not translate VNIs is refused as a whole; what others have
// of the same network stands.
func TestTranslationNeedsKeyedLocators(t *testing.T) {
	topo := newTopology()
	a, b := topo.Device("a", ""), topo.Device("b", "")
	plain := topo.Device("plain", model.BorderRelay, modeltest.InSite("s1"))
	able := topo.Device("able", model.BorderRelay, modeltest.InSite("s2"), modeltest.Keyed)
	net := topo.Network("n", 5001)
	access := topo.Access(net, a, b)
	both := topo.Border(net, 9001, able, plain)
	same := topo.Border(net, 5001, topo.Device("same", model.BorderRelay, modeltest.InSite("s3")))
	v := topo.compile(nil)
	requireRefused(t, v, both, "plain", "profile auto has no keyed locators")
	requireNothing(t, v, plain, able)
	requireAccepted(t, v, access)
	requireAccepted(t, v, same)
	require.Equal(t, locators(b), floodOf(v, a, "n"))
}

func TestStitchNeedsItsCable(t *testing.T) {
	topo := newTopology()
	a := topo.Device("a", "")
	net := topo.Network("n", 5001)
	same := topo.Border(net, 5001, topo.Device("same", model.BorderStitch))
	bare := topo.Border(net, 9001, topo.Device("bare", model.BorderStitch, func(gd *model.GatewayDevice) { gd.StitchPorts = nil }))
	access := topo.Access(net, a)
	v := topo.compile(nil)
	requireRefused(t, v, same, "same", "differs from the network's VNI 5001")
	requireRefused(t, v, bare, "bare", "needs two stitch ports")
	requireAccepted(t, v, access)
}

// Direct borders of two networks need keys of their own, or nothing is done.
func TestDirectBordersOfTwoNetworks(t *testing.T) {
	for profile, ok := range map[string]bool{"auto": false, "auto+keyed-locators": true} {
		topo := newTopology()
		n1, n2 := topo.Network("n1", 5001), topo.Network("n2", 5002)
		d1, d2 := topo.Device("d1", "", modeltest.Profiled(profile)), topo.Device("d2", "", modeltest.Keyed)
		c1 := topo.Border(n1, 5001, d1)
		topo.Border(n2, 5001, d2)
		v := topo.compile(nil)
		if !ok {
			requireRefused(t, v, c1, "d1", "can not join network n2")
			requireNothing(t, v, d1)
			continue
		}
		requireAccepted(t, v, c1)
		require.Equal(t, locators(d2), floodOf(v, d1, "n1"))
		require.Equal(t, []vtep.Locator{{Addr: modeltest.IP(int(d1.Seq)), Key: 5001}}, floodOf(v, d2, "n2"))
	}
}

func TestOneBorderVNIPerDeviceAndNetwork(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	gd := topo.Device("d", model.BorderRelay, modeltest.Keyed)
	first, second := topo.Border(net, 9001, gd), topo.Border(net, 9002, gd)
	v := topo.compile(nil)
	requireAccepted(t, v, first)
	requireRefused(t, v, second, "d", "joins network n by VNI 9001 already")
}

// Two forwarders of one site must not hear each other, so that hosts on either
// would not hear all.
func TestForwardersWithPorts(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	x, y := topo.Device("x", model.BorderRelay, modeltest.Keyed), topo.Device("y", model.BorderRelay, modeltest.Keyed)
	first, second := topo.Border(net, 9001, x), topo.Border(net, 9002, y)
	v := topo.compile(nil)
	requireAccepted(t, v, first)
	requireAccepted(t, v, second)
	access := topo.Access(net, x)
	v = topo.compile(nil)
	requireAccepted(t, v, access)
	requireAccepted(t, v, first)
	requireRefused(t, v, second, "y", "can have no ports in network n")
}

// A profile that is known not to pass frames between tunnels, or not to several, is no
// border of mode relay.
func TestRelayNeedsADeviceThatRelays(t *testing.T) {
	for profile, able := range map[string]bool{
		"": true, "auto+keyed-locators": true, "arista-cvx": true,
		"ovs-vtep": false, "ovs-vtep+keyed-locators+bfd": false, "service-node": false, "cumulus": false, "single-locator": false,
	} {
		topo := newTopology()
		net := topo.Network("n", 5001)
		topo.Access(net, topo.Device("a", "", modeltest.InSite("s1")))
		border := topo.Device("border", model.BorderRelay, modeltest.InSite("s1"))
		border.Profile = profile
		c := topo.Border(net, 5001, border)
		v := topo.compile(nil)
		if able {
			require.Empty(t, v.Outcome(c.ID).Errors, profile)
		} else {
			requireRefused(t, v, c, "border", "border mode relay needs a device that passes frames from tunnel to tunnel, and profile "+profile+" does not")
		}
		require.Contains(t, RelayNote(border), "split horizon")
		border.BorderMode = model.BorderStitch
		require.Empty(t, RelayNote(border))
	}
}

// A device that relays does so in a network without borders, too.
func TestRelayAmongDirectSites(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, b := topo.Device("a", "", modeltest.InSite("s1")), topo.Device("b", "", modeltest.InSite("s2"))
	relay := topo.Device("relay", model.BorderRelay, modeltest.InSite("s1"))
	flat := topo.Access(net, a, b)
	third := topo.Access(net, relay)
	v := topo.compile(nil)
	requireAccepted(t, v, flat)
	requireRefused(t, v, third, "relay", "would add copies")
	topo.Border(net, 5001, topo.Device("border", model.BorderRelay, modeltest.InSite("s1")))
	requireAccepted(t, topo.compile(nil), third)
}

func TestSwitchesThatDoNotReplicate(t *testing.T) {
	for _, profile := range []string{"service-node", "single-locator"} {
		t.Run(profile, func(t *testing.T) {
			topo := newTopology()
			net := topo.Network("n", 5001)
			weak, a, b := topo.Device("weak", "", modeltest.Profiled(profile)), topo.Device("a", ""), topo.Device("b", "")
			c := topo.Access(net, weak)
			ca := topo.Access(net, a)
			v := topo.compile(nil)
			requireAccepted(t, v, c)
			requireAccepted(t, v, ca)
			require.Equal(t, locators(a), floodOf(v, weak, "n"), "two need no replication")
			require.False(t, v.Want("weak").SourceNode)
			require.True(t, v.Want("a").SourceNode)
			cb := topo.Access(net, b)
			v = topo.compile(nil)
			requireRefused(t, v, c, "weak", "floods to 1 end points and network n needs 2")
			requireNothing(t, v, weak)
			requireAccepted(t, v, ca)
			requireAccepted(t, v, cb)
			require.Equal(t, locators(b), floodOf(v, a, "n"), "without the one that is refused")
		})
	}
}

// What a switch says of itself counts more than its profile.
func TestSwitchFaults(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	weak, a, b := topo.Device("weak", ""), topo.Device("a", ""), topo.Device("b", "")
	c := topo.Access(net, weak)
	topo.Access(net, a, b)
	requireAccepted(t, topo.compile(nil), c)
	topo.Inventory(weak, func(s *model.SwitchInventory) { s.Faults = []string{"unsupported_source_node_replication"} })
	topo.Inventory(a, func(s *model.SwitchInventory) { s.Faults = []string{"mac_table_exhaustion"} })
	v := topo.compile(nil)
	requireRefused(t, v, c, "weak", "floods to 1 end points")
	require.False(t, v.Want("weak").SourceNode)
	require.True(t, v.Want("a").SourceNode)
	require.True(t, v.Want("a").MACsFull)
	require.False(t, v.Want("b").MACsFull)
	require.Equal(t, locators(b), floodOf(v, a, "n"), "a full table floods as before")
}

func TestStaticBeatsLearned(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	a, b := topo.Device("a", ""), topo.Device("b", "")
	border := topo.Device("border", model.BorderDirect)
	topo.Access(net, a, b)
	mac := topo.learn(net, a)
	topo.winners["n"][0].Seq = 1000
	topo.Border(net, 5001, border)
	topo.far(border, model.RemoteMACEntry{MAC: mac, VTEPAddress: model.VTEPAddress{192, 0, 2, 1}, SegmentationID: 5001})
	topo.far(border, model.RemoteMACEntry{MAC: modeltest.MAC(77), VTEPAddress: model.VTEPAddress{192, 0, 2, 2}, SegmentationID: 5002})
	v := topo.compile(nil)
	for _, gd := range []*model.GatewayDevice{a, b, border} {
		require.Equal(t, []vtep.MACEntry{{MAC: mac, Locator: vtep.Locator{Addr: model.VTEPAddress{192, 0, 2, 1}}}},
			v.Want(gd.ID).Segment("n").MACs, "%s: also where it was learned; the entry of another VNI is not for this network", gd.Name)
	}
}

// Two databases with one tunnel address are one place for the others and need
// nothing of each other.
func TestSharedTunnelAddress(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	left, right, other := topo.Device("left", ""), topo.Device("right", ""), topo.Device("other", "")
	shared := modeltest.IP(int(left.Seq))
	topo.Inventory(right, func(s *model.SwitchInventory) { s.TunnelIPs = []model.VTEPAddress{shared} })
	topo.Access(net, left, right, other)
	topo.learn(net, left)
	v := topo.compile(nil)
	require.Equal(t, locators(left), floodOf(v, other, "n"), "one copy for the pair")
	for _, gd := range []*model.GatewayDevice{left, right} {
		l := &logical{node: &node{gd: gd, addr: shared}, seg: v.Want(gd.ID).Segment("n")}
		require.Equal(t, locators(other), l.flood())
		_, ok := l.remote(modeltest.MAC(1))
		require.False(t, ok)
	}
}

// MACs that a stitched border learns on its cable are not its own.
func TestStitchedNetworksAreNotBelieved(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	s1 := topo.Device("s1", model.BorderStitch, modeltest.InSite("1"))
	spare := topo.Device("spare", model.BorderStitch, modeltest.InSite("1"))
	s2 := topo.Device("s2", model.BorderStitch, modeltest.InSite("2"))
	topo.Border(net, 9001, s1, spare, s2)
	v := topo.compile(nil)
	require.Equal(t, []string{"s1", "s2"}, unbelieved(v, "n"))
	v = topo.compile(map[string]bool{"s1": true})
	require.Equal(t, []string{"s2", "spare"}, unbelieved(v, "n"))
}

// unbelieved are the devices that are not believed what they learn in a network.
func unbelieved(v *View, network string) (ids []string) {
	for id := range v.Wants() {
		if !v.Believes(id, network) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
