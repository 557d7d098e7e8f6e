package site_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
	"bordergw/store"
)

// brownField is a store with registered switches, and what stands on them.
type brownField struct {
	t        *testing.T
	store    *store.Store
	standing []model.Standing
}

func newBrownField(t *testing.T, switches int) *brownField {
	s, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	b := &brownField{t: t, store: s}
	for i := range switches {
		b.register(fmt.Sprint("sw", i+1), byte(i+1), "")
	}
	return b
}

// register adds a switch with the tunnel address 10.0.0.N.
func (b *brownField) register(name string, n byte, manager string, change ...func(*model.GatewayDevice)) *model.Standing {
	gd := model.GatewayDevice{Record: model.Record{ProjectID: "default", ManagedBy: manager}, Name: name, Type: model.HWVTEP,
		ManagementIP: fmt.Sprint("192.0.2.", n), ManagementPort: 6640, ManagementProtocol: model.ProtocolOVSDB, BorderMode: model.BorderDirect}
	for _, c := range change {
		c(&gd)
	}
	made, err := b.store.CreateGatewayDevice(b.t.Context(), gd)
	require.NoError(b.t, err)
	require.NoError(b.t, b.store.SetInventory(b.t.Context(), made.ID, model.Inventory{Switches: []model.SwitchInventory{{
		Name: name, Fingerprint: name, TunnelIPs: []model.VTEPAddress{{10, 0, 0, n}}, Ports: []model.PortInventory{{Name: "p1"}, {Name: "p2"}},
	}}}))
	b.standing = append(b.standing, model.Standing{Device: made})
	return &b.standing[len(b.standing)-1]
}

// holds adds a logical switch to a switch, with VLAN 10 of p1 bound.
func (b *brownField) holds(at int, name string, key model.VNI, change ...func(*model.StandingSwitch)) {
	sw := model.StandingSwitch{Name: name, Key: key, Owner: model.RowsForeign,
		Bindings: []model.BoundPort{{Switch: b.standing[at].Device.Name, Port: "p1", VLAN: 10}}}
	for _, c := range change {
		c(&sw)
	}
	b.standing[at].Switches = append(b.standing[at].Switches, sw)
}

func described(text string) func(*model.StandingSwitch) {
	return func(sw *model.StandingSwitch) { sw.Description = text }
}

func flooding(to ...byte) func(*model.StandingSwitch) {
	return func(sw *model.StandingSwitch) {
		sw.Floods = true
		for _, n := range to {
			sw.Flood = append(sw.Flood, model.StandingLocator{Addr: model.VTEPAddress{10, 0, 0, n}})
		}
	}
}

// knowing adds rows of MACs, the last byte of the MAC and that of the address.
func knowing(pairs ...[2]byte) func(*model.StandingSwitch) {
	return func(sw *model.StandingSwitch) {
		for _, p := range pairs {
			sw.Remote = append(sw.Remote, model.StandingMAC{MAC: model.MAC{2, 0, 0, 0, 0, p[0]}, At: model.StandingLocator{Addr: model.VTEPAddress{10, 0, 0, p[1]}}})
		}
	}
}

// adopt adopts all switches, and parses and compares what is printed.
func (b *brownField) adopt(o site.AdoptOptions) (*site.Adoption, string, *site.Plan) {
	b.t.Helper()
	a := site.NewAdoption(b.store.Definitions(), b.standing, o)
	text := site.Print(a.File)
	f, err := site.Parse("adopted.yaml", text)
	require.NoError(b.t, err, "%s", text)
	require.Equal(b.t, string(text), string(site.Print(f)), "it is canonical")
	p, err := site.Compare(b.store.Definitions(), f, site.Options{})
	require.NoError(b.t, err, "%s", text)
	_, err = b.store.Try(p.Apply)
	require.NoError(b.t, err, "%s", text)
	return a, string(text), p
}

// TestAdoptTwoSwitches: what two switches have of one name and VNI is one network. MACs at the other switch are left
// to learning, those at end points that nobody registers are the first switch's, and what is left of flood lists
// are far ends. Nothing that exists changes.
func TestAdoptTwoSwitches(t *testing.T) {
	b := newBrownField(t, 3)
	b.holds(0, "n1", 5001, described("blue"), flooding(2, 7, 8, 3), knowing([2]byte{1, 2}, [2]byte{2, 7}))
	b.holds(1, "n1", 5001, flooding(1, 7, 8), knowing([2]byte{3, 1}, [2]byte{2, 7}), func(sw *model.StandingSwitch) {
		sw.Bindings = []model.BoundPort{{Switch: "sw2", Port: "p1", VLAN: 0}, {Switch: "sw2", Port: "p1", VLAN: 20}, {Switch: "sw2", Port: "p2", VLAN: 20}}
	})
	b.holds(1, "n2", 5002)
	b.standing = b.standing[:2]
	a, text, p := b.adopt(site.AdoptOptions{Site: "dc1"})
	require.Equal(t, `# Site dc1, as bordergw export prints it.
bordergw: 1
site: dc1
switches:
  sw1:
    id: `+b.standing[0].Device.ID+`
    address: 192.0.2.1:6640
    remote_macs:
      - {mac: "02:00:00:00:00:02", vtep: 10.0.0.7, vni: 5001}
  sw2:
    id: `+b.standing[1].Device.ID+`
    address: 192.0.2.2:6640
networks:
  blue:
    id: n1
    vni: 5001
    far_ends: [10.0.0.3, 10.0.0.8]
  n2:
    id: n2
    vni: 5002
gateways:
  adopted-blue:
    devices:
      - switch: sw1
        ports: {p1: [10]}
      - switch: sw2
        ports: {p1: [untagged, 20], p2: [20]}
  adopted-n2:
    devices:
      - switch: sw2
        ports: {p1: [10]}
connections:
  - {gateway: adopted-blue, network: blue}
  - {gateway: adopted-n2, network: n2}
`, text)
	require.Empty(t, a.Notes())
	require.Equal(t, []string{"n1", "n2"}, a.Networks)
	for _, c := range p.Changes {
		require.Contains(t, []site.Action{site.Create, site.Adopt}, c.Action, "%v", c)
	}
	require.Equal(t, []site.Field{{Name: "remote_macs", From: "0", To: "1 (+1 -0)"}}, p.Changes[0].Fields)
	require.Nil(t, p.Refused)

	require.NoError(t, b.store.Edit(t.Context(), p.Apply))
	n, _ := b.store.Definitions().Networks.Get("n1")
	require.Equal(t, "site:dc1", n.ManagedBy)
	require.Equal(t, []model.VTEPAddress{{10, 0, 0, 3}, {10, 0, 0, 8}}, n.FarEnds)
}

// TestAdoptMore: the switches of a site are adopted one after the other: the file has all that the site has, and the network of
// the first one is joined.
func TestAdoptMore(t *testing.T) {
	b := newBrownField(t, 2)
	b.holds(0, "n1", 5001, described("blue"), flooding(2))
	both := b.standing
	b.standing = both[:1]
	_, _, p := b.adopt(site.AdoptOptions{Site: "dc1", Gateway: "gw"})
	require.NoError(t, b.store.Edit(t.Context(), p.Apply))

	b.standing = both[1:]
	b.holds(0, "n1", 5001, flooding(1, 9))
	b.standing[0].Device, _ = b.store.Definitions().Devices.Get(b.standing[0].Device.ID)
	a, text, _ := b.adopt(site.AdoptOptions{Site: "dc1", Gateway: "gw"})
	require.Empty(t, a.Notes())
	require.Contains(t, text, `networks:
  blue:
    id: n1
    vni: 5001
    far_ends: [10.0.0.2, 10.0.0.9]
gateways:
  gw-blue:
    devices:
      - switch: sw1
        ports: {p1: [10]}
      - switch: sw2
        ports: {p1: [10]}
connections:
  - {gateway: gw-blue, network: blue}
`)
}

// TestAdoptNotes: what can not be adopted is noted, and left as it is.
func TestAdoptNotes(t *testing.T) {
	b := newBrownField(t, 2)
	_, err := b.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "mine"}, Name: "mine", VNI: 6000})
	require.NoError(t, err)
	b.holds(0, "a b", 5001)
	b.holds(0, "x-border", 5002)
	b.holds(0, "keyless", 0)
	b.holds(0, "marked", 5003, func(sw *model.StandingSwitch) { sw.Marked = true })
	b.holds(0, "mine", 6001)
	b.holds(0, "other", 6000)
	b.holds(0, "unbound", 5004, func(sw *model.StandingSwitch) { sw.Bindings = nil })
	b.holds(0, "vlan", 5005, func(sw *model.StandingSwitch) { sw.Bindings[0].VLAN = 4095 })
	b.holds(0, "port", 5006, func(sw *model.StandingSwitch) { sw.Bindings[0].Port = "p\x01" })
	b.holds(0, "elsewhere", 5007, func(sw *model.StandingSwitch) { sw.Bindings[0].Switch = "nobody" })
	b.holds(0, "taken", 5008, func(sw *model.StandingSwitch) { sw.Wanted = true })
	b.holds(0, "two", 5009)
	b.holds(1, "two", 5010)
	b.holds(1, "twin", 5009)
	b.holds(1, "odd", 5011, func(sw *model.StandingSwitch) {
		sw.Unusable = []model.UnusableRows{{What: "further unknown-dst rows", Count: 1}}
		sw.ACLs, sw.Routers = 2, []string{"r1"}
		sw.Flood = []model.StandingLocator{{Addr: model.VTEPAddress{10, 9, 0, 1}, Key: 7}}
		sw.Remote = []model.StandingMAC{
			{MAC: model.MAC{2, 0, 0, 0, 0, 1}, At: model.StandingLocator{Addr: model.VTEPAddress{10, 9, 0, 1}, Key: 7}},
			{MAC: model.MAC{2, 0, 0, 0, 0, 2}},
			{MAC: model.MAC{1, 0, 0, 0, 0, 2}, At: model.StandingLocator{Addr: model.VTEPAddress{10, 9, 0, 1}}},
		}
	})
	a, _, _ := b.adopt(site.AdoptOptions{})
	require.Equal(t, []string{"odd", "two"}, a.Networks)
	var got []string
	for _, n := range a.Notes() {
		got = append(got, n.Code+" "+n.Object+": "+n.Message)
	}
	require.Equal(t, []string{
		"N01 logical switch a b on sw1: its name can not be the id of a network: it is left as it is",
		"N01 logical switch x-border on sw1: its name can not be the id of a network: it is left as it is",
		"N04 logical switch keyless on sw1: it has no VNI (tunnel_key from 1 to 16777215): it is left as it is",
		"N04 logical switch marked on sw1: another bordergw has marked it as its own: it is left as it is",
		"N04 logical switch mine on sw1: its VNI is 6001, and network mine is defined with 6000: it is left as it is",
		"N04 logical switch other on sw1: its VNI 6000 is that of network mine: it is left as it is",
		"N05 logical switch unbound on sw1: no port is bound to it: it is left as it is",
		"N04 logical switch vlan on sw1: VLAN 4095 of port p1 of switch sw1 is bound, and no gateway can have that VLAN: it is left as it is",
		"N04 logical switch port on sw1: VLAN 10 of port p\x01 of switch sw1 is bound, and no gateway can have a port of that name: it is left as it is",
		"N04 logical switch elsewhere on sw1: VLAN 10 of port p1 of switch nobody is bound, and no name of a device leads to that switch only: it is left as it is",
		"N04 logical switch taken on sw1: the network of that id is defined here with another VNI: it is left as it is",
		"N04 logical switch two on sw2: its VNI is 5010, and 5009 on sw1: it is left as it is",
		"N04 logical switch twin on sw2: its VNI 5009 is that of network two: it is left as it is",
		"N03 logical switch odd on sw2: it has further unknown-dst rows (1): they would be deleted",
		"N09 logical switch odd on sw2: bindings with an ACL (2): the ACLs are not in the file and stay as they are",
		"N09 logical switch odd on sw2: logical router r1 is joined to it: it is not in the file and stays as it is",
		"N03 logical switch odd on sw2: it has rows of Ucast_Macs_Remote with a group address (1): they would be deleted",
		"N03 logical switch odd on sw2: it has rows of Ucast_Macs_Remote with locators that are no vxlan_over_ipv4 address (1): they would be deleted",
		"N03 logical switch odd on sw2: it has rows of Ucast_Macs_Remote with locators that have a VNI of their own (1): they would be deleted",
		"N03 logical switch odd on sw2: it has members of its flood list with a VNI of their own (1): they would be deleted",
	}, got)
}

// TestAdoptOfOthers: switches and networks of another manager are not in the file, and what it would have to say of them is noted.
func TestAdoptOfOthers(t *testing.T) {
	b := newBrownField(t, 0)
	b.register("theirs", 1, "site:dc2")
	_, err := b.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "n2", ProjectID: "default", ManagedBy: "neutron"}, Name: "red", VNI: 5002})
	require.NoError(t, err)
	_, err = b.store.CreateL2Gateway(t.Context(), model.L2Gateway{Record: model.Record{ProjectID: "default"}, Name: "adopted-blue", Devices: []model.Device{
		{DeviceName: "theirs", Interfaces: []model.Interface{{Name: "p2", VLANs: []model.VLAN{7}}}}}})
	require.NoError(t, err)
	_, err = b.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ProjectID: "default"}, Name: "n1"})
	require.NoError(t, err)
	b.holds(0, "n1", 5001, described("blue"), knowing([2]byte{1, 9}), flooding(9))
	b.holds(0, "n2", 5002, flooding(9), func(sw *model.StandingSwitch) { sw.Bindings[0].VLAN = 20 })
	b.holds(0, "n3", 5003, described("id:x"), func(sw *model.StandingSwitch) { sw.Bindings[0].VLAN = 30 })
	a, text, _ := b.adopt(site.AdoptOptions{Site: "dc1"})
	require.Equal(t, `# Site dc1, as bordergw export prints it.
bordergw: 1
site: dc1
networks:
  blue:
    id: n1
    vni: 5001
    far_ends: [10.0.0.9]
  n3:
    id: n3
    vni: 5003
gateways:
  adopted-blue-2:
    devices:
      - switch: theirs
        ports: {p1: [10]}
  adopted-n3:
    devices:
      - switch: theirs
        ports: {p1: [30]}
  adopted-red:
    devices:
      - switch: theirs
        ports: {p1: [20]}
connections:
  - {gateway: adopted-blue-2, network: blue}
  - {gateway: adopted-n3, network: n3}
  - {gateway: adopted-red, network: id:n2}
`, text)
	require.Len(t, a.Notes(), 2)
	require.Equal(t, site.Note{Code: "N08", Object: "network blue", Message: "MACs (1) are at end points that nobody registers, and no switch of the network can have them " +
		"in the file: another manager has the switches, or their border_mode is not direct: frames for them are flooded"}, a.Notes()[0])
	require.Equal(t, "N08", a.Notes()[1].Code)

	_, text, _ = b.adopt(site.AdoptOptions{})
	require.Contains(t, text, "site: dc2\n", "the site that has all the switches")
	require.Contains(t, text, "remote_macs:\n      - {mac: \"02:00:00:00:00:01\", vtep: 10.0.0.9, vni: 5001}\n")
}

// TestAdoptNotesAreBounded: of very many the first are given.
func TestAdoptNotesAreBounded(t *testing.T) {
	b := newBrownField(t, 1)
	for i := range 1200 {
		b.holds(0, fmt.Sprint("a b", i), 5000)
	}
	a, _, _ := b.adopt(site.AdoptOptions{})
	require.Len(t, a.Notes(), 1001)
	require.Equal(t, "and 200 notes more", a.Notes()[1000].Message)
}
