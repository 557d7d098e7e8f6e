package topology

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
)

// answers has a source answer for end points without MACs.
func (t *topology) answers(net *model.Network, source, site string, addresses ...model.VTEPAddress) *model.EndpointSet {
	var endpoints []model.Endpoint
	for _, a := range addresses {
		endpoints = append(endpoints, model.Endpoint{VTEPAddress: a})
	}
	set, err := model.NewEndpointSet(net.ID, source, site, endpoints)
	if err != nil {
		panic(err)
	}
	set.Record = t.Record(set.ID)
	t.Endpoints = t.Endpoints.With(set)
	return set
}

// TestFloodBoundCountsLocators: two sources that name one hypervisor ask for one copy.
func TestFloodBoundCountsLocators(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	weak := topo.Device("weak", "", modeltest.Profiled("service-node"))
	c := topo.Access(net, weak)
	topo.answers(net, "one", "", model.VTEPAddress{172, 16, 0, 1})
	require.Empty(t, topo.compile(nil).Outcome(c.ID).Errors)
	topo.answers(net, "two", "", model.VTEPAddress{172, 16, 0, 1})
	v := topo.compile(nil)
	require.Empty(t, v.Outcome(c.ID).Errors, "its flood list has one locator")
}

// TestSecondHypervisorKeepsAConnection: a virtual machine that starts on a second
// hypervisor takes nothing away that works.
func TestSecondHypervisorKeepsAConnection(t *testing.T) {
	topo := newTopology()
	net := topo.Network("n", 5001)
	weak, other := topo.Device("weak", "", modeltest.Profiled("cumulus")), topo.Device("other", "", modeltest.Profiled("cumulus"))
	c := topo.Access(net, weak, other)
	require.Empty(t, topo.compile(nil).Outcome(c.ID).Errors)
	topo.answers(net, "neutron", "", model.VTEPAddress{172, 16, 0, 1})
	v := topo.compile(nil)
	require.NotEmpty(t, v.BindingsOf(weak.ID), "two switches that were joined: %v", v.Outcome(c.ID).Errors)
	require.Equal(t, []string{
		`device weak: profile cumulus floods to 1 end points: it sends no flooded frames to those of neutron (site "")`,
		`device other: profile cumulus floods to 1 end points: it sends no flooded frames to those of neutron (site "")`,
	}, v.Outcome(c.ID).Notes)
	require.Len(t, v.ListOf(weak.ID)[0].Flood, 2, "its own address and the other switch's")
}

// copiesFrom are the copies of a broadcast from a host on a device's port.
func copiesFrom(topo *topology, v *View, gd *model.GatewayDevice, net string, hypervisors ...hypervisor) (copies, []string) {
	p := newPlane(topo, holdings(v))
	p.hypervisors = hypervisors
	n := p.byAddr[modeltest.IP(int(gd.Seq))]
	return p.broadcast(n, net), p.faults
}

// sites2 are two sites with a switch and a border each.
func sites2(mode model.BorderMode, vni model.VNI) (topo *topology, net *model.Network, a, b, ba, bb *model.GatewayDevice) {
	topo = newTopology()
	net = topo.Network("n", 5001)
	a, b = topo.Device("a", "", modeltest.InSite("s1")), topo.Device("b", "", modeltest.InSite("s2"))
	ba, bb = topo.Device("ba", mode, modeltest.InSite("s1"), modeltest.Keyed), topo.Device("bb", mode, modeltest.InSite("s2"), modeltest.Keyed)
	topo.Access(net, a)
	topo.Access(net, b)
	topo.Border(net, vni, ba, bb)
	return topo, net, a, b, ba, bb
}

// TestEndpointThatIsASwitch: an end point that has the tunnel address of a registered
// switch brings no second copy and no loop.
func TestEndpointThatIsASwitch(t *testing.T) {
	for _, mode := range []model.BorderMode{model.BorderRelay, model.BorderStitch, model.BorderDirect} {
		for _, site := range []string{"s1", "s2"} {
			for _, at := range []string{"a", "b", "ba", "bb"} {
				t.Run(fmt.Sprint(mode, " endpoint of ", site, " is ", at), func(t *testing.T) {
					topo, net, a, b, _, _ := sites2(mode, 9001)
					hosts := []*model.GatewayDevice{a, b}
					var want []copies
					for _, gd := range hosts {
						got, faults := copiesFrom(topo, topo.compile(nil), gd, net.ID)
						require.Empty(t, faults)
						want = append(want, got)
					}
					gd, _ := topo.Devices.Get(at)
					topo.answers(net, "neutron", site, modeltest.IP(int(gd.Seq)))
					for i, gd := range hosts {
						got, faults := copiesFrom(topo, topo.compile(nil), gd, net.ID)
						require.Empty(t, faults)
						require.Equal(t, want[i], got, "a broadcast from %s", gd.Name)
					}
				})
			}
		}
	}
}

// TestOneHypervisorInTwoSites: two sources say that one hypervisor is in two sites of a
// network that borders divide. It gets one copy.
func TestOneHypervisorInTwoSites(t *testing.T) {
	topo, net, a, _, _, _ := sites2(model.BorderRelay, 9001)
	hv := model.VTEPAddress{172, 16, 0, 1}
	first := topo.answers(net, "one", "s1", hv)
	topo.answers(net, "two", "s2", hv)
	got, faults := copiesFrom(topo, topo.compile(nil), a, net.ID, hypervisor{set: first, addr: hv})
	require.Empty(t, faults)
	require.Equal(t, 1, got[fmt.Sprint(hv)], "%v", got)
}

// TestEndpointsOfNoSite: end points of a source that gives no site, as Neutron's driver
// does, in a network that borders divide: a connection says that nobody reaches them.
func TestEndpointsOfNoSite(t *testing.T) {
	topo, net, a, _, _, _ := sites2(model.BorderRelay, 9001)
	hv := model.VTEPAddress{172, 16, 0, 1}
	topo.answers(net, "neutron", "", hv)
	v := topo.compile(nil)
	got, _ := copiesFrom(topo, v, a, net.ID)
	said := 0
	for _, o := range v.Outcomes() {
		said += len(o.Notes)
	}
	require.True(t, got[fmt.Sprint(hv)] > 0 || said > 0, "the set is in no flood list, and no connection says so")
}
