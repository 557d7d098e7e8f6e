package site_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
	"bordergw/store"
)

// returned plans the way back from what a store holds, and checks the plan as a daemon does.
func returned(t *testing.T, s *store.Store, then *model.Definitions, by *seen) *site.Plan {
	t.Helper()
	now := s.Definitions()
	p := site.Rollback(now, &model.Past{At: 1, Then: then, Now: now}, site.Options{MaxDelete: 100})
	next, err := s.Try(p.Apply)
	require.NoError(t, err)
	require.NoError(t, p.Check(now, next, by, nil))
	p.Seal()
	return p
}

func endpointsOf(t *testing.T, s *store.Store, network string, last byte) {
	set := &model.EndpointSet{Record: model.Record{ID: model.EndpointSetID(network, "neutron")}, NetworkID: network, Source: "neutron", Addresses: []model.VTEPAddress{{192, 0, 2, last}}}
	_, err := s.PutEndpoints(t.Context(), set, model.IfMatch{})
	require.NoError(t, err)
}

// TestWhatGoesWithADeletion: a plan rests upon the remote MACs of a switch that it deletes, and upon the endpoints
// of a network that it deletes, which it names.
func TestWhatGoesWithADeletion(t *testing.T) {
	s := openStore(t)
	then := *s.Definitions()
	n, err := s.CreateNetwork(t.Context(), model.Network{Name: "blue"})
	require.NoError(t, err)
	gd, err := s.CreateGatewayDevice(t.Context(), model.GatewayDevice{Name: "sw1", ManagementIP: "192.0.2.1", ManagementPort: 6640})
	require.NoError(t, err)
	by := &seen{phase: model.DeviceInSync}
	first := returned(t, s, &then, by)
	require.Empty(t, first.Findings)
	require.True(t, first.Stands(s.Definitions()))

	_, err = s.CreateRemoteMAC(t.Context(), gd.ID, model.RemoteMACEntry{MAC: model.MAC{2, 0, 0, 0, 0, 1}, SegmentationID: 7000})
	require.NoError(t, err)
	withMAC := returned(t, s, &then, by)
	require.Contains(t, withMAC.Differs(first.Token), site.DefinitionsDiffer)
	require.False(t, first.Stands(s.Definitions()))

	endpointsOf(t, s, n.ID, 1)
	withEndpoints := returned(t, s, &then, by)
	require.Contains(t, withEndpoints.Differs(withMAC.Token), site.DefinitionsDiffer)
	require.False(t, withMAC.Stands(s.Definitions()))
	require.Equal(t, []string{"W08 network blue: its endpoints of source neutron go, and no rollback brings them back: the source would have to name them again"}, findings(withEndpoints))
	endpointsOf(t, s, n.ID, 2)
	require.Contains(t, returned(t, s, &then, by).Differs(withEndpoints.Token), site.DefinitionsDiffer)
}

// TestEndpointsOfPrunedNetworks: a site file that loses them says so.
func TestEndpointsOfPrunedNetworks(t *testing.T) {
	s := openStore(t)
	applied(t, s, parsed(t, "networks: {blue: , red: }\n"), site.Options{})
	for n := range s.Definitions().Networks.All() {
		endpointsOf(t, s, n.ID, 1)
	}
	o := site.Options{Prune: true, MaxDelete: 100}
	p := compared(t, s, parsed(t, "networks: {red: }\n"), o)
	require.Equal(t, []string{"W08 network blue: its endpoints of source neutron go, and no rollback brings them back: the source would have to name them again"}, findings(p))
	for n := range s.Definitions().Networks.All() {
		endpointsOf(t, s, n.ID, 2)
	}
	require.Equal(t, []string{site.DefinitionsDiffer}, compared(t, s, parsed(t, "networks: {red: }\n"), o).Differs(p.Token))
	require.False(t, p.Stands(s.Definitions()))
}

// TestFindingsOnPortsOfGateway: ports that come to a gateway are looked at for its connections, also on the way
// back, and those that it has are not looked at again.
func TestFindingsOnPortsOfGateway(t *testing.T) {
	lacks := func(ports ...string) func(string, *model.SwitchInventory) {
		return func(name string, sw *model.SwitchInventory) {
			if name == "sw2" {
				sw.Ports = nil
				for _, p := range ports {
					sw.Ports = append(sw.Ports, model.PortInventory{Name: p})
				}
			}
		}
	}
	show := func(s *store.Store, change func(string, *model.SwitchInventory)) {
		for gd := range s.Definitions().Devices.All() {
			sw := model.SwitchInventory{Name: gd.Name, TunnelIPs: []model.VTEPAddress{{10, 0, 0, gd.Name[2] - '0'}}, Ports: []model.PortInventory{{Name: "p1"}, {Name: "p2"}}}
			change(gd.Name, &sw)
			require.NoError(t, s.SetInventory(t.Context(), gd.ID, model.Inventory{Switches: []model.SwitchInventory{sw}}))
		}
	}
	s := registered(t, nil)
	text := strings.Replace(pair, "gw1: {", "gw1: {ha: active-passive, ", 1) + joined
	applied(t, s, parsed(t, text), site.Options{})
	then := *s.Definitions()
	one := strings.Replace(text, ", {switch: sw2, ports: {p2: []}}", "", 1)
	applied(t, s, parsed(t, one), site.Options{})
	show(s, lacks("p1"))
	by := &seen{phase: model.DeviceInSync}
	want := "E01 switch sw2: port p2 of switch sw2 not found"
	require.Equal(t, []string{want}, findings(returned(t, s, &then, by)))

	show(s, lacks("p1", "p2"))
	applied(t, s, parsed(t, text), site.Options{})
	show(s, func(_ string, sw *model.SwitchInventory) { sw.Ports[1].Faults = []string{"cable"} })
	more := strings.Replace(text, "{p2: []}", "{p2: [], p1: []}", 1)
	require.Empty(t, findings(checked(t, s, more, by)), "p1 comes, and p2 stays with its fault")
}

// TestRowsOfDeletedNetworks: that a deletion takes a logical switch from switches is found.
func TestRowsOfDeletedNetworks(t *testing.T) {
	s := openStore(t)
	then := *s.Definitions()
	n, err := s.CreateNetwork(t.Context(), model.Network{Name: "blue"})
	require.NoError(t, err)
	by := &seen{phase: model.DeviceInSync, preview: model.Preview{Switches: []model.SwitchPreview{
		{DeviceID: "x", Name: "sw1", Known: true, Removed: []string{n.ID, n.ID, "elsewhere"}}, {DeviceID: "y", Name: "sw2", Known: true, Removed: []string{n.ID}}}}}
	p := returned(t, s, &then, by)
	require.Equal(t, []string{"W10 network blue: its logical switch goes from sw1, sw2 with all its rows: if it was adopted, also with those that stood there before"}, findings(p))
	require.Nil(t, p.Refused)
}
