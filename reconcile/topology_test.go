package reconcile

import (
	"bordergw/reconcile/mactable"
	"fmt"
	"math/rand/v2"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// topology is a set of definitions under construction, with a station behind
// every port that it binds.
type topology struct {
	model.Definitions
	seq      uint64
	winners  map[string][]mactable.Candidate
	stations int
}

func newTopology() *topology {
	return &topology{Definitions: model.Definitions{StoreID: "store"}, winners: map[string][]mactable.Candidate{}}
}

func (t *topology) record(id string) model.Record {
	t.seq++
	return model.Record{ID: id, Seq: t.seq}
}

// device registers a switch with one tunnel address and the ports p1, xa, xb.
func (t *topology) device(name string, mode model.BorderMode, change ...func(*model.GatewayDevice)) *model.GatewayDevice {
	gd := &model.GatewayDevice{Record: t.record(name), Name: name, Type: model.HWVTEP, BorderMode: mode}
	if mode == model.BorderStitch {
		gd.StitchPorts = []string{"xa", "xb"}
	}
	for _, c := range change {
		c(gd)
	}
	t.Devices = t.Devices.With(gd)
	t.Inventories = t.Inventories.With(&model.Inventory{Record: gd.Record, Switches: []model.SwitchInventory{{
		Name: name, TunnelIPs: []model.VTEPAddress{ipOf(int(gd.Seq))},
		Ports: []model.PortInventory{{Name: "p1"}, {Name: "xa"}, {Name: "xb"}},
	}}})
	return gd
}

// inSite and profiled are changes for device, as is keyed.
func inSite(site string) func(*model.GatewayDevice) {
	return func(gd *model.GatewayDevice) { gd.Site = site }
}

func profiled(name string) func(*model.GatewayDevice) {
	return func(gd *model.GatewayDevice) { gd.Profile = name }
}

func keyed(gd *model.GatewayDevice) { gd.Profile = "auto+keyed-locators" }

// inventory changes what was last seen of a device.
func (t *topology) inventory(gd *model.GatewayDevice, change func(*model.SwitchInventory)) {
	old, _ := t.Inventories.Get(gd.ID)
	inv := *old
	inv.Switches = slices.Clone(old.Switches)
	for i := range inv.Switches {
		change(&inv.Switches[i])
	}
	t.Inventories = t.Inventories.With(&inv)
}

func (t *topology) network(name string, vni model.VNI) *model.Network {
	n := &model.Network{Record: t.record(name), Name: name, VNI: vni}
	t.Networks = t.Networks.With(n)
	return n
}

// access binds a network to port p1 of devices, by the name of their switch.
func (t *topology) access(net *model.Network, devices ...*model.GatewayDevice) *model.L2GatewayConnection {
	var list []model.Device
	for _, gd := range devices {
		list = append(list, model.Device{DeviceName: gd.Name, Interfaces: t.port(net)})
	}
	return t.connect(net, 0, list...)
}

// border joins a network to sites by devices without ports.
func (t *topology) border(net *model.Network, vni model.VNI, devices ...*model.GatewayDevice) *model.L2GatewayConnection {
	var list []model.Device
	for _, gd := range devices {
		list = append(list, model.Device{DeviceID: gd.ID})
	}
	return t.connect(net, vni, list...)
}

// port is p1 with a VLAN of the network's own.
func (t *topology) port(net *model.Network) []model.Interface {
	return []model.Interface{{Name: "p1", VLANs: []model.VLAN{model.VLAN(100 + net.Seq)}}}
}

// connect makes a gateway of its own and joins a network to it. As the store
// does, it gives stitched devices a VLAN on their cable.
func (t *topology) connect(net *model.Network, vni model.VNI, devices ...model.Device) *model.L2GatewayConnection {
	g := &model.L2Gateway{Record: t.record(fmt.Sprint("gw", t.seq)), Devices: devices}
	c := &model.L2GatewayConnection{
		Record: t.record(fmt.Sprint("conn", t.seq)), L2GatewayID: g.ID, NetworkID: net.ID,
		SegmentationID: model.VXLANID(vni), StitchVLANs: map[string]model.VLAN{},
	}
	for i := range g.Devices {
		g.Devices[i].ID = fmt.Sprint("dev", t.seq, "-", i)
		if place, ok := t.Resolve(&g.Devices[i]); ok && place.Device.BorderMode == model.BorderStitch {
			c.StitchVLANs[place.Device.ID] = model.VLAN(1000 + c.Seq)
		}
	}
	t.Gateways = t.Gateways.With(g)
	t.Connections = t.Connections.With(c)
	return c
}

// learn puts a station behind a device's port in a network.
func (t *topology) learn(net *model.Network, gd *model.GatewayDevice) model.MAC {
	t.stations++
	mac := macOf(t.stations)
	t.winners[net.ID] = append(t.winners[net.ID], mactable.Candidate{
		MAC: mac, Source: mactable.Local, Database: databaseID(gd), Endpoint: ipOf(int(gd.Seq)),
	})
	return mac
}

func (t *topology) compile(down map[string]bool) *View {
	learned := map[string]*mactable.Learned{}
	for id, w := range t.winners {
		learned[id] = &mactable.Learned{Winners: w}
	}
	t.Revision++
	defs := t.Definitions
	return Compile(Input{Definitions: &defs, Learned: learned, Down: down}, nil)
}

// role is what one device is in one network by one connection, as the
// definitions say.
type role struct {
	gd    *model.GatewayDevice
	net   *model.Network
	vni   model.VNI // between sites
	bound bool
}

func (r role) relays() bool {
	return r.vni != 0 && (r.gd.BorderMode == model.BorderRelay || r.gd.BorderMode == model.BorderStitch)
}

// roles lists what the accepted connections make of the devices.
func (t *topology) roles(v *View) (out []role) {
	for c := range t.Connections.All() {
		if len(v.Outcomes[c.ID].Errors) > 0 {
			continue
		}
		g, _ := t.Gateways.Get(c.L2GatewayID)
		net, _ := t.Networks.Get(c.NetworkID)
		for i := range g.Devices {
			place, _ := t.Resolve(&g.Devices[i])
			out = append(out, role{place.Device, net, g.Devices[i].BorderVNI(c.SegmentationID), len(g.Devices[i].Interfaces) > 0})
		}
	}
	return out
}

// randomTopology has 1 to 3 networks on 2 to 4 sites with up to two access
// switches and four borders each. Of each network's borders some are switches
// with ports, too.
func randomTopology(r *rand.Rand, modes ...model.BorderMode) *topology {
	t := newTopology()
	var access, borders []*model.GatewayDevice
	for s := range 2 + r.IntN(3) {
		site := inSite(fmt.Sprint("s", s))
		for i := range r.IntN(3) {
			access = append(access, t.device(fmt.Sprintf("access%d%d", s, i), "", site))
		}
		for i := range 1 + r.IntN(4) {
			borders = append(borders, t.device(fmt.Sprintf("border%d%d", s, i), modes[r.IntN(len(modes))], site, keyed))
		}
	}
	for n := range 1 + r.IntN(3) { // the first network takes most borders
		net := t.network(fmt.Sprint("n", n), model.VNI(5001+n))
		all := slices.Clone(borders)
		t.someBorders(r, net, &borders, len(modes) > 1)
		t.someAccess(r, net, slices.Concat(access, all))
	}
	for _, ro := range t.roles(t.compile(nil)) {
		if ro.bound {
			t.learn(ro.net, ro.gd)
		}
	}
	return t
}

func (t *topology) someAccess(r *rand.Rand, net *model.Network, devices []*model.GatewayDevice) {
	var some []*model.GatewayDevice
	for _, gd := range devices {
		if r.IntN(3) > 0 && (gd.BorderMode == "" || r.IntN(4) == 0 && t.mayBind(net, gd)) {
			some = append(some, gd)
		}
	}
	if len(some) > 0 {
		t.access(net, some...)
	}
}

// mayBind: a port belongs to one connection.
func (t *topology) mayBind(net *model.Network, gd *model.GatewayDevice) bool {
	for c := range t.Connections.All() {
		g, _ := t.Gateways.Get(c.L2GatewayID)
		if c.NetworkID == net.ID && slices.ContainsFunc(g.Devices, func(d model.Device) bool {
			return d.DeviceID == gd.ID && len(d.Interfaces) > 0
		}) {
			return false
		}
	}
	return true
}

// someBorders joins a network by one or two VNIs. A device is a border of one
// network only: no VNI may mean two networks on it. What lies beyond a direct
// border is for its own domain, without what a relay there has on its ports: no
// topology with both modes has it.
func (t *topology) someBorders(r *rand.Rand, net *model.Network, free *[]*model.GatewayDevice, mixed bool) {
	for _, vni := range []model.VNI{9001, 9002, net.VNI} {
		if r.IntN(2) == 0 {
			continue
		}
		var some []model.Device
		*free = slices.DeleteFunc(*free, func(gd *model.GatewayDevice) bool {
			if r.IntN(2) == 0 {
				return false
			}
			dev := model.Device{DeviceID: gd.ID}
			if r.IntN(4) == 0 {
				dev.SegmentationID, dev.Interfaces = vni, t.port(net)
			}
			some = append(some, dev)
			if gd.BorderMode != model.BorderDirect || !mixed {
				t.someFar(r, gd, vni)
			}
			return true
		})
		if len(some) > 0 {
			t.connect(net, vni, some...)
		}
	}
}

// someFar gives a border a station at an end point that nobody drives.
func (t *topology) someFar(r *rand.Rand, gd *model.GatewayDevice, vni model.VNI) {
	if r.IntN(4) > 0 {
		return
	}
	t.stations++
	t.far(gd, model.RemoteMACEntry{MAC: macOf(t.stations), VTEPAddress: model.VTEPAddress{192, 0, 2, byte(gd.Seq)}, SegmentationID: vni})
}

// far gives a device one more remote MAC.
func (t *topology) far(gd *model.GatewayDevice, e model.RemoteMACEntry) *model.RemoteMAC {
	seq := t.RemoteMACs.Of(gd.ID).NextSeq()
	e.ID = fmt.Sprint("far", seq)
	m := &model.RemoteMAC{DeviceID: gd.ID, RemoteMACEntry: e, Seq: seq}
	t.RemoteMACs = t.RemoteMACs.With(gd.ID, m)
	return m
}

// deviceOf finds the device of a database.
func (t *topology) deviceOf(db vtep.DatabaseID) *model.GatewayDevice {
	for gd := range t.Devices.All() {
		if databaseID(gd) == db {
			return gd
		}
	}
	return nil
}

// carries reports whether a database is also part of another network than the
// given one.
func (t *topology) carries(db vtep.DatabaseID, not string) bool {
	return slices.ContainsFunc(t.roles(t.compile(nil)), func(r role) bool { return databaseID(r.gd) == db && r.net.ID != not })
}
