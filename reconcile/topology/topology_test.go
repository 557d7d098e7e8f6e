package topology

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/vtep"
)

// topology is a set of definitions under construction, with a MAC behind
// every port that it binds.
type topology struct {
	*modeltest.Builder
	winners map[string][]mactable.Candidate
	// placed are the MACs of hypervisors.
	placed map[string][]mactable.Candidate
	hosts  int
}

func newTopology() *topology {
	return &topology{Builder: modeltest.New(), winners: map[string][]mactable.Candidate{}, placed: map[string][]mactable.Candidate{}}
}

// learn puts a MAC behind a device's port in a network.
func (t *topology) learn(net *model.Network, gd *model.GatewayDevice) model.MAC {
	t.hosts++
	mac := modeltest.MAC(t.hosts)
	t.winners[net.ID] = append(t.winners[net.ID], mactable.Candidate{
		MAC: mac, Source: mactable.Local, Database: DatabaseID(gd), Endpoint: modeltest.IP(int(gd.Seq)),
	})
	return mac
}

func (t *topology) compile(down map[string]bool) *View {
	learned := map[string]*mactable.Learned{}
	for net := range t.Networks.All() {
		all := slices.Concat(t.winners[net.ID], t.placed[net.ID])
		slices.SortFunc(all, func(a, b mactable.Candidate) int { return a.MAC.Compare(b.MAC) })
		learned[net.ID] = &mactable.Learned{Winners: all}
	}
	t.Revision++
	defs := t.Definitions
	return Compile(Input{Definitions: &defs, Learned: mactable.WinnersOf(learned), Down: down}, nil)
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
		if len(v.Outcome(c.ID).Errors) > 0 {
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
		site := modeltest.InSite(fmt.Sprint("s", s))
		for i := range r.IntN(3) {
			access = append(access, t.Device(fmt.Sprintf("access%d%d", s, i), "", site))
		}
		for i := range 1 + r.IntN(4) {
			borders = append(borders, t.Device(fmt.Sprintf("border%d%d", s, i), modes[r.IntN(len(modes))], site, modeltest.Keyed))
		}
	}
	for n := range 1 + r.IntN(3) { // the first network takes most borders
		net := t.Network(fmt.Sprint("n", n), model.VNI(5001+n))
		net = t.someFarEnds(r, net)
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
		t.Access(net, some...)
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
				dev.SegmentationID, dev.Interfaces = vni, t.Port(net)
			}
			some = append(some, dev)
			if gd.BorderMode != model.BorderDirect || !mixed {
				t.someFar(r, gd, vni)
			}
			return true
		})
		if len(some) > 0 {
			t.Connect(net, vni, some...)
		}
	}
}

// someFarEnds gives a network up to two far ends.
func (t *topology) someFarEnds(r *rand.Rand, net *model.Network) *model.Network {
	if r.IntN(3) > 0 {
		return net
	}
	with := *net
	for i := range 1 + r.IntN(2) {
		with.FarEnds = append(with.FarEnds, model.VTEPAddress{198, 51, 100, byte(10*net.VNI + model.VNI(i))})
	}
	t.Networks = t.Networks.With(&with)
	return &with
}

// someFar gives a border a MAC at an end point that nobody drives.
func (t *topology) someFar(r *rand.Rand, gd *model.GatewayDevice, vni model.VNI) {
	if r.IntN(4) > 0 {
		return
	}
	t.hosts++
	t.far(gd, model.RemoteMACEntry{MAC: modeltest.MAC(t.hosts), VTEPAddress: model.VTEPAddress{192, 0, 2, byte(gd.Seq)}, SegmentationID: vni})
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
		if DatabaseID(gd) == db {
			return gd
		}
	}
	return nil
}

// carries reports whether a database is also part of another network than the
// given one.
func (t *topology) carries(db vtep.DatabaseID, not string) bool {
	return slices.ContainsFunc(t.roles(t.compile(nil)), func(r role) bool { return DatabaseID(r.gd) == db && r.net.ID != not })
}
